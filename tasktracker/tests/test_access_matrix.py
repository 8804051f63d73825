"""S18, S19, S20: every address × every role, from the resolver. An address or a method that nobody listed fails."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from itertools import batched
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from analysis.models import Agent, Assignment, Schedule, TaskConfig
from ingestion.models import Delivery, Erasure, NoiseLesson, PersonJoin, Upload
from ingestion.webhooks.doors import DOORS
from knowledge.models import Atom, AtomLink, Edit, Project, Task, Topic
from proposals.models import AutoApproval, SavedFilter
from proposals.tests.factories import make_message, make_proposal, make_run
from tasktracker.core.account_models import Invitation, LoginSession
from tasktracker.core.models import ApiToken
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.support import LONG, count, empty_valkey, some

VIEWER, REVIEWER, MANAGER, ADMIN = ROLES = ("viewer", "reviewer", "manager", "admin")
OPEN, LOGIN = "open", "login"
IN_APP = "in app"  # a session of the Mini App and nothing else: neither a login nor a token is looked at
# An empty request to these finds nothing even for who may ask.
NEEDS_MORE = {
    "settings/tokens/{pk}/revoke/",
    "settings/account/logins/{pk}/end/",
    "review/batch/{batch}/undo/",
    "review/filters/{pk}/delete/",
    "review/{pk}/merge/",
    "workspace/",
}

READ = {"get": VIEWER}
LIST = {"get": VIEWER, "post": REVIEWER}
CRUD = {"get": VIEWER, "put": REVIEWER, "patch": REVIEWER, "delete": REVIEWER}


def owned_by(role: str) -> tuple[dict[str, str], dict[str, str]]:
    """List and detail of what only `role` writes."""
    return {"get": VIEWER, "post": role}, {"get": VIEWER, "put": role, "patch": role, "delete": role}


ADMIN_LIST, ADMIN_CRUD = owned_by(ADMIN)
MANAGER_LIST, MANAGER_CRUD = owned_by(MANAGER)

# Address → method → the least role.
EXPECTED: dict[str, dict[str, str]] = {
    "api/health": {"get": OPEN},
    "api/live": {"get": OPEN},
    "api/{rest}": {"get": OPEN},
    "api/config": READ,
    "api/stats": READ,
    "api/stats/learning": READ,
    "api/auto-approvals": MANAGER_LIST,
    "api/auto-approvals/{pk}": MANAGER_CRUD,
    "api/events": READ,
    "api/members": READ,
    "api/members/{pk}": {"get": VIEWER, "patch": ADMIN, "delete": ADMIN},
    "api/invitations": {"get": MANAGER, "post": MANAGER},
    "api/invitations/{pk}": {"get": MANAGER, "delete": MANAGER},
    "api/audit": {"get": MANAGER},
    "api/schema": {"get": LOGIN},
    "api/docs": {"get": LOGIN},
    "api/search": READ,
    "api/sources": ADMIN_LIST,
    "api/sources/{pk}": ADMIN_CRUD,
    "api/sources/{pk}/test": {"post": ADMIN},
    "api/sources/{pk}/rotate-secret": {"post": ADMIN},
    "api/messages": LIST,
    "api/messages/bulk": {"post": REVIEWER},
    "api/messages/filters": READ,
    "api/messages/{pk}": {"get": VIEWER, "delete": MANAGER},
    "api/messages/{pk}/verdict": {"post": REVIEWER},
    "api/projects": MANAGER_LIST,
    "api/projects/{pk}": MANAGER_CRUD,
    "api/projects/{pk}/versions": READ,
    "api/topics": LIST,
    "api/topics/{pk}": CRUD,
    "api/topics/{pk}/atoms": READ,
    "api/topics/{pk}/messages": READ,
    "api/topics/{pk}/merge": {"post": REVIEWER},
    "api/topics/{pk}/history": READ,
    "api/topics/{pk}/split": {"post": REVIEWER},
    **{f"api/{kind}/{{pk}}/undo": {"post": REVIEWER} for kind in ("topics", "atoms", "tasks")},
    "api/atoms": LIST,
    "api/atoms/{pk}": CRUD,
    "api/atoms/{pk}/merge": {"post": REVIEWER},
    "api/atoms/{pk}/history": READ,
    "api/atom-links": LIST,
    "api/atom-links/{pk}": CRUD,
    "api/tasks": LIST,
    "api/tasks/{pk}": CRUD,
    "api/tasks/{pk}/history": READ,
    "api/tasks/{pk}/trail": READ,
    "api/knowledge/extract": {"post": MANAGER},
    "api/analysis/runs": MANAGER_LIST,
    "api/analysis/runs/{pk}": READ,
    "api/analysis/runs/{pk}/windows": READ,
    "api/analysis/runs/{pk}/calls": READ,
    **{f"api/analysis/runs/{{pk}}/{verb}": {"post": MANAGER} for verb in ("start", "cancel", "resume", "close")},
    "api/providers": ADMIN_LIST,
    "api/providers/{pk}": ADMIN_CRUD,
    "api/providers/{pk}/test": {"post": ADMIN},
    "api/providers/{pk}/models": {"get": ADMIN},
    "api/agents": ADMIN_LIST,
    "api/agents/{pk}": ADMIN_CRUD,
    "api/agents/{pk}/test": {"post": ADMIN},
    "api/agents/{pk}/versions": READ,
    "api/task-configs": MANAGER_LIST,
    "api/task-configs/{pk}": MANAGER_CRUD,
    "api/assignments": ADMIN_LIST,
    "api/assignments/{pk}": ADMIN_CRUD,
    "api/schedules": MANAGER_LIST,
    "api/schedules/{pk}": MANAGER_CRUD,
    "api/spending-cap": {"get": VIEWER, "put": ADMIN},
    "api/proposals": READ,
    "api/proposals/bulk": {"post": REVIEWER},
    "api/proposals/{pk}": {"get": VIEWER, "patch": REVIEWER},
    **{
        f"api/proposals/{{pk}}/{verb}": {"post": REVIEWER}
        for verb in ("approve", "reject", "merge", "snooze", "undo", "evidence", "not-same")
    },
    # whoever has the source's secret
    **{f"webhook/{door}/{{uid}}": {"post": OPEN} for door in ("telegram", *DOORS)},
    # the Mini App: what its own session reaches is in test_tg_session.py
    "tg/": {"get": OPEN},
    "tg/login/": {"post": IN_APP},
    "tg/review/": {"get": IN_APP},
    "tg/review/{pk}/{verb}/": {"post": IN_APP},
    "tg/tasks/": {"get": IN_APP},
    "tg/tasks/{pk}/status/": {"post": IN_APP},
    # pages
    "": READ,
    "login/": {"get": OPEN, "post": OPEN},
    "logout/": {"post": OPEN},
    "admin/password_change/": {"get": OPEN},
    "join/{token}/": {"get": OPEN, "post": OPEN},
    "password/forgotten/": {"get": OPEN, "post": OPEN},
    "password/{token}/": {"get": OPEN, "post": OPEN},
    "settings/account/": READ,
    "settings/account/password/": {"post": VIEWER},
    "settings/account/address/": {"post": VIEWER},
    "settings/account/logins/end-others/": {"post": VIEWER},
    "settings/account/logins/{pk}/end/": {"post": VIEWER},
    "login/second-step/": {"get": OPEN, "post": OPEN},
    "login/passkey/": {"get": OPEN, "post": OPEN},
    "login/unlock/{token}/": {"get": OPEN, "post": OPEN},
    "settings/account/second-step/": READ,
    **{
        f"settings/account/second-step/{part}/": {"post": VIEWER}
        for part in ("app", "app/confirm", "passkeys", "codes", "remove")
    },
    "settings/invitations/": {"get": MANAGER, "post": MANAGER},
    "settings/invitations/{pk}/revoke/": {"post": MANAGER},
    "settings/keys/": {"get": VIEWER, "post": VIEWER},
    "settings/telegram/": {"get": VIEWER, "post": VIEWER},
    "settings/members/": READ,
    "settings/members/{pk}/role/": {"post": ADMIN},
    "settings/members/{pk}/remove/": {"post": ADMIN},
    "settings/audit/": {"get": MANAGER},
    "settings/members/{pk}/password-link/": {"post": ADMIN},
    "workspace/": {"post": VIEWER},
    "search/": READ,
    "settings/": READ,
    "settings/tokens/": {"post": VIEWER},
    "settings/tokens/{pk}/revoke/": {"post": VIEWER},
    "settings/providers/new/": {"get": ADMIN, "post": ADMIN},
    "settings/providers/{pk}/": {"get": VIEWER, "post": ADMIN},
    "settings/providers/{pk}/test/": {"post": ADMIN},
    "settings/providers/{pk}/delete/": {"post": ADMIN},
    "settings/models/": {"get": ADMIN},
    "settings/ollama/": {"get": ADMIN, "post": ADMIN},
    "settings/agents/new/": {"get": ADMIN, "post": ADMIN},
    "settings/agents/{pk}/": {"get": VIEWER, "post": ADMIN},
    "settings/agents/{pk}/try/": {"post": ADMIN},
    "settings/agents/{pk}/delete/": {"post": ADMIN},
    "settings/assignments/": {"post": ADMIN},
    "settings/assignments/{pk}/delete/": {"post": ADMIN},
    "settings/task-configs/new/": {"get": MANAGER, "post": MANAGER},
    "settings/task-configs/preview/": {"post": MANAGER},
    "settings/task-configs/{pk}/": {"get": VIEWER, "post": MANAGER},
    "settings/task-configs/{pk}/delete/": {"post": MANAGER},
    "settings/schedules/new/": {"get": MANAGER, "post": MANAGER},
    "settings/schedules/{pk}/": {"get": VIEWER, "post": MANAGER},
    "settings/schedules/{pk}/delete/": {"post": MANAGER},
    "settings/spending-cap/": {"post": ADMIN},
    "settings/sources/": {"get": MANAGER},
    "settings/sources/new/": {"get": ADMIN, "post": ADMIN},
    "settings/sources/mapping/": {"post": ADMIN},
    "settings/sources/{pk}/": {"get": MANAGER, "post": ADMIN},
    **{
        f"settings/sources/{{pk}}/{verb}/": {"post": ADMIN}
        for verb in ("test", "pause", "secret", "delete", "telegram")
    },
    "settings/sources/{pk}/deliveries/": {"get": MANAGER},
    "settings/deliveries/{pk}/": {"get": ADMIN},
    "settings/deliveries/{pk}/replay/": {"post": ADMIN},
    "settings/sources/import/": {"get": MANAGER, "post": MANAGER},
    "settings/uploads/{pk}/": {"get": MANAGER},
    "settings/uploads/{pk}/piece/": {"post": MANAGER},
    "settings/uploads/{pk}/report/": {"get": MANAGER},
    "settings/uploads/{pk}/{verb}/": {"post": MANAGER},
    "settings/noise/": {"get": MANAGER},
    "settings/lessons/{pk}/back/": {"post": MANAGER},
    "settings/people/": {"get": MANAGER},
    "settings/people/join/": {"post": MANAGER},
    "settings/people/{pk}/": {"get": MANAGER},
    **{f"settings/people/{{pk}}/{verb}/": {"post": ADMIN} for verb in ("login", "export", "erase")},
    "settings/joins/{pk}/undo/": {"post": MANAGER},
    "settings/erasures/{pk}/": {"get": MANAGER},
    "settings/duty/": {"get": VIEWER, "post": MANAGER},
    "settings/duty/away/": {"post": REVIEWER},
    "messages/": READ,
    "messages/{pk}/": READ,
    "messages/{pk}/verdict/": {"post": REVIEWER},
    "messages/{pk}/delete/": {"post": MANAGER},
    "projects/": READ,
    "projects/new/": {"get": MANAGER, "post": MANAGER},
    "projects/{pk}/": {"get": VIEWER, "post": MANAGER},
    "projects/{pk}/delete/": {"post": MANAGER},
    "topics/": READ,
    "topics/{pk}/": READ,
    **{f"topics/{{pk}}/{verb}/": {"get": REVIEWER, "post": REVIEWER} for verb in ("edit", "merge", "split")},
    "atoms/{pk}/": READ,
    "atoms/{pk}/edit/": {"get": REVIEWER, "post": REVIEWER},
    **{f"{kind}/{{pk}}/still-true/": {"post": REVIEWER} for kind in ("topics", "atoms", "tasks")},
    "edits/{pk}/undo/": {"post": REVIEWER},
    "tasks/": READ,
    "tasks/{pk}/": READ,
    "tasks/{pk}/change/": {"post": REVIEWER},
    "tasks/{pk}/edit/": {"get": REVIEWER, "post": REVIEWER},
    "runs/": READ,
    "runs/new/": {"post": MANAGER},
    "runs/{pk}/": READ,
    "runs/{pk}/{verb}/": {"post": MANAGER},
    "learning/": READ,
    "learning/{verb}/": {"post": MANAGER},
    "review/": READ,
    "review/count/": READ,
    "review/history/": READ,
    "review/bulk/": {"post": REVIEWER},
    "review/sweep/": {"get": REVIEWER},
    "review/filters/": {"post": VIEWER},
    "review/filters/{pk}/delete/": {"post": VIEWER},
    "review/undo/": {"post": REVIEWER},
    "review/batch/{batch}/undo/": {"post": REVIEWER},
    "review/{pk}/": READ,
    "review/{pk}/edit/": {"get": REVIEWER, "post": REVIEWER},
    "review/{pk}/duplicate/": {"get": REVIEWER},
    "review/{pk}/merge/": {"get": REVIEWER, "post": REVIEWER},
    "review/{pk}/suggestion/": {"post": REVIEWER},
    "review/{pk}/{verb}/": {"post": REVIEWER},
}
VERBS = {"runs": "start", "review": "approve", "learning": "save", "settings": "cancel", "tg": "approve"}
NIL = "00000000-0000-0000-0000-000000000000"
LOCAL = {"host": "localhost"}
# To make a world takes longer than to ask at an address, so that some share one.
CHUNKS = list(batched(EXPECTED, count(45, 12)))


@dataclass(frozen=True)
class Visitor:
    """Somebody with two ways in, a bearer token and the cookie of a login, or with none."""

    token: str = ""
    session: str = ""

    @classmethod
    def of(cls, person: Person) -> "Visitor":
        """The person, logged in."""
        client = Client(headers=LOCAL)
        client.force_login(person.user)
        return cls(person.token, client.cookies[settings.SESSION_COOKIE_NAME].value)


NOBODY = Visitor()


@dataclass(frozen=True)
class World:
    """One object of each kind in `acme`, and the people who may or may not reach them.

    The clients are for everybody, since each makes the whole middleware: who asks is a matter of token and cookie.
    """

    ids: dict[str, int]
    people: dict[str, Visitor]
    stranger: Visitor
    client: Client
    strict: Client  # checks CSRF as for a browser


@pytest.fixture
def world(owner: Person, stranger: Person) -> World:
    acme = owner.workspace
    message = make_message(acme)
    run = make_run(acme)
    agent = Agent.objects.create(workspace=acme, name="a", purpose="classify", provider=run.provider)
    topic = Topic.objects.create(workspace=acme, name="Billing")
    atoms = [Atom.objects.create(workspace=acme, type="problem", title=f"Atom {n}") for n in range(2)]
    link = AtomLink.objects.create(workspace=acme, from_atom=atoms[0], to_atom=atoms[1], type="relates_to")
    ids = {
        "sources": message.source_id,
        "messages": message.pk,
        "projects": Project.objects.create(workspace=acme, name="p").pk,
        "topics": topic.pk,
        "atoms": atoms[0].pk,
        "atom-links": link.pk,
        "tasks": Task.objects.create(workspace=acme, title="Fix it").pk,
        "filters": SavedFilter.objects.create(workspace=acme, user=owner.user, name="f", query="kind=task").pk,
        "edits": Edit.objects.create(workspace=acme, kind="topic", object_id=topic.pk, verb="edit").pk,
        "runs": run.pk,
        "providers": run.provider_id,
        "agents": agent.pk,
        "task-configs": TaskConfig.objects.create(workspace=acme, name="t").pk,
        "assignments": Assignment.objects.create(workspace=acme, purpose="classify", agent=agent).pk,
        "schedules": Schedule.objects.create(workspace=acme, name="s", cron="0 7 * * *").pk,
        "proposals": make_proposal(acme).pk,
        "auto-approvals": AutoApproval.objects.create(workspace=acme, kind="topic").pk,
        "tokens": ApiToken.objects.get(user=owner.user).pk,
        "invitations": Invitation.objects.create(workspace=acme, digest="i", expires_at=timezone.now()).pk,
        "members": owner.user.memberships.get().pk,
        "deliveries": Delivery.objects.create(source=message.source, external_id="1", raw=b"{}", status="failed").pk,
        "people": message.author_id or 0,
        "lessons": NoiseLesson.objects.create(workspace=acme, rule="bot").pk,
        "joins": PersonJoin.objects.create(workspace=acme, first_id=message.author_id).pk,
        "erasures": Erasure.objects.create(workspace=acme, participants=[message.author_id]).pk,
        "uploads": Upload.objects.create(workspace=acme, source_name="s", file_name="f", size=1, status="ready").pk,
    }
    ids["review"] = ids["proposals"]
    people = {role: Visitor.of(make_person(f"the-{role}", role=role)) for role in ROLES}
    ids["logins"] = LoginSession.objects.get(user__username="the-admin").pk
    client = Client(headers=LOCAL, raise_request_exception=False)
    strict = Client(headers=LOCAL, raise_request_exception=False, enforce_csrf_checks=True)
    return World(ids, people, Visitor.of(stranger), client, strict)


def addresses(patterns: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Each address outside the admin, with `{pk}` and the like for its parameters."""
    for entry in patterns:
        text = prefix + re.sub(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>", r"{\1\2}", str(entry.pattern))
        text = text.replace("^", "").replace("$", "")
        if isinstance(entry, URLResolver):
            if text != "admin/":
                yield from addresses(entry.url_patterns, text)
        else:
            yield text, entry


def filled(address: str, world: World) -> str:
    """The address of the object in `acme`."""
    parts = address.split("/")
    kind = parts[parts.index("{pk}") - 1] if "{pk}" in parts else ""
    known = {
        "{pk}": str(world.ids.get(kind, "")),
        "{verb}": VERBS.get(parts[0], ""),
        "{batch}": NIL,
        "{token}": "a-guess",
        "{uid}": NIL,
        "{rest}": NIL,
    }
    return "/" + "/".join(known.get(part, part) for part in parts)


def send(client: Any, session: str, method: str, path: str, **options: Any) -> Any:
    """The answer to a request with no cookie but that of `session`; its effects rolled back."""
    client.cookies = SimpleCookie({settings.SESSION_COOKIE_NAME: session} if session else {})
    with transaction.atomic():
        answer = getattr(client, method)(path, **options)
        transaction.set_rollback(True)
    return answer


def ask(client: Client, visitor: Visitor, method: str, path: str) -> Any:
    """The answer to an empty request: the API is asked with the token alone, a page with the login alone."""
    if not path.startswith("/api/"):
        return send(client, visitor.session, method, path)
    options: dict[str, Any] = {"data": "{}", "content_type": "application/json"} if method != "get" else {}
    if visitor.token:
        options["headers"] = {"Authorization": f"Bearer {visitor.token}"}
    return send(client, "", method, path, **options)


def test_every_address_and_method_is_listed() -> None:
    found: dict[str, set[str]] = {}
    for address, entry in addresses(get_resolver().url_patterns):
        methods = getattr(entry.callback, "actions", None)
        found.setdefault(address, set()).update(methods or EXPECTED.get(address, {"?": ""}))
        found[address].discard("head")
    listed = {address: set(methods) for address, methods in EXPECTED.items()}
    assert found == listed


@pytest.mark.parametrize("chunk", CHUNKS, ids=lambda chunk: f"/{chunk[0]} to /{chunk[-1]}")
def test_each_role_reaches_what_it_should_and_no_more(chunk: tuple[str, ...], world: World) -> None:
    """Every address is asked, whatever the one before it did: each failure has a line of its own."""
    wrong = []
    for address in chunk:
        methods = list(EXPECTED[address].items())
        # Of every other address one method is asked by everybody, as in the long run all are.
        whole = some(methods, 2 * len(methods), len(address))
        for method, role in methods:
            answers = wrong_answers(address, method, role, world, whole=(method, role) in whole)
            wrong += [f"{method} /{address}: {what}" for what in answers]
        empty_valkey()
    assert not wrong, "\n".join(wrong)


def wrong_answers(address: str, method: str, role: str, world: World, *, whole: bool) -> Iterator[str]:
    """Who got what they should not get: of nobody and of the role below; if `whole`, of everybody."""
    path = filled(address, world)
    answer = ask(world.client, NOBODY, method, path)
    if not is_right_for_nobody(answer, path, role):
        yield told("nobody", answer)
    if role == IN_APP and (answer := ask(world.client, world.people[ADMIN], method, path)).status_code != 401:
        yield told("a login without the app's session", answer)
    if role in (OPEN, IN_APP):
        return
    # Roles grow one out of the other, so that those at the border tell of the rest; in the long run all are asked.
    border = 0 if role == LOGIN else ROLES.index(role)
    for name in ROLES if LONG else ROLES[max(0, border - 1) : border + whole]:
        visitor = world.people[name]
        answer = ask(world.client, visitor, method, path)
        if role == LOGIN or ROLES.index(name) >= ROLES.index(role):
            lost = answer.status_code == 404 and address not in NEEDS_MORE
            right = answer.status_code not in (401, 403, 405, 500, 502) and not lost
        else:
            right = answer.status_code == 403
        if not right:
            yield told(name, answer)
    if not whole:
        return
    if "{pk}" in address:
        answer = ask(world.client, world.stranger, method, path)
        if answer.status_code != 404:
            yield told("stranger", answer)
    if method != "get" and (LONG or len(path) % 3 == 0):
        # S20: a session without a CSRF token changes nothing.
        session = world.people[ADMIN].session
        answer = send(world.strict, session, method, path, data="{}", content_type="application/json")
        if answer.status_code != 403:
            yield told("no CSRF token", answer)


def is_right_for_nobody(answer: Any, path: str, role: str) -> bool:
    """Without a login there is a 401, or the way to the login, except where it is open."""
    if role == OPEN:
        return answer.status_code in (200, 302, 503) or (
            answer.status_code in (401, 404) and ("a-guess" in path or NIL in path)
        )
    if path.startswith("/api/") or role == IN_APP:
        return bool(answer.status_code == 401)
    return (answer.status_code, answer.headers.get("Location", "")[:7]) == (302, "/login/")


def told(who: str, answer: Any) -> str:
    return f"{who} got {answer.status_code} {answer.headers.get('Location', '')} {answer.content[:300]!r}"


def test_s20_nothing_is_exempt_from_csrf_but_the_api_views() -> None:
    """DRF exempts its views and checks by itself for sessions, as the test above shows; webhooks ask for a secret.

    The Mini App takes a session out of a header, which no other site can send; it looks at no cookie.
    """

    def is_exempt(callback: Callable[..., Any]) -> bool:
        return bool(getattr(callback, "csrf_exempt", False))

    exempt = {address for address, entry in addresses(get_resolver().url_patterns) if is_exempt(entry.callback)}
    assert {address for address in exempt if not address.startswith("api/")} == {
        *(f"webhook/{door}/{{uid}}" for door in ("telegram", *DOORS)),
        *(address for address in EXPECTED if address.startswith("tg/") and address != "tg/"),
    }


def test_the_admin_is_for_managers_and_admins(world: World) -> None:
    for role, visitor in world.people.items():
        expected = 200 if role in (MANAGER, ADMIN) else 302
        assert send(world.client, visitor.session, "get", "/admin/").status_code == expected, role


def test_the_admin_shows_only_ones_own_workspace(world: World, stranger: Person) -> None:
    for model in some([*admin.site._registry], 8):
        name = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert send(world.client, world.people[ADMIN].session, "get", name).status_code in (200, 403), name
        answer = send(world.client, world.stranger.session, "get", name)
        assert answer.status_code in (200, 403), name
        if answer.status_code == 200:
            listed = answer.context["cl"].queryset
            mine = {stranger.workspace.pk}
            for row in listed:
                owner = getattr(row, "workspace_id", None)
                assert owner is None or owner in mine, name
