"""`/api/proposals`: list, detail, the verbs, bulk; a stranger sees nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from knowledge.models import Atom, Task, Topic
from proposals.models import Evidence, Proposal
from proposals.tests.factories import make_message, make_proposal, make_quote
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> Person:
    return make_person("alice")


@pytest.fixture
def bob() -> Person:
    return make_person("bob")


@pytest.fixture
def viewer() -> Person:
    return make_person("vera", role="viewer")


@pytest.fixture
def stranger() -> Person:
    return make_person("sam", workspace="elsewhere")


def post(person: Person, proposal: Proposal, verb: str, **body: Any) -> Any:
    return person.api.post(f"/api/proposals/{proposal.pk}/{verb}", body, format="json")


def test_the_list_is_best_first_and_without_what_needs_evidence(alice: Person) -> None:
    low = make_proposal(alice.workspace, rank=1.0)
    high = make_proposal(alice.workspace, rank=2.0)
    bare = make_proposal(alice.workspace, status="needs_evidence", quotes=[], rank=3.0)
    body = alice.api.get("/api/proposals").json()
    assert [row["id"] for row in body["results"]] == [high.pk, low.pk]
    assert set(body) == {"next", "previous", "results"}
    assert alice.api.get(f"/api/proposals/{bare.pk}").json()["status"] == "needs_evidence"
    asked = alice.api.get("/api/proposals?status=needs_evidence").json()["results"]
    assert [row["id"] for row in asked] == [bare.pk]


@pytest.mark.parametrize(
    ("query", "found"),
    some(
        [
            ("kind=atom", {"b"}),
            ("tier=high", {"a"}),
            ("tier=medium", {"b"}),
            ("min_confidence=0.75", {"a", "b"}),
            ("q=narwhal", {"a"}),
            ("status=snoozed", set()),
            ("status=open", {"a", "b", "c"}),
            ("project=999", set()),
        ],
        3,
    ),
)
def test_filters(alice: Person, query: str, found: set[str]) -> None:
    names = {
        make_proposal(alice.workspace, "topic", "Narwhal export", confidence=0.95).pk: "a",
        make_proposal(alice.workspace, "atom", confidence=0.8).pk: "b",
        make_proposal(alice.workspace, "task", confidence=0.3).pk: "c",
    }
    rows = alice.api.get(f"/api/proposals?{query}").json()["results"]
    assert {names[row["id"]] for row in rows} == found


def test_a_wrong_filter_is_400(alice: Person) -> None:
    answer = alice.api.get("/api/proposals?tier=huge")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_the_detail_has_what_scripts_read(alice: Person) -> None:
    quote = make_quote(alice.workspace, text="the export dies", author="Dana")
    proposal = make_proposal(alice.workspace, "topic", "EU export", quotes=[quote])
    other = make_proposal(alice.workspace, "topic", "EU exports")
    body = alice.api.get(f"/api/proposals/{proposal.pk}").json()
    assert body["payload"] == {"name": "EU export", "description": "", "keywords": []}
    assert body["evidence"][0] | {"id": 0} == {
        "id": 0,
        "message": quote.message_id,
        "quote": "the export dies",
        "start": 0,
        "end": 15,
        "stale": False,
        "author": "Dana",
        "sent_at": body["evidence"][0]["sent_at"],
        "channel": quote.message.channel_id,
        "url": "",
    }
    assert body["similar"][0]["id"] == other.pk
    assert body["similar"][0]["kind"] == "proposal"
    assert body["similar"][0]["method"] in ("trigram", "cosine")
    assert (body["tier"], body["decided_by"], body["created_object"]) == ("medium", None, None)


def test_a_list_costs_the_same_queries_however_long_it_is(alice: Person) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert alice.api.get("/api/proposals").status_code == 200
        return len(seen)

    make_proposal(alice.workspace)
    queries()  # the token's first use is written down
    few = queries()
    for _ in range(8):
        make_proposal(alice.workspace, quotes=[make_quote(alice.workspace) for _ in range(3)])
    assert queries() == few


def test_a_detail_costs_the_same_queries_however_much_supports_it(alice: Person) -> None:
    def queries(proposal: Proposal) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert alice.api.get(f"/api/proposals/{proposal.pk}").status_code == 200
        return len(seen)

    proposal = make_proposal(alice.workspace)
    make_proposal(alice.workspace)
    queries(proposal)  # the token's first use is written down
    few = queries(proposal)
    for _ in range(6):
        Evidence.objects.create(proposal=proposal, quote=make_quote(alice.workspace))
        make_proposal(alice.workspace, "topic")
    assert queries(proposal) == few


@pytest.mark.parametrize(("kind", "model"), [("topic", Topic), ("atom", Atom), ("task", Task)])
def test_approving_makes_the_thing(alice: Person, kind: str, model: type[Topic] | type[Atom] | type[Task]) -> None:
    proposal = make_proposal(alice.workspace, kind)
    body = post(alice, proposal, "approve").json()
    made = model.objects.get()
    assert (body["status"], body["decided_by"]) == ("approved", "alice")
    assert body["created_object"] == {"kind": kind, "id": made.pk}
    assert made.quotes.count() == 1
    assert post(alice, proposal, "approve").status_code == 200, "a double click is quiet"
    assert model.objects.count() == 1


def test_approving_with_edits_marks_them_as_a_persons(alice: Person) -> None:
    proposal = make_proposal(alice.workspace, "task")
    body = post(alice, proposal, "approve", edits={"title": "Fix it", "due": "2026-12-24"}).json()
    assert (body["title"], body["origins"]["title"], body["origins"]["priority"]) == ("Fix it", "edited", "ai")
    assert body["origins"]["due"] == "human", "the model had left it empty"
    assert str(Task.objects.get().due) == "2026-12-24"


@pytest.mark.parametrize(
    "edits",
    some(
        [
            {"title": ""},
            {"title": "x" * 201},
            {"priority": "soon"},
            {"due": "tomorrow"},
            {"unknown": 1},
            {"labels": "a"},
            {"title": None},
            {"fields": []},
        ],
        3,
    ),
)
def test_a_bad_edit_is_400_and_changes_nothing(alice: Person, edits: dict[str, Any]) -> None:
    proposal = make_proposal(alice.workspace, "task")
    answer = post(alice, proposal, "approve", edits=edits)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert alice.api.patch(f"/api/proposals/{proposal.pk}", edits, format="json").status_code == 400
    proposal.refresh_from_db()
    assert proposal.status == "pending"
    assert not Task.objects.exists()


def test_patch_changes_payload_keys(alice: Person) -> None:
    proposal = make_proposal(alice.workspace, "topic")
    body = alice.api.patch(f"/api/proposals/{proposal.pk}", {"name": "New"}, format="json").json()
    assert (body["title"], body["payload"]["name"]) == ("New", "New")
    body = alice.api.patch(f"/api/proposals/{proposal.pk}", {"payload": {"keywords": ["a"]}}, format="json").json()
    assert body["payload"] == {"name": "New", "description": "", "keywords": ["a"]}


def test_the_second_reviewer_is_told_who_won(alice: Person, bob: Person) -> None:
    proposal = make_proposal(alice.workspace, "task")
    assert post(alice, proposal, "approve").status_code == 200
    tries: list[tuple[str, dict[str, Any]]] = [
        ("approve", {}),
        ("reject", {"reason": "noise"}),
        ("merge", {"into": proposal.pk}),
    ]
    for verb, body in tries:
        answer = post(bob, proposal, verb, **body)
        assert answer.status_code == 409
        assert answer.headers["Content-Type"] == "application/problem+json"
        told = answer.json()
        assert (told["code"], told["decided_by"], told["status"]) == ("already_decided", "alice", "approved")
    assert alice.api.patch(f"/api/proposals/{proposal.pk}", {"title": "x"}, format="json").status_code == 409
    assert Task.objects.count() == 1


def test_a_rejection_needs_a_known_reason(alice: Person) -> None:
    proposal = make_proposal(alice.workspace)
    assert post(alice, proposal, "reject").status_code == 400
    assert post(alice, proposal, "reject", reason="bad mood").status_code == 400
    body = post(alice, proposal, "reject", reason="out_of_scope", note="Not ours").json()
    assert (body["status"], body["reject_reason"], body["note"]) == ("rejected", "out_of_scope", "Not ours")


def test_snooze_wants_the_future(alice: Person) -> None:
    proposal = make_proposal(alice.workspace)
    past = (timezone.now() - timedelta(hours=1)).isoformat()
    assert post(alice, proposal, "snooze", until=past).status_code == 400
    future = (timezone.now() + timedelta(hours=1)).isoformat()
    assert post(alice, proposal, "snooze", until=future).json()["status"] == "snoozed"


@pytest.mark.parametrize("shape", some(["id", "object", "text"], 2))
def test_merge_into_another_proposal(alice: Person, shape: str) -> None:
    loser, winner = make_proposal(alice.workspace), make_proposal(alice.workspace)
    into = {"id": winner.pk, "object": {"kind": "proposal", "id": winner.pk}, "text": f"proposal-{winner.pk}"}[shape]
    body = post(alice, loser, "merge", into=into).json()
    assert (body["status"], body["merged_into"]) == ("merged", winner.pk)
    assert winner.evidence.count() == 2


def test_merge_into_an_approved_object_and_not_into_another_kind(alice: Person) -> None:
    topic = Topic.objects.create(workspace=alice.workspace, name="Billing")
    proposal = make_proposal(alice.workspace, "topic")
    wrong = post(alice, proposal, "merge", into={"kind": "task", "id": topic.pk})
    assert wrong.status_code == 400
    body = post(alice, proposal, "merge", into={"kind": "topic", "id": topic.pk}, choose={"name": "left"}).json()
    assert body["created_object"] == {"kind": "topic", "id": topic.pk}
    topic.refresh_from_db()
    assert topic.name == proposal.title
    assert topic.quotes.count() == 1


def test_undo_brings_it_back(alice: Person, bob: Person) -> None:
    proposal = make_proposal(alice.workspace, "task")
    post(alice, proposal, "approve")
    body = post(bob, proposal, "undo").json()
    assert (body["status"], body["decided_by"], body["created_object"]) == ("pending", None, None)
    assert not Task.objects.exists()
    history = alice.api.get(f"/api/proposals/{proposal.pk}").json()["history"]
    assert [(row["verb"], row["by"], row["undone_by"]) for row in history] == [("approve", "alice", "bob")]


def test_undo_of_a_topic_with_atoms_asks_first(alice: Person) -> None:
    topic = make_proposal(alice.workspace, "topic", "Billing")
    atom = make_proposal(alice.workspace, "atom", "VAT is missing", payload={"topic": "Billing"})
    post(alice, topic, "approve")
    post(alice, atom, "approve")
    answer = post(alice, topic, "undo")
    made = Atom.objects.get()
    assert (answer.status_code, answer.json()["code"]) == (409, "has_consequences")
    assert answer.json()["items"] == [{"kind": "atom", "id": made.pk, "title": "VAT is missing"}]
    assert post(alice, topic, "undo", confirm=True).json()["status"] == "pending"
    assert made.topics.count() == 0
    assert not Topic.objects.exists()


def test_a_proposal_that_needs_evidence_is_approved_only_with_a_quote(alice: Person) -> None:
    proposal = make_proposal(alice.workspace, "atom", status="needs_evidence", quotes=[])
    answer = post(alice, proposal, "approve")
    assert (answer.status_code, answer.json()["code"]) == (409, "needs_evidence")
    message = make_message(alice.workspace, text="The retry limit is five, we agreed.")
    wrong = post(alice, proposal, "evidence", message=message.pk, quote="The limit is seven")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "not_in_message")
    body = post(alice, proposal, "evidence", message=message.pk, quote="retry  LIMIT is five").json()
    assert body["status"] == "pending"
    assert body["evidence"][0]["quote"] == "retry limit is five", "the message's own words"
    assert post(alice, proposal, "approve").json()["status"] == "approved"


def test_words_of_another_workspace_are_no_evidence(alice: Person, stranger: Person) -> None:
    proposal = make_proposal(alice.workspace, "atom", status="needs_evidence", quotes=[])
    message = make_message(stranger.workspace, text="The retry limit is five.")
    assert post(alice, proposal, "evidence", message=message.pk, quote="retry limit").status_code == 404


def test_not_the_same_is_remembered(alice: Person) -> None:
    one = make_proposal(alice.workspace, "topic", "EU export")
    other = make_proposal(alice.workspace, "topic", "EU exports")
    assert post(alice, one, "not-same", other=other.pk).status_code == 204
    assert alice.api.get(f"/api/proposals/{one.pk}").json()["similar"] == []
    assert alice.api.get(f"/api/proposals/{other.pk}").json()["similar"] == []


def test_bulk_tells_each_result_and_is_undone_as_one(alice: Person, bob: Person) -> None:
    mine = [make_proposal(alice.workspace, "task") for _ in range(3)]
    taken = make_proposal(alice.workspace, "task")
    post(bob, taken, "approve")
    bare = make_proposal(alice.workspace, "task", status="needs_evidence", quotes=[])
    ids = [*(p.pk for p in mine), taken.pk, bare.pk, 10**12]
    body = alice.api.post("/api/proposals/bulk", {"ids": ids, "verb": "approve"}, format="json").json()
    assert (body["requested"], body["done"], body["ids"]) == (6, 3, [p.pk for p in mine])
    assert body["skipped"] == [
        {"id": taken.pk, "code": "already_decided"},
        {"id": bare.pk, "code": "needs_evidence"},
        {"id": 10**12, "code": "not_found"},
    ]
    assert Task.objects.count() == 4
    back = alice.api.post("/api/proposals/bulk", {"verb": "undo", "action_id": body["action_id"]}, format="json").json()
    assert back["done"] == 3
    assert Task.objects.count() == 1


def test_bulk_without_what_the_verb_needs_is_400(alice: Person) -> None:
    proposal = make_proposal(alice.workspace)
    for body in [{"ids": [proposal.pk], "verb": "reject"}, {"verb": "approve"}, {"ids": [proposal.pk], "verb": "eat"}]:
        assert alice.api.post("/api/proposals/bulk", body, format="json").status_code == 400


def test_a_viewer_reads_and_decides_nothing(alice: Person, viewer: Person) -> None:
    proposal = make_proposal(alice.workspace)
    assert viewer.api.get(f"/api/proposals/{proposal.pk}").status_code == 200
    for verb in ("approve", "reject", "merge", "snooze", "undo", "evidence", "not-same"):
        assert post(viewer, proposal, verb).status_code == 403
    assert viewer.api.patch(f"/api/proposals/{proposal.pk}", {}, format="json").status_code == 403
    assert viewer.api.post("/api/proposals/bulk", {}, format="json").status_code == 403


def test_a_stranger_gets_404(alice: Person, stranger: Person) -> None:
    proposal = make_proposal(alice.workspace)
    assert stranger.api.get(f"/api/proposals/{proposal.pk}").status_code == 404
    for verb in ("approve", "snooze", "undo"):
        assert post(stranger, proposal, verb, until="2099-01-01T00:00:00Z").status_code == 404
    assert stranger.api.get("/api/proposals").json()["results"] == []


def test_the_trail_goes_from_the_task_to_the_words(alice: Person) -> None:
    quote = make_quote(alice.workspace, text="The export dies with a 500.", author="Dana")
    atom_proposal = make_proposal(alice.workspace, "atom", "The export dies", quotes=[quote])
    post(alice, atom_proposal, "approve")
    atom = Atom.objects.get()
    proposal = make_proposal(alice.workspace, "task", "Fix the export", quotes=[quote], payload={"atoms": [atom.pk]})
    post(alice, proposal, "approve")
    task = Task.objects.get()
    body = alice.api.get(f"/api/tasks/{task.pk}/trail").json()
    assert body["task"]["id"] == task.pk
    assert body["proposal"]["id"] == proposal.pk
    words = body["atoms"][0]["quotes"][0]
    assert (words["quote"], words["start"], words["end"]) == ("The export dies with a 500.", 0, 27)
    assert words["message"]["author"]["name"] == "Dana"
    assert words["message"]["text"][words["start"] : words["end"]] == words["quote"]
    assert make_person("zoe", workspace="far").api.get(f"/api/tasks/{task.pk}/trail").status_code == 404
