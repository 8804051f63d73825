"""The audit log by API, page and admin: by object, kind, person and time, in a fixed number of queries."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analysis.models import Provider
from knowledge import projects
from knowledge.models import Project
from proposals import services as desk
from proposals.tests.factories import make_proposal
from tasktracker.core import audit, members
from tasktracker.core.audit_models import AuditEntry
from tasktracker.core.models import Membership, User
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Person:
    return make_person("mona", role="manager")


@pytest.fixture
def project(manager: Person) -> Project:
    made = projects.create_project(workspace=manager.workspace, values={"name": "Core"}, by=manager.user)
    values = {"keywords": ["VAT"], "manager": manager.user}
    return projects.change_project(project_id=made.pk, values=values, by=manager.user)


def test_the_api_gives_an_object_its_history(manager: Person, project: Project) -> None:
    answer = manager.api.get(f"/api/audit?kind=project&object_id={project.pk}").json()
    assert [(row["verb"], row["title"], row["by"]) for row in answer["results"]] == [
        ("changed", "Core", {"id": manager.user.pk, "username": "mona"}),
        ("added", "Core", {"id": manager.user.pk, "username": "mona"}),
    ]
    assert answer["results"][0]["changes"]["keywords"] == [[], ["VAT"]]


def test_the_api_filters_by_person_and_time_and_pages_by_cursor(manager: Person, project: Project) -> None:
    everything = manager.api.get("/api/audit").json()["results"]
    assert [row["id"] for row in everything] == sorted((row["id"] for row in everything), reverse=True)
    mine = manager.api.get(f"/api/audit?by={manager.user.pk}").json()["results"]
    assert {row["kind"] for row in mine} == {"project"}
    later = (timezone.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert manager.api.get(f"/api/audit?since={later}").json()["results"] == []
    assert len(manager.api.get("/api/audit?since=2020-01-01").json()["results"]) == len(everything)
    first = manager.api.get("/api/audit?limit=2").json()
    second = manager.api.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == [row["id"] for row in everything][:4]


def test_a_filter_that_makes_no_sense_is_400_and_told_on_the_page(manager: Person) -> None:
    api, browser = manager.api, manager.browser
    for wrong in ("kind=secret", "object_id=x", f"by={'9' * 30}", "since=soon", "since=2026-13-40"):
        answer = api.get(f"/api/audit?{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), wrong
        page = browser.get(f"/settings/audit/?{wrong}")
        assert page.status_code == 200, wrong
        assert Page.of(page).all("div", role="alert"), wrong


def test_nobody_writes_it_and_only_managers_read_it(manager: Person, colleague: Person, stranger: Person) -> None:
    assert colleague.api.get("/api/audit").status_code == 403
    assert colleague.browser.get("/settings/audit/").status_code == 403
    for method in ("post", "put", "patch", "delete"):
        assert getattr(manager.api, method)("/api/audit").status_code == 405
    entry = AuditEntry.objects.filter(workspace=manager.workspace).latest("pk")
    assert entry.pk not in [row["id"] for row in stranger.api.get("/api/audit").json()["results"]]


def test_the_page_tells_it_for_a_person(owner: Person, colleague: Person, project: Project) -> None:
    member = colleague.user.memberships.get()
    members.change_role(membership_id=member.pk, role="viewer", by=owner.user)
    proposal = make_proposal(owner.workspace, "topic", "Billing")
    desk.approve(proposal_id=proposal.pk, by=owner.user)
    provider = Provider(workspace=owner.workspace, name="remote", kind="openai")
    provider.save()
    provider.set_api_key("sk-secret")
    provider.save()
    page = Page.of(owner.browser.get("/settings/audit/"))
    lines = [" ".join(one.text.split()) for one in page.all("li", class_="found")]

    def told(*words: str) -> bool:
        return any(all(one in line for one in words) for line in lines)

    assert told("owner changed member colleague", "role reviewer → viewer")
    assert told(f"owner approved proposal #{proposal.pk}")
    assert told("the system changed provider remote", "api key changed, and is never shown")
    assert told("mona changed project Core", "manager nothing → mona")
    assert "sk-secret" not in page.text
    assert page.all("a", href=f"/projects/{project.pk}/")


@pytest.mark.long
def test_the_page_takes_as_many_queries_for_many_entries(owner: Person) -> None:
    def count() -> int:
        client = owner.browser
        with CaptureQueriesContext(connection) as told:
            assert client.get("/settings/audit/?kind=member").status_code == 200
        return len(told)

    make_person("p")
    few = count()
    users = User.objects.bulk_create(User(username=f"p{number}", password="!") for number in range(60))
    Membership.objects.bulk_create(Membership(user=user, workspace=owner.workspace) for user in users)
    assert count() == few
    page = Page.of(owner.browser.get("/settings/audit/?kind=member"))
    assert len(page.all("li", class_="found")) == 50
    older = next(one.attrs["href"] for one in page.all("a") if one.text == "Older entries")
    assert "kind=member" in older
    assert len(Page.of(owner.browser.get(f"/settings/audit/{older}")).all("li", class_="found")) == 12


@pytest.mark.long
def test_the_history_button_of_the_administration_leads_to_the_log(manager: Person, project: Project) -> None:
    browser = Client(headers={"host": "localhost"})
    browser.force_login(manager.user)
    answer = browser.get(f"/admin/knowledge/project/{project.pk}/history/", follow=True)
    assert answer.status_code == 200
    assert {entry.kind for entry in answer.context["cl"].queryset} == {"project"}
    assert len(answer.context["cl"].queryset) == 2
    for path in ("add/", f"{AuditEntry.objects.latest('pk').pk}/delete/"):
        assert browser.get(f"/admin/core/auditentry/{path}").status_code == 403


def test_every_kind_is_written_by_a_trigger_on_its_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audit'")
        watched = {row[0] for row in cursor.fetchall()}
    assert watched == {*audit.WATCHED, "proposals_reviewaction", "knowledge_edit", "core_statuschange"}
