"""S18, S19, S20: every address × every role, from the resolver. An address or a method that nobody listed fails."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from analysis.models import Agent, Assignment, TaskConfig
from knowledge.models import Atom, AtomLink, Project, Task, Topic
from proposals.tests.factories import make_message, make_proposal, make_run
from tasktracker.core.models import ApiToken
from tasktracker.core.tests.factories import Person, make_person

VIEWER, REVIEWER, MANAGER, ADMIN = ROLES = ("viewer", "reviewer", "manager", "admin")
OPEN, LOGIN = "open", "login"
# An empty request to these finds nothing even for who may ask.
NEEDS_MORE = {
    "settings/tokens/{pk}/revoke/",
    "review/batch/{batch}/undo/",
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
    "api/config": READ,
    "api/stats": READ,
    "api/events": READ,
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
    "api/messages/{pk}": READ,
    "api/messages/{pk}/verdict": {"post": REVIEWER},
    "api/projects": MANAGER_LIST,
    "api/projects/{pk}": MANAGER_CRUD,
    "api/topics": LIST,
    "api/topics/{pk}": CRUD,
    "api/topics/{pk}/atoms": READ,
    "api/topics/{pk}/messages": READ,
    "api/topics/{pk}/merge": {"post": REVIEWER},
    "api/topics/{pk}/history": READ,
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
    "api/task-configs": MANAGER_LIST,
    "api/task-configs/{pk}": MANAGER_CRUD,
    "api/assignments": ADMIN_LIST,
    "api/assignments/{pk}": ADMIN_CRUD,
    "api/proposals": READ,
    "api/proposals/bulk": {"post": REVIEWER},
    "api/proposals/{pk}": {"get": VIEWER, "patch": REVIEWER},
    **{
        f"api/proposals/{{pk}}/{verb}": {"post": REVIEWER}
        for verb in ("approve", "reject", "merge", "snooze", "undo", "evidence", "not-same")
    },
    # pages
    "": READ,
    "login/": {"get": OPEN, "post": OPEN},
    "logout/": {"post": OPEN},
    "workspace/": {"post": VIEWER},
    "search/": READ,
    "settings/": READ,
    "settings/tokens/": {"post": VIEWER},
    "settings/tokens/{pk}/revoke/": {"post": VIEWER},
    "messages/": READ,
    "messages/{pk}/": READ,
    "messages/{pk}/verdict/": {"post": REVIEWER},
    "topics/": READ,
    "topics/{pk}/": READ,
    "atoms/{pk}/": READ,
    "tasks/": READ,
    "tasks/{pk}/": READ,
    "tasks/{pk}/change/": {"post": REVIEWER},
    "runs/": READ,
    "runs/new/": {"post": MANAGER},
    "runs/{pk}/": READ,
    "runs/{pk}/{verb}/": {"post": MANAGER},
    "review/": READ,
    "review/count/": READ,
    "review/bulk/": {"post": REVIEWER},
    "review/undo/": {"post": REVIEWER},
    "review/batch/{batch}/undo/": {"post": REVIEWER},
    "review/{pk}/": READ,
    "review/{pk}/edit/": {"get": REVIEWER, "post": REVIEWER},
    "review/{pk}/merge/": {"get": REVIEWER, "post": REVIEWER},
    "review/{pk}/{verb}/": {"post": REVIEWER},
}
VERBS = {"runs": "start", "review": "approve"}
NIL = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class World:
    """One object of each kind in `acme`, and the people who may or may not reach them."""

    ids: dict[str, int]
    people: dict[str, Person]
    stranger: Person


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
        "runs": run.pk,
        "providers": run.provider_id,
        "agents": agent.pk,
        "task-configs": TaskConfig.objects.create(workspace=acme, name="t").pk,
        "assignments": Assignment.objects.create(workspace=acme, purpose="classify", agent=agent).pk,
        "proposals": make_proposal(acme).pk,
        "tokens": ApiToken.objects.get(user=owner.user).pk,
    }
    ids["review"] = ids["proposals"]
    people = {role: make_person(f"the-{role}", role=role) for role in ROLES}
    return World(ids, people, stranger)


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
    known = {"{pk}": str(world.ids.get(kind, "")), "{verb}": VERBS.get(parts[0], ""), "{batch}": NIL}
    return "/" + "/".join(known.get(part, part) for part in parts)


def ask(person: Person | None, method: str, path: str) -> Any:
    """The answer to an empty request, its effects rolled back."""
    client: Any = Client(headers={"host": "localhost"}, raise_request_exception=False)
    options: dict[str, Any] = {}
    if path.startswith("/api/"):
        options = {"data": "{}", "content_type": "application/json"} if method != "get" else {}
        if person:
            options["headers"] = {"Authorization": f"Bearer {person.token}"}
    elif person:
        client.force_login(person.user)
    with transaction.atomic():
        answer = getattr(client, method)(path, **options)
        transaction.set_rollback(True)
    return answer


def test_every_address_and_method_is_listed() -> None:
    found: dict[str, set[str]] = {}
    for address, entry in addresses(get_resolver().url_patterns):
        methods = getattr(entry.callback, "actions", None)
        found.setdefault(address, set()).update(methods or EXPECTED.get(address, {"?": ""}))
        found[address].discard("head")
    listed = {address: set(methods) for address, methods in EXPECTED.items()}
    assert found == listed


@pytest.mark.parametrize("address", EXPECTED)
def test_each_role_reaches_what_it_should_and_no_more(address: str, world: World) -> None:
    path = filled(address, world)
    for method, role in EXPECTED[address].items():
        check_anonymous(method, path, role)
        if role == OPEN:
            continue
        for name, person in world.people.items():
            answer = ask(person, method, path)
            told = (method, name, answer.status_code, answer.content[:300])
            if role == LOGIN or ROLES.index(name) >= ROLES.index(role):
                assert answer.status_code not in (401, 403, 405, 500, 502), told
                assert answer.status_code != 404 or address in NEEDS_MORE, told
            else:
                assert answer.status_code == 403, told
        if "{pk}" in address:
            answer = ask(world.stranger, method, path)
            assert answer.status_code == 404, (method, "stranger", answer.status_code, answer.content[:300])
        if method != "get":
            check_csrf(method, path, world.people[ADMIN])


def check_anonymous(method: str, path: str, role: str) -> None:
    """Without a login there is a 401, or the way to the login, except where it is open."""
    answer = ask(None, method, path)
    if role == OPEN:
        assert answer.status_code in (200, 302, 503)
    elif path.startswith("/api/"):
        assert answer.status_code == 401, (method, answer.status_code)
    else:
        assert (answer.status_code, answer.headers.get("Location", "")[:7]) == (302, "/login/"), method


def check_csrf(method: str, path: str, person: Person) -> None:
    """S20: a session without a token changes nothing."""
    client: Any = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    client.force_login(person.user)
    answer = getattr(client, method)(path, data="{}", content_type="application/json")
    assert answer.status_code == 403, (method, answer.status_code)


def test_s20_nothing_is_exempt_from_csrf_but_the_api_views() -> None:
    """DRF exempts its views and checks by itself for sessions, as the test above shows; webhooks come later."""

    def is_exempt(callback: Callable[..., Any]) -> bool:
        return bool(getattr(callback, "csrf_exempt", False))

    exempt = {address for address, entry in addresses(get_resolver().url_patterns) if is_exempt(entry.callback)}
    assert {address for address in exempt if not address.startswith("api/")} == set()


def test_the_admin_is_for_managers_and_admins(world: World) -> None:
    for role, person in world.people.items():
        client = Client(headers={"host": "localhost"})
        client.force_login(person.user)
        expected = 200 if role in (MANAGER, ADMIN) else 302
        assert client.get("/admin/").status_code == expected, role


def test_the_admin_shows_only_ones_own_workspace(world: World) -> None:
    from django.contrib import admin

    client = Client(headers={"host": "localhost"})
    client.force_login(world.stranger.user)
    acme = world.people[ADMIN]
    inside = Client(headers={"host": "localhost"})
    inside.force_login(acme.user)
    for model in admin.site._registry:
        name = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert inside.get(name).status_code in (200, 403), name
        answer = client.get(name)
        assert answer.status_code in (200, 403), name
        if answer.status_code == 200:
            listed = answer.context["cl"].queryset
            mine = {world.stranger.workspace.pk}
            for row in listed:
                owner = getattr(row, "workspace_id", None)
                assert owner is None or owner in mine, name
