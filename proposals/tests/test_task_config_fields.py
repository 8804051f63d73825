"""The extra fields of a task, from the model's answer over the card to the task: filled, checked, edited, carried."""

from collections.abc import Callable
from typing import Any

import pytest

from analysis import execution, services, task_configs
from analysis.models import AnalysisRun, Finding, TaskConfig
from analysis.task_fields import fitting, schema_error
from analysis.tests import factories
from ingestion import services as ingestion
from knowledge.models import Atom, Project, Task
from proposals.models import Proposal
from proposals.tasks import propose_for_run
from proposals.tests.factories import make_proposal
from tasktracker.core import turns
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.fake_llm import FakeLLM
from tasktracker.tests.pages import Page, submit

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "severity": {"enum": ["S1", "S2"], "description": "S1 when customers can't work"},
        "hours": {"type": "number", "minimum": 0},
        "customer": {"type": "string", "maxLength": 20},
        "billable": {"type": "boolean"},
    },
}
SAID = {"severity": "s1", "hours": "3", "customer": "ACME", "billable": "yes", "role": "admin"}
CRASH = "The CSV export crashes with a timeout for customers with more than 10k rows."


@pytest.fixture
def person() -> Person:
    return make_person("rita", role="reviewer")


def configure(person: Person, schema: Any = SCHEMA, **more: Any) -> TaskConfig:
    config = TaskConfig(workspace=person.workspace)
    return task_configs.save_task_config(config=config, values={"name": "bugs", "schema": schema, **more})


