"""The words of a deleted message leave the places that only touched it; what is no words of it is left as it was."""

import json
import time
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from analysis.models import AnalysisRun, Finding
from analysis.offline import Plan
from analysis.offline.plan import PlanTopic
from ingestion import services as ingestion
from ingestion.models import Message
from knowledge import services as knowledge
from knowledge import vectors
from knowledge.models import Atom, Edit, Embedding, Task, Topic
from knowledge.tasks import embed_missing
from proposals import redacting, services
from proposals.models import Proposal, ReviewAction
from proposals.tests.factories import (
    make_finding,
    make_message,
    make_proposal,
    make_quote,
    make_run,
)
from proposals.tests.test_deletion import CANARY, WORDS, everywhere
from tasktracker.core import services as core
from tasktracker.core.models import IdempotentRequest, StatusChange, User, Workspace
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db


def atom_of(workspace: Workspace, message: Message) -> Atom:
    """An atom that is called by the words of a message."""
    atom = Atom.objects.create(workspace=workspace, type="problem", title=message.text, content=message.text)
    atom.quotes.add(make_quote(workspace, message))
    return atom


def forget(message: Message) -> None:
    ingestion.delete_message(message_id=message.pk)
    redacting.forget_message(message_id=message.pk)


def test_the_history_of_what_names_it_though_it_does_not_quote_it(workspace: Workspace, alice: User) -> None:
    message = make_message(workspace, WORDS)
    atom = atom_of(workspace, message)
    topic, task = Topic.objects.create(workspace=workspace, name="Export"), Task.objects.create(
        workspace=workspace, title="Look", category="bug", priority="high"
    )  # fmt: skip
    knowledge.change_atom(atom_id=atom.pk, by=alice, values={"topics": [topic]})
    knowledge.change_task(task_id=task.pk, by=alice, values={"atoms": [atom]})
    knowledge.change_task(task_id=task.pk, by=alice, values={"atoms": []})  # and nothing joins them any more
    knowledge.split_topic(topic_id=topic.pk, by=alice, name="Import", atoms=[atom.pk])
    assert "knowledge_edit" in everywhere()
    forget(message)
    assert everywhere() == []


@pytest.mark.parametrize("kind", ["atom", "task", "topic"])
def test_the_history_of_what_was_removed_since(workspace: Workspace, alice: User, kind: str) -> None:
    message = make_message(workspace, WORDS)
    rows: dict[str, Any] = {
        "atom": lambda: Atom.objects.create(workspace=workspace, type="problem", title="Leak"),
        "task": lambda: Task.objects.create(workspace=workspace, title="Leak", category="bug", priority="high"),
        "topic": lambda: Topic.objects.create(workspace=workspace, name="Leak"),
    }
    row = rows[kind]()
    row.quotes.add(make_quote(workspace, message))
    values = {"content" if kind == "atom" else "description": WORDS}
    getattr(knowledge, f"change_{kind}")(**{f"{kind}_id": row.pk}, by=alice, values=values)
    getattr(knowledge, f"delete_{kind}")(**{f"{kind}_id": row.pk}, by=alice)
    assert "knowledge_edit" in everywhere()
    forget(message)
    assert everywhere() == []


def test_the_journal_of_a_decision_that_wrote_over_the_words(workspace: Workspace, alice: User) -> None:
    message = make_message(workspace, WORDS)
    first = make_proposal(
        workspace, "task", "Leak", quotes=[make_quote(workspace, message)], payload={"description": WORDS}
    )
    task_id = services.approve(proposal_id=first.pk, by=alice).created_id
    update = make_proposal(
        workspace, "task", "Another", recommendation="update_existing", target_id=task_id, fingerprint="another",
        payload={"description": "Written anew", "diff": {"description": [WORDS, "Written anew"]}},
    )  # fmt: skip
    services.approve(proposal_id=update.pk, by=alice)
    kept = ReviewAction.objects.get(proposal=update)
    assert CANARY in json.dumps(kept.changes), "the journal has the words that were written over"
    forget(message)
    assert everywhere() == []


def test_a_change_that_waits_holds_what_it_would_write_over(workspace: Workspace) -> None:
    message = make_message(workspace, WORDS)
    atom = atom_of(workspace, message)
    waiting = make_proposal(
        workspace, "atom", "Another", recommendation="update_existing", target_id=atom.pk,
        payload={"content": "Written anew", "diff": {"content": [WORDS, "Written anew"]}},
    )  # fmt: skip
    forget(message)
    assert everywhere() == []
    waiting.refresh_from_db()
    assert waiting.payload["diff"] == {"content": ["[deleted]", "Written anew"]}
    assert waiting.evidence.count() == 1


def test_what_a_run_has_learnt_stays_readable(workspace: Workspace) -> None:
    """Words out of it, keys and all, and no word that is a part of its writing."""
    for words in some((WORDS, CANARY, f'"{CANARY}" naïvely', "keywords", '"topics":[{"name":', '","keywords":["'), 2):
        message = make_message(workspace, words)
        run = make_run(workspace)
        topic = PlanTopic(name=words, keywords=(words, "other"), terms={words.casefold(): 1.0, "export": 1.0})
        text = Plan(3, {words.casefold(): 2, "export": 1}, (topic,)).to_json()
        AnalysisRun.objects.filter(pk=run.pk).update(plan={"offline": text})
        make_proposal(workspace, "atom", quotes=[make_quote(workspace, message)], run=run)
        forget(message)
        kept = Plan.from_json(AnalysisRun.objects.get(pk=run.pk).plan["offline"])
        assert kept == Plan(3, {"export": 1}, (PlanTopic("[deleted]", ("[deleted]", "other"), {"export": 1.0}),))
    assert everywhere() == []


