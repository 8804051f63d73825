"""`/settings/task-configs/…`: extra fields described by a schema, with a preview, and mistakes told at their place."""

from typing import Any

import pytest

from analysis.models import TaskConfig
from knowledge.models import Project
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
GOOD = '{"type": "object", "properties": {"severity": {"enum": ["S1", "S2"]}, "hours": {"type": "number"}}}'


@pytest.fixture
def manager() -> Person:
    return make_person("mona", role="manager")


def save(person: Person, at: str, **values: Any) -> Any:
    client = person.browser
    page = Page.of(client.get(at))
    form = page.one("form", class_="body stack")
    form.attrs.setdefault("action", at)
    return submit(client, page, form, at, **values)


def test_a_manager_adds_fields_and_sees_them_as_on_a_card(manager: Person) -> None:
    project = Project.objects.create(workspace=manager.workspace, name="p")
    answer = save(manager, "/settings/task-configs/new/", name="bugs", schema=GOOD, project=project.pk)
    row = TaskConfig.objects.get()
    assert answer["Location"] == f"/settings/task-configs/{row.pk}/"
    assert (row.project, set(row.schema["properties"]), row.is_active) == (project, {"severity", "hours"}, True)
    preview = Page.of(manager.browser.get(answer["Location"])).one("div", id="preview").text
    assert all(word in preview for word in ("severity", "S1", "S2", "hours"))


WRONG = [
    ('{"type": "object",\n "properties": }', "not JSON: line 2, column 16"),
    ("[]", "Give a JSON Schema"),
    ('{"type": "object", "properties": {"a": {"type": "strong"}}}', "properties.a.type"),
    ("[" * 5_000, "not JSON"),
]


@pytest.mark.parametrize(("schema", "told"), some(WRONG, 2))
def test_a_schema_that_cannot_be_read_is_told_with_its_place_and_kept(manager: Person, schema: str, told: str) -> None:
    answer = save(manager, "/settings/task-configs/new/", name="bugs", schema=schema)
    page = Page.of(answer)
    assert answer.status_code == 422
    assert told in page.one("ul", id="id_schema_error").text
    assert page.one("textarea", name="schema").text.strip() == schema
    assert not TaskConfig.objects.exists()
    client = manager.browser
    csrf = Page.of(client.get("/settings/")).one("input", name="csrfmiddlewaretoken").attrs["value"]
    shown = client.post("/settings/task-configs/preview/", {"schema": schema, "csrfmiddlewaretoken": csrf})
    assert told in Page.of(shown).text
    assert not Page.of(shown).all("html")


def test_a_name_is_taken_once(manager: Person) -> None:
    save(manager, "/settings/task-configs/new/", name="bugs", schema=GOOD)
    again = save(manager, "/settings/task-configs/new/", name="bugs", schema=GOOD)
    assert "already" in Page.of(again).one("ul", id="id_name_error").text


@pytest.mark.long
def test_it_is_switched_off_and_deleted(manager: Person) -> None:
    at = save(manager, "/settings/task-configs/new/", name="bugs", schema=GOOD)["Location"]
    client = manager.browser
    page = Page.of(client.get(at))
    form = page.one("form", class_="body stack")
    form.attrs["action"] = at
    form.inside = [tag for tag in form.inside if tag.attrs.get("name") != "is_active"]
    submit(client, page, form, at)
    assert not TaskConfig.objects.get().is_active
    submit(client, page, page.one("form", action="/delete/"), at)
    assert not TaskConfig.objects.exists()


@pytest.mark.long
def test_reviewers_see_and_strangers_do_not(manager: Person) -> None:
    row = TaskConfig.objects.create(workspace=manager.workspace, name="bugs", schema={"type": "object"})
    at = f"/settings/task-configs/{row.pk}/"
    client = make_person("rita", role="reviewer").browser
    page = Page.of(client.get(at))
    assert not page.all("textarea")
    csrf = page.one("input", name="csrfmiddlewaretoken").attrs["value"]
    for address in (at, f"{at}delete/", "/settings/task-configs/new/", "/settings/task-configs/preview/"):
        assert client.post(address, {"csrfmiddlewaretoken": csrf}).status_code == 403
    assert make_person("stan", workspace="elsewhere", role="admin").browser.get(at).status_code == 404
