"""`/api/topics`, `atoms`, `atom-links`, `tasks`, `projects`: CRUD, roles, walls, constant queries."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingestion.models import Participant, Quote
from knowledge.models import Atom, AtomLink, Project, Task, Topic
from proposals.tests.factories import make_quote
from tasktracker.core.models import Event, StatusChange
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.support import some

BODIES: dict[str, dict[str, Any]] = {
    "topics": {"name": "Billing", "description": "Money", "keywords": ["vat"]},
    "atoms": {"type": "decision", "title": "Retry five times", "content": "Agreed on Monday."},
    "tasks": {"title": "Fix it", "priority": "high", "category": "bug", "labels": ["eu"], "due": "2026-12-01"},
    "projects": {"name": "Core", "keywords": ["export"], "glossary": {"EU": "European Union"}},
}


def add(person: Person, path: str, **changes: Any) -> Any:
    return person.api.post(f"/api/{path}", BODIES.get(path, {}) | changes, format="json")


@pytest.fixture
def viewer(db: None) -> Person:
    return make_person("vera", role="viewer")


@pytest.fixture
def manager(db: None) -> Person:
    return make_person("mona", role="manager")


@pytest.mark.parametrize("path", list(BODIES))
def test_make_read_change_list_and_delete(manager: Person, path: str) -> None:
    made = add(manager, path)
    assert made.status_code == 201, made.json()
    body = made.json()
    assert {key: body[key] for key in BODIES[path]} == BODIES[path]
    url = f"/api/{path}/{body['id']}"
    assert manager.api.get(url).json() == body
    heading = "name" if path in ("topics", "projects") else "title"
    assert manager.api.patch(url, {heading: "Other"}, format="json").json()[heading] == "Other"
    assert manager.api.put(url, BODIES[path], format="json").json()[heading] == BODIES[path][heading]
    assert [row["id"] for row in manager.api.get(f"/api/{path}").json()["results"]] == [body["id"]]
    assert manager.api.delete(url).status_code == 204
    assert manager.api.get(url).status_code == 404


@pytest.mark.long
@pytest.mark.parametrize("path", some(list(BODIES), 2, 1))
def test_a_viewer_only_reads_and_a_stranger_sees_nothing(
    manager: Person, viewer: Person, stranger: Person, path: str
) -> None:
    pk = add(manager, path).json()["id"]
    assert viewer.api.get(f"/api/{path}/{pk}").status_code == 200
    assert add(viewer, path).status_code == 403
    for method in ("patch", "put", "delete"):
        assert getattr(viewer.api, method)(f"/api/{path}/{pk}", BODIES[path], format="json").status_code == 403
        assert getattr(stranger.api, method)(f"/api/{path}/{pk}", BODIES[path], format="json").status_code == 404
    assert stranger.api.get(f"/api/{path}/{pk}").status_code == 404
    assert stranger.api.get(f"/api/{path}").json()["results"] == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "wrong"),
    some(
        [
            ("topics", {"name": ""}),
            ("topics", {"name": "a\x00b"}),
            ("topics", {"status": "merged"}),
            ("topics", {"project": 999}),
            ("atoms", {"type": "fact"}),
            ("atoms", {"topics": [999]}),
            ("tasks", {"status": "later"}),
            ("tasks", {"priority": "now"}),
            ("tasks", {"assignee": "nobody"}),
            ("tasks", {"due": "soon"}),
            ("tasks", {"labels": "eu"}),
            ("projects", {"name": None}),
        ],
        3,
    ),
)
def test_bad_input_is_400_and_says_which_field(manager: Person, path: str, wrong: dict[str, Any]) -> None:
    answer = add(manager, path, **wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert next(iter(wrong)) in answer.json()["errors"]


def test_a_project_name_is_taken_once_and_its_version_grows(manager: Person) -> None:
    body = add(manager, "projects").json()
    answer = add(manager, "projects")
    assert (answer.status_code, answer.json()["code"]) == (409, "exists")
    changed = manager.api.patch(f"/api/projects/{body['id']}", {"keywords": ["vat"]}, format="json").json()
    assert (body["version"], changed["version"]) == ("1.0.0", "1.0.1")


@pytest.mark.long
def test_things_of_another_workspace_can_not_be_named(owner: Person, stranger: Person) -> None:
    theirs = Topic.objects.create(workspace=stranger.workspace, name="Secret")
    atom = Atom.objects.create(workspace=stranger.workspace, type="idea", title="x")
    person = Participant.objects.create(workspace=stranger.workspace, platform="api", external_id="s", name="Sam")
    assert add(owner, "atoms", topics=[theirs.pk]).status_code == 400
    assert add(owner, "tasks", atoms=[atom.pk]).status_code == 400
    assert add(owner, "tasks", assignee=person.pk).status_code == 400
    assert add(owner, "tasks", assignee="Sam").status_code == 400
    mine = add(owner, "atoms").json()["id"]
    body = {"from_atom": mine, "to_atom": atom.pk, "type": "solves"}
    assert owner.api.post("/api/atom-links", body, format="json").status_code == 400
    topic = add(owner, "topics").json()["id"]
    assert owner.api.post(f"/api/topics/{topic}/merge", {"into": theirs.pk}, format="json").status_code == 404


@pytest.mark.long
def test_assignee_and_project_by_name_or_id(owner: Person) -> None:
    person = Participant.objects.create(workspace=owner.workspace, platform="api", external_id="d", name="Dana")
    project = Project.objects.create(workspace=owner.workspace, name="Core")
    for assignee in ("dana", "@Dana", person.pk, {"id": person.pk, "name": "Dana"}):
        body = add(owner, "tasks", assignee=assignee, project="core").json()
        assert (body["assignee"], body["assignee_name"]) == (person.pk, "Dana")
        assert (body["project"], body["project_name"]) == (project.pk, "Core")


@pytest.mark.long
def test_a_tasks_status_moves_through_history_and_events(owner: Person) -> None:
    pk = add(owner, "tasks").json()["id"]
    owner.api.patch(f"/api/tasks/{pk}", {"status": "done"}, format="json")
    owner.api.patch(f"/api/tasks/{pk}", {"status": "done"}, format="json")
    assert StatusChange.objects.get(kind="knowledge.task").to_status == "done"
    types = list(Event.objects.order_by("id").values_list("type", flat=True))
    assert types == ["task.created", "task.updated"]
    lines = owner.api.get(f"/api/tasks/{pk}/history").json()
    assert {line["what"] for line in lines} == {"task.created", "task.updated", "open → done", "by hand: edit"}


@pytest.mark.long
@pytest.mark.parametrize(
    ("query", "found"),
    some(
        [
            ("status=open", 2),
            ("status=open&status=done", 3),
            ("priority=critical", 1),
            ("q=second", 1),
            ("project=9", 0),
        ],
        2,
        1,
    ),
)
def test_task_filters(owner: Person, query: str, found: int) -> None:
    add(owner, "tasks", title="First")
    add(owner, "tasks", title="Second", priority="critical")
    add(owner, "tasks", title="Third", status="done")
    assert len(owner.api.get(f"/api/tasks?{query}").json()["results"]) == found


@pytest.mark.long
def test_a_topic_counts_and_lists_its_atoms_and_messages(owner: Person) -> None:
    topic = Topic.objects.create(workspace=owner.workspace, name="Billing")
    quotes = [make_quote(owner.workspace) for _ in range(3)]
    topic.quotes.set(quotes[:2])
    for n in range(2):
        atom = Atom.objects.create(workspace=owner.workspace, type="problem", title=f"Atom {n}")
        atom.topics.add(topic)
        atom.quotes.set(quotes[n:])
    gone = Atom.objects.create(workspace=owner.workspace, type="problem", title="Put away", status="retired")
    gone.topics.add(topic)
    body = owner.api.get(f"/api/topics/{topic.pk}").json()
    assert (body["atoms"], body["messages"]) == (2, 3)
    messages = owner.api.get(f"/api/topics/{topic.pk}/messages").json()["results"]
    assert [row["id"] for row in messages] == [quote.message_id for quote in quotes]
    assert len(owner.api.get(f"/api/topics/{topic.pk}/atoms").json()["results"]) == 3


def test_an_atom_is_stale_when_a_quote_of_it_is(owner: Person) -> None:
    quote = make_quote(owner.workspace, text="Five retries.")
    atom = Atom.objects.create(workspace=owner.workspace, type="decision", title="Retries")
    atom.quotes.add(quote)
    body = owner.api.get(f"/api/atoms/{atom.pk}").json()
    assert (body["stale"], body["quotes"][0]["quote"]) == (False, "Five retries.")
    assert body["quotes"][0]["message"]["id"] == quote.message_id
    Quote.objects.update(is_stale=True)
    assert owner.api.get(f"/api/atoms/{atom.pk}").json()["stale"] is True


@pytest.mark.long
def test_merging_topics_moves_atoms_and_words(owner: Person) -> None:
    loser, winner = (add(owner, "topics", name=name, keywords=[name]).json()["id"] for name in ("a", "b"))
    atom = add(owner, "atoms", topics=[loser]).json()["id"]
    body = owner.api.post(f"/api/topics/{loser}/merge", {"into": winner}, format="json").json()
    assert (body["id"], body["atoms"], body["keywords"]) == (winner, 1, ["b", "a"])
    old = owner.api.get(f"/api/topics/{loser}").json()
    assert (old["status"], old["merged_into"]) == ("merged", winner)
    assert owner.api.get(f"/api/atoms/{atom}").json()["topics"] == [winner]
    assert [row["id"] for row in owner.api.get("/api/topics").json()["results"]] == [winner]
    answer = owner.api.delete(f"/api/topics/{winner}")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert owner.api.post(f"/api/topics/{winner}/merge", {"into": winner}, format="json").status_code == 400
    assert owner.api.post(f"/api/topics/{winner}/merge", {"into": loser}, format="json").status_code == 409


@pytest.mark.long
def test_merging_atoms_moves_links_tasks_and_quotes(owner: Person) -> None:
    loser, winner, other = (add(owner, "atoms", title=name).json()["id"] for name in "abc")
    for start, end in [(loser, other), (other, loser), (loser, winner)]:
        body = {"from_atom": start, "to_atom": end, "type": "supports"}
        assert owner.api.post("/api/atom-links", body, format="json").status_code == 201
    task = add(owner, "tasks", atoms=[loser]).json()["id"]
    assert owner.api.post(f"/api/atoms/{loser}/merge", {"into": winner}, format="json").json()["id"] == winner
    assert set(AtomLink.objects.values_list("from_atom", "to_atom")) == {(winner, other), (other, winner)}
    assert set(Task.objects.get(pk=task).atoms.values_list("pk", flat=True)) == {loser, winner}


@pytest.mark.long
def test_the_same_link_twice_is_one_and_never_to_itself(owner: Person) -> None:
    one, other = (add(owner, "atoms").json()["id"] for _ in range(2))
    body = {"from_atom": one, "to_atom": other, "type": "solves"}
    first, second = (owner.api.post("/api/atom-links", body, format="json").json()["id"] for _ in range(2))
    assert first == second
    assert owner.api.post("/api/atom-links", body | {"to_atom": one}, format="json").status_code == 400
    assert owner.api.get(f"/api/atom-links?atom={other}").json()["results"][0]["id"] == first
    other_kind = owner.api.post("/api/atom-links", body | {"type": "supports"}, format="json").json()["id"]
    same = owner.api.patch(f"/api/atom-links/{other_kind}", {"type": "solves"}, format="json")
    assert (same.status_code, same.json()["code"]) == (409, "exists")
    changed = owner.api.patch(f"/api/atom-links/{other_kind}", {"type": "refines"}, format="json").json()
    assert changed["type"] == "refines"
    assert owner.api.patch(f"/api/atom-links/{first}", {"to_atom": one}, format="json").status_code == 400
    assert owner.api.delete(f"/api/atom-links/{first}").status_code == 204


@pytest.mark.long
@pytest.mark.parametrize("path", some(["topics", "atoms", "tasks", "projects", "atom-links"], 3))
def test_a_list_costs_the_same_queries_however_long_it_is(manager: Person, path: str) -> None:
    topic = Topic.objects.create(workspace=manager.workspace, name="Billing")
    project = Project.objects.create(workspace=manager.workspace, name="Billing")

    def fill() -> None:
        atom = Atom.objects.create(workspace=manager.workspace, type="problem", title="x")
        other = Atom.objects.create(workspace=manager.workspace, type="problem", title="y")
        atom.topics.add(topic)
        atom.quotes.add(make_quote(manager.workspace))
        AtomLink.objects.create(workspace=manager.workspace, from_atom=atom, to_atom=other, type="solves")
        person = Participant.objects.first()
        task = Task.objects.create(workspace=manager.workspace, title="z", project=project, assignee=person)
        task.atoms.add(atom)
        Topic.objects.create(workspace=manager.workspace, name="t", project=project)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert manager.api.get(f"/api/{path}").status_code == 200
        return len(seen)

    fill()
    queries()
    few = queries()
    for _ in range(6):
        fill()
    assert queries() == few


def test_an_idempotency_key_makes_one(owner: Person) -> None:
    for _ in range(2):
        answer = owner.api.post("/api/tasks", BODIES["tasks"], format="json", headers={"Idempotency-Key": "k1"})
        assert answer.status_code == 201
    assert Task.objects.count() == 1