def test_what_a_reviewer_quoted_in_the_reason_of_a_refusal(workspace: Workspace, alice: User) -> None:
    message = make_message(workspace, WORDS)
    proposal = make_proposal(workspace, "atom", "Leak", quotes=[make_quote(workspace, message)])
    services.reject(proposal_id=proposal.pk, by=alice, reason="not_actionable", note=f"He only said: {WORDS}")
    assert StatusChange.objects.get().note == "not_actionable"
    forget(message)
    assert everywhere() == []
    proposal.refresh_from_db()
    assert proposal.note == "He only said: [deleted]"


@pytest.mark.long
def test_answers_that_are_kept_for_a_second_asking(workspace: Workspace, alice: User) -> None:
    message = make_message(workspace, WORDS)
    proposal = make_proposal(
        workspace, "atom", "Leak", quotes=[make_quote(workspace, message)], payload={"content": WORDS}
    )
    api = APIClient()
    token = core.create_token(user=alice, workspace=workspace)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_IDEMPOTENCY_KEY="one")
    first = api.post(f"/api/proposals/{proposal.pk}/approve", {}, format="json")
    assert first.status_code == 200, first.content
    assert "core_idempotentrequest" in everywhere()
    kept = {"workspace": workspace, "user": alice, "fingerprint": "x", "response_status": 201}
    post = {"id": message.pk, "external_id": message.external_id, "text": "ok"}
    IdempotentRequest.objects.create(key="its own", body=post, **kept)
    IdempotentRequest.objects.create(key="of a task", body={"id": message.pk, "title": "Look"}, **kept)
    forget(message)
    assert everywhere() == []
    again = api.post(f"/api/proposals/{proposal.pk}/approve", {}, format="json")
    assert (again.status_code, again.json()["id"]) == (200, proposal.pk)
    assert set(IdempotentRequest.objects.values_list("key", flat=True)) == {"one", "of a task"}


def test_the_vectors_of_what_lost_its_words_are_made_anew(workspace: Workspace) -> None:
    message = make_message(workspace, WORDS, verdict="signal")
    atom = atom_of(workspace, message)
    kept = Atom.objects.create(workspace=workspace, type="problem", title="Something else")
    embed_missing()
    before = {row.object_id: row.text_hash for row in Embedding.objects.filter(kind="atom")}
    assert before.keys() == {atom.pk, kept.pk}
    forget(message)
    assert list(Embedding.objects.filter(kind="atom").values_list("object_id", flat=True)) == [kept.pk]
    embed_missing()
    atom.refresh_from_db()
    row = Embedding.objects.get(kind="atom", object_id=atom.pk)
    assert row.text_hash == vectors.text_hash(f"{atom.title}\n{atom.content}") != before[atom.pk]


STRUCTURE = ["question", "in_progress", "2026-03-01", "knowledge.atom", "new_task", "relates_to", "critical"]


@pytest.mark.long
@pytest.mark.parametrize("word", some(STRUCTURE, 6))
def test_a_message_that_says_a_word_of_the_machine_breaks_nothing(workspace: Workspace, alice: User, word: str) -> None:
    """Anybody in the chat may say "question", and delete it."""
    message, other = make_message(workspace, word), make_message(workspace, "When do we ship the export?")
    quotes = [make_quote(workspace, message), make_quote(workspace, other)]
    run = make_run(workspace)
    finding = make_finding(run, "atom", "When?", quotes=quotes, type="question")
    target = Atom.objects.create(workspace=workspace, type="idea", title="Ship")
    atom = make_proposal(
        workspace, "atom", "When?", quotes=quotes,
        payload={"type": "question", "content": word, "links": [{"to": target.pk, "type": "relates_to"}]},
    )  # fmt: skip
    task = make_proposal(
        workspace, "task", "Ship", quotes=quotes, payload={"priority": "critical", "due": "2026-03-01"}
    )
    later = make_proposal(workspace, "task", "Later", quotes=quotes, payload={"priority": "critical"})
    services.approve(proposal_id=atom.pk, by=alice)
    made = services.approve(proposal_id=task.pk, by=alice)
    knowledge.change_task(task_id=made.created_id or 0, by=alice, values={"status": "in_progress"})
    edit = Edit.objects.get(verb="edit")
    forget(message)

    assert Finding.objects.get(pk=finding.pk).payload["type"] == "question"
    knowledge.take_back(edit_id=edit.pk, by=alice)
    services.undo(proposal_id=task.pk, by=alice, confirm=True)
    services.undo(proposal_id=atom.pk, by=alice, confirm=True)
    assert not Task.objects.exists()
    for proposal in (atom, task, later):
        services.approve(proposal_id=proposal.pk, by=alice)
    assert set(Task.objects.values_list("priority", flat=True)) == {"critical"}
    assert Atom.objects.get(title="When?").type == "question"


@pytest.mark.long
def test_the_longest_message_is_taken_out_quickly(workspace: Workspace) -> None:
    """Words that nearly match from every place on: what a careless pattern needs minutes for."""
    text = "a " * 9_990 + "end"
    message = make_message(workspace, text)
    proposals = [
        make_proposal(
            workspace, "atom", f"Leak {n}", quotes=[make_quote(workspace, message)] if not n else None,
            payload={"content": "a " * 9_999},
        )
        for n in range(1)
    ]  # fmt: skip
    begun = time.process_time()
    forget(message)
    assert time.process_time() - begun < 10
    assert Proposal.objects.get(pk=proposals[0].pk).payload["content"] == "a " * 9_999
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM ingestion_message WHERE id = %s", [message.pk])
        assert cursor.fetchone() == ("",)