def answering(fields: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
    item = {
        "title": "Fix the CSV export",
        "category": "bug",
        "priority": "high",
        "atoms": ["a1"],
        "confidence": 0.95,
        "evidence": [{"m": "m1", "quote": CRASH}],
        "fields": fields,
    }
    return lambda messages: {"windows": [{"window": "w1", "tasks": [item]}]}


def proposed(person: Person, settings: Any, fields: dict[str, Any]) -> tuple[Proposal, str]:
    """The proposal that a model's answer with these fields becomes, and what the model was asked."""
    message = factories.make_message(person.workspace, CRASH)
    atom = Atom.objects.create(workspace=person.workspace, type="problem", title=CRASH[:100], content=CRASH)
    atom.quotes.add(ingestion.quote_passage(message=message, start=0, end=len(CRASH)))
    with FakeLLM(answer=answering(fields)) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        factories.make_provider(person.workspace, "model", base_url=fake.openai_url, is_default=True)
        run = services.create_run(workspace=person.workspace, stage="tasks")
        services.start_run(run_id=run.pk)
        execution.begin(run_id=run.pk)
        execution.run_lane(run_id=run.pk)
        asked = fake.completions[0].text
    assert AnalysisRun.objects.get(pk=run.pk).status == "completed"
    propose_for_run(person.workspace.pk, run.pk)
    return Proposal.objects.get(kind="task"), asked


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_from_the_answer_to_the_page_of_the_task(person: Person, settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(turns, "OWN_SECONDS", 600)
    configure(person)
    proposal, asked = proposed(person, settings, SAID)
    assert "severity (S1|S2) S1 when customers can't work" in asked
    fitted = {"severity": "S1", "hours": 3, "customer": "ACME", "billable": True}
    assert Finding.objects.get(kind="task").payload["fields"] == fitted
    assert proposal.payload["fields"] == fitted

    client = person.browser
    card = Page.of(client.get(f"/review/?at={proposal.pk}")).text
    assert all(word in card for word in ("severity", "S1", "customer", "ACME"))
    assert "admin" not in card

    edit = Page.of(client.get(f"/review/{proposal.pk}/edit/"))
    form = edit.one("form", class_="edit")
    wrong = submit(client, edit, form, "/", **{"field:hours": "-5", "field:customer": "A name of far too many letters"})
    told = Page.of(wrong).text
    assert "A number that keeps the rule is wanted." in told
    assert "This does not keep the rule of the field." in told
    submit(client, edit, form, "/", **{"field:severity": "S2", "field:hours": "", "then": "approve"})
    task = Task.objects.get()
    assert task.fields == {"severity": "S2", "customer": "ACME", "billable": True}

    shown = Page.of(client.get(f"/tasks/{task.pk}/")).one("dl", class_="pairs").text
    assert all(word in shown for word in ("severity", "S2", "customer", "ACME"))
    assert person.api.get(f"/api/tasks/{task.pk}").json()["fields"] == task.fields


@pytest.mark.long
@pytest.mark.django_db
def test_what_the_model_left_out_can_be_filled_on_the_card(person: Person) -> None:
    configure(person)
    proposal = make_task_proposal(person, {})
    client = person.browser
    page = Page.of(client.get(f"/review/{proposal.pk}/edit/"))
    select = page.one("select", name="field:severity")
    assert [option.attrs["value"] for option in select.inside] == ["", "S1", "S2"]
    assert "S1 when customers can't work" in page.text
    submit(client, page, page.one("form", class_="edit"), "/", **{"field:severity": "S2", "field:billable": "no"})
    proposal.refresh_from_db()
    assert proposal.payload["fields"] == {"severity": "S2", "billable": False}


def make_task_proposal(person: Person, fields: dict[str, Any]) -> Proposal:
    payload = {"fields": fields, "category": "bug", "priority": "low"}
    return make_proposal(person.workspace, "task", "Fix the export", payload=payload)


@pytest.mark.long
@pytest.mark.django_db
def test_the_api_refuses_a_value_against_its_rule_and_leaves_what_was_there(person: Person) -> None:
    configure(person)
    proposal = make_task_proposal(person, {"severity": "from before"})
    path = f"/api/proposals/{proposal.pk}"
    kept = {"severity": "from before", "hours": 2, "note": "no rule knows it"}
    assert person.api.patch(path, {"fields": kept}, format="json").status_code == 200
    for bad in ({"severity": "S9"}, {"hours": -1}, {"billable": "perhaps"}):
        answer = person.api.patch(path, {"fields": {**kept, **bad}}, format="json")
        assert answer.status_code == 400
        assert next(iter(bad)) in answer.json()["detail"]
    proposal.refresh_from_db()
    assert proposal.payload["fields"] == kept


@pytest.mark.django_db
def test_a_project_has_its_own_fields_beside_those_of_all(person: Person) -> None:
    project, other = (Project.objects.create(workspace=person.workspace, name=name) for name in ("a", "b"))
    rule = {"type": "object", "properties": {"severity": {"type": "string"}, "area": {"type": "string"}}}
    configure(person, schema=rule, name="of a", project=project)
    configure(person)
    configure(person, name="off", is_active=False, schema={"type": "object", "properties": {"x": {"type": "string"}}})
    assert set(task_configs.properties_for(person.workspace.pk, other.pk)) == set(SCHEMA["properties"])
    assert set(task_configs.properties_for(person.workspace.pk, project.pk)) == {*SCHEMA["properties"], "area"}
    assert task_configs.properties_for(person.workspace.pk, project.pk)["severity"] == {"type": "string"}


@pytest.mark.parametrize(
    "values",
    [{"hours": "1e400"}, {"hours": "nan"}, {"hours": True}, {"severity": None}, {"severity": ["S1"]}, {"who": "me"}],
    ids=str,
)
def test_what_does_not_fit_is_left_out(values: dict[str, Any]) -> None:
    assert fitting(values, SCHEMA["properties"]) == {}


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "object", "properties": {"a": {"type": "strong"}}}, "properties.a.type"),
        ({"type": "object", "properties": {"a": {"type": "array"}}}, "holds one value"),
        ({"type": "object", "properties": {"a": {"$ref": "http://169.254.169.254/"}}}, "References"),
        ({"type": "object", "properties": {"": {"type": "string"}}}, "1 to 60 letters"),
        ({"type": "object", "properties": {"a": {"enum": "S1"}}}, "properties.a.enum"),
    ],
    ids=str,
)
def test_a_schema_that_cannot_work_is_refused_with_the_place(schema: Any, told: str) -> None:
    assert told in schema_error(schema)
