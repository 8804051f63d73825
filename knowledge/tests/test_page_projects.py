"""Projects on their pages: everybody reads, a manager changes, and what was typed comes back as it was."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingestion.models import Participant
from knowledge import project_pages, projects
from knowledge.models import Project, Task
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, Tag, submit
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Person:
    return make_person("mona", role="manager")


@pytest.fixture
def viewer() -> Person:
    return make_person("vera", role="viewer")


def speaker(person: Person, name: str, key: str = "") -> Participant:
    return Participant.objects.create(workspace=person.workspace, platform="api", external_id=key or name, name=name)


def form_of(page: Page, path: str) -> Tag:
    """The form with the rules."""
    forms = page.all("form", method="post")
    found = next(one for one in forms if any(tag.attrs.get("name") == "keywords" for tag in one.inside))
    found.attrs.setdefault("action", path)
    return found


def send(person: Person, path: str, **values: str) -> Any:
    """The form of the page at `path`, sent as it stands with `values` over it."""
    client = person.browser
    page = Page.of(client.get(path))
    return submit(client, page, form_of(page, path), path, **values)


def made(person: Person, **more: Any) -> Project:
    return projects.create_project(workspace=person.workspace, values={"name": "Core", **more}, by=person.user)


TYPED = {
    "name": "Core",
    "keywords": "billing, VAT\ninvoice",
    "components": "export",
    "glossary": "CSV = the file = export\nB2B=companies",
    "team": "olena: export",
    "priority_rules": "Critical: outage, data loss\nlow: typo",
    "default_assignee": "Olena",
}


def test_a_manager_makes_a_project_from_lines_that_people_type(manager: Person) -> None:
    olena = speaker(manager, "Olena")
    answer = send(manager, "/projects/new/", **TYPED, manager=str(manager.user.pk))
    assert answer.status_code == 302, Page.of(answer).text
    project = Project.objects.get()
    assert project.keywords == ["billing", "VAT", "invoice"]
    assert project.glossary == {"CSV": "the file = export", "B2B": "companies"}
    assert project.team == [{"participant": olena.pk, "components": ["export"]}]
    assert project.priority_rules == [
        {"keywords": ["outage", "data loss"], "priority": "critical"},
        {"keywords": ["typo"], "priority": "low"},
    ]
    assert (project.default_assignee, project.manager, project.version) == (olena, manager.user, "1.0.0")


def test_a_form_that_is_sent_as_it_stands_changes_nothing(manager: Person) -> None:
    """Whatever came in by the API: several of one name, names with a colon, terms with a sign of equality."""
    first, second = speaker(manager, "Olena"), speaker(manager, "Olena", "other")
    odd = speaker(manager, "@Bot: #7 ")
    project = made(
        manager,
        keywords=["two words", "C++"],
        components=["export", "api"],
        glossary={"a=b": "an equation = so"},
        team=[
            {"participant": second.pk, "components": ["export", "api"]},
            {"participant": odd.pk, "components": ["api"]},
            {"participant": first.pk, "components": []},
        ],
        priority_rules=[{"keywords": ["a: b", "c"], "priority": "high"}],
        default_assignee=first,
        manager=manager.user,
        description="Two\nlines",
    )
    before = projects.kept_of(project)
    answer = send(manager, f"/projects/{project.pk}/")
    assert answer.status_code == 302, Page.of(answer).text
    project.refresh_from_db()
    assert (projects.kept_of(project), project.version) == (before, "1.0.0")


def test_a_change_shows_as_a_version_with_its_difference(manager: Person, viewer: Person) -> None:
    project = made(manager, keywords=["billing"])
    send(manager, f"/projects/{project.pk}/", keywords="billing, VAT")
    page = Page.of(viewer.browser.get(f"/projects/{project.pk}/"))
    versions = page.one("ol", id="versions")
    assert "1.0.1" in versions.text
    assert "mona" in versions.text
    assert "keywords billing → billing, VAT" in " ".join(versions.text.split())
    assert not page.all("textarea")  # a viewer reads
    assert "billing, VAT" in page.text


@pytest.mark.long
@pytest.mark.parametrize(
    ("field", "text", "said"),
    some(
        [
            ("name", " ", "required"),
            ("team", "Nobody: export", "Nobody called Nobody"),
            ("team", "Olena: billing", "not a component"),
            ("priority_rules", "now: outage", "Begin a line with low"),
            ("priority_rules", "high:", "needs a word"),
            ("glossary", "CSV", "term = meaning"),
            ("language", "english language", "at most 10"),
            ("language", "e", "en, uk or pt-BR"),
            ("keywords", "x" * 61, "60 letters"),
        ],
        3,
        1,
    ),
)
def test_a_mistake_is_told_at_its_field_and_nothing_typed_is_lost(
    manager: Person, field: str, text: str, said: str
) -> None:
    speaker(manager, "Olena")
    answer = send(manager, "/projects/new/", **TYPED | {field: text})
    page = Page.of(answer)
    assert answer.status_code == 422
    assert said in page.one("ul", id=f"id_{field}_error").text
    assert "outage" in page.text or field == "priority_rules"
    assert not Project.objects.exists()


def test_a_name_that_is_taken_is_told_at_the_name(manager: Person) -> None:
    made(manager)
    speaker(manager, "Olena")
    page = Page.of(send(manager, "/projects/new/", **TYPED))
    assert "already" in page.one("ul", id="id_name_error").text


@pytest.mark.long
def test_two_who_change_it_at_once_do_not_undo_each_other(manager: Person) -> None:
    project = made(manager, keywords=["a"])
    client = manager.browser
    path = f"/projects/{project.pk}/"
    page = Page.of(client.get(path))
    send(manager, path, keywords="b")
    answer = submit(client, page, form_of(page, path), path, keywords="c")
    assert answer.status_code == 422
    assert "was changed meanwhile" in Page.of(answer).text
    project.refresh_from_db()
    assert project.keywords == ["b"]


def test_a_viewer_changes_nothing_and_a_stranger_sees_nothing(
    manager: Person, viewer: Person, stranger: Person
) -> None:
    project = made(manager)
    path = f"/projects/{project.pk}/"
    client = viewer.browser
    token = client.get(path).cookies["csrftoken"].value
    assert client.post(path, {"name": "Mine"}, headers={"x-csrftoken": token}).status_code == 403
    assert client.get("/projects/new/").status_code == 403
    assert stranger.browser.get(path).status_code == 404
    assert "Core" not in Page.of(stranger.browser.get("/projects/")).text


@pytest.mark.long
def test_the_list_says_how_many_tasks_are_open_so_far_and_no_further(
    manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_pages, "COUNTED", 2)
    for name, statuses in (
        ("None", ["done", "cancelled"]), ("One", ["open", "done"]), ("Two", ["open", "in_progress"]),
        ("Many", ["open"] * 3),
    ):  # fmt: skip
        project = made(manager, name=name)
        for status in statuses:
            Task.objects.create(workspace=manager.workspace, project=project, title="Fix it", status=status)
    rows = {
        row.inside[1].text: row.inside[2].text
        for row in Page.of(manager.browser.get("/projects/")).all("a", class_="item-row")
    }
    assert rows == {"None": "0 open tasks", "One": "1 open task", "Two": "2 open tasks", "Many": "2+ open tasks"}


@pytest.mark.long
def test_the_list_takes_as_many_queries_for_many_projects(manager: Person) -> None:
    client = manager.browser

    def count() -> int:
        with CaptureQueriesContext(connection) as told:
            assert client.get("/projects/").status_code == 200
        return len(told)

    made(manager)
    count()  # the session and the event numbers are warm now
    few = count()
    room = manager.workspace
    more = [Project(workspace=room, name=f"P{number:02}", manager=manager.user) for number in range(60)]
    Task.objects.bulk_create(
        Task(workspace=room, project=project, title="Fix it") for project in Project.objects.bulk_create(more)
    )
    assert count() == few
    page = Page.of(client.get("/projects/"))
    assert len(page.all("a", class_="item-row")) == 50
    rest = next(one.attrs["href"] for one in page.all("a") if one.text == "More projects")
    assert len(Page.of(client.get(f"/projects/{rest}")).all("a", class_="item-row")) == 11


@pytest.mark.long
def test_a_removed_project_is_gone_from_its_page(manager: Person) -> None:
    project = made(manager)
    client = manager.browser
    page = Page.of(client.get(f"/projects/{project.pk}/"))
    form = page.one("form", action=f"/projects/{project.pk}/delete/")
    assert submit(client, page, form, f"/projects/{project.pk}/").status_code == 302
    assert client.get(f"/projects/{project.pk}/").status_code == 404
