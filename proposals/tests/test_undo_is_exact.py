"""For each kind and verb: the whole database is as before after the undo."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.utils import timezone

from knowledge.kinds import MODELS
from knowledge.models import Atom, AtomLink, Embedding, Memory, Topic
from knowledge.tasks import embed
from proposals import services
from proposals.models import Proposal
from proposals.payloads import BODY, HEADING
from proposals.tests.dumps import dump
from proposals.tests.factories import (
    make_message,
    make_proposal,
    make_quote,
    make_run,
    make_user,
    make_workspace,
)
from tasktracker.core.models import Workspace
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
KINDS = ("topic", "atom", "task")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", ["approve", "approve_edited", "reject", "snooze", "edit", "supersede"])
def test_undo_leaves_nothing_behind(kind: str, verb: str) -> None:
    workspace = make_workspace()
    alice, bob = make_user(workspace, "alice"), make_user(workspace, "bob")
    proposal = make_proposal(workspace, kind)
    title = {"name" if kind == "topic" else "title": "Another name"}
    before = dump()
    match verb:
        case "approve":
            services.approve(proposal_id=proposal.pk, by=alice)
            assert MODELS[kind]._default_manager.count() == 1
        case "approve_edited":
            services.approve(proposal_id=proposal.pk, by=alice, edits=title)
        case "reject":
            services.reject(proposal_id=proposal.pk, by=alice, reason="noise")
        case "snooze":
            services.snooze(proposal_id=proposal.pk, by=alice, until=timezone.now() + timedelta(days=2))
        case "edit":
            services.edit(proposal_id=proposal.pk, by=alice, fields=title)
        case "supersede":
            services.supersede(proposal_id=proposal.pk)
    assert dump() != before
    services.undo(proposal_id=proposal.pk, by=bob)
    assert dump() == before
    assert Proposal.objects.get().status == "pending"


def named(workspace: Workspace, kind: str, name: str) -> Any:
    """An approved object made by hand."""
    values: dict[str, Any] = {"workspace": workspace, HEADING[kind]: name}
    if kind == "atom":
        values["type"] = "problem"
    return MODELS[kind]._default_manager.create(**values)


@pytest.mark.parametrize(("into", "kind"), some([*product(("proposal", "object", "decided"), KINDS)], 4))
def test_undo_of_a_merge_leaves_nothing_behind(into: str, kind: str) -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    loser, winner = make_proposal(workspace, kind), make_proposal(workspace, kind)
    target = services.Target("proposal", winner.pk)
    if into == "object":
        target = services.Target(kind, named(workspace, kind, "By hand").pk)
    elif into == "decided":
        services.approve(proposal_id=winner.pk, by=alice)
    body = BODY[kind]
    services.edit(proposal_id=loser.pk, by=alice, fields={body: "More words."})
    before = dump()
    services.merge(proposal_id=loser.pk, into=target, by=alice, choose={body: "both", HEADING[kind]: "left"})
    assert dump() != before
    services.undo(proposal_id=loser.pk, by=alice)
    assert dump() == before


@pytest.mark.parametrize("kind", KINDS)
def test_undo_of_an_update_leaves_nothing_behind(kind: str) -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    item = named(workspace, kind, "Known")
    after: dict[str, dict[str, Any]] = {
        "topic": {"keywords": ["new"]},
        "atom": {"content": "New."},
        "task": {"labels": ["x"], "due": "2026-12-01"},
    }
    payload = {**after[kind], "diff": {key: {"before": None, "after": value} for key, value in after[kind].items()}}
    proposal = make_proposal(workspace, kind, payload=payload, recommendation="update_existing", target_id=item.pk)
    before = dump()
    services.approve(proposal_id=proposal.pk, by=alice)
    item.refresh_from_db()
    assert item.quotes.count() == 1
    assert MODELS[kind]._default_manager.count() == 1
    services.undo(proposal_id=proposal.pk, by=alice)
    assert dump() == before


def test_undo_of_an_atom_takes_its_links_and_its_place_in_the_topic() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    run = make_run(workspace)
    topic = make_proposal(workspace, "topic", "Billing", run=run)
    links = [{"to": "VAT is missing", "type": "solves"}]
    problem = make_proposal(workspace, "atom", "VAT is missing", payload={"topic": "Billing"}, run=run)
    answer = make_proposal(workspace, "atom", "Ask for it", payload={"topic": "billing", "links": links}, run=run)
    old = make_proposal(
        workspace, "atom", "Old answer", payload={"links": [{"to": "Ask for it", "type": "supersedes"}]}, run=run
    )
    for proposal in (topic, old, problem):
        services.approve(proposal_id=proposal.pk, by=alice)
    before = dump()
    services.approve(proposal_id=answer.pk, by=alice)
    assert sorted(AtomLink.objects.values_list("type", flat=True)) == ["solves", "supersedes"]
    made = Atom.objects.get(title="Ask for it")
    assert made.valid_to is not None, "it was superseded by what was approved before it"
    assert made.topics.count() == 1
    services.undo(proposal_id=answer.pk, by=alice)
    assert dump() == before


def test_undo_of_a_topic_frees_the_atoms_that_had_waited_for_it() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    atom = make_proposal(workspace, "atom", "VAT is missing", payload={"topic": "BILLING"})
    topic = make_proposal(workspace, "topic", "Billing")
    services.approve(proposal_id=atom.pk, by=alice)
    before = dump()
    services.approve(proposal_id=topic.pk, by=alice)
    assert Atom.objects.get().topics.get().name == "Billing"
    services.undo(proposal_id=topic.pk, by=alice)
    assert dump() == before


def test_undo_takes_the_vectors_that_were_made_in_the_background() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    proposals = [make_proposal(workspace, kind) for kind in ("topic", "atom", "task")]
    before = dump()
    for proposal in proposals:
        services.approve(proposal_id=proposal.pk, by=alice)
        proposal.refresh_from_db()
        embed(proposal.created_kind, workspace.pk, proposal.created_id or 0)
    assert Embedding.objects.count() == 3
    for proposal in proposals:
        services.undo(proposal_id=proposal.pk, by=alice)
    assert dump() == before


def test_undo_of_added_evidence_takes_the_quote_unless_others_use_it() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    message = make_message(workspace, text="The retry limit is five.")
    bare = make_proposal(workspace, "atom", status="needs_evidence", quotes=[])
    other = make_proposal(workspace, "atom", status="needs_evidence", quotes=[])
    before = dump()
    services.add_evidence(proposal_id=bare.pk, by=alice, message_id=message.pk, quote="limit is five")
    services.undo(proposal_id=bare.pk, by=alice)
    assert dump() == before
    services.add_evidence(proposal_id=bare.pk, by=alice, message_id=message.pk, quote="limit is five")
    services.add_evidence(proposal_id=other.pk, by=alice, message_id=message.pk, quote="limit is five")
    services.undo(proposal_id=bare.pk, by=alice)
    assert other.evidence.count() == 1
    assert bare.evidence.count() == 0


def test_a_second_rejection_of_the_same_is_taken_back_alone() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    first = make_proposal(workspace, "topic", "Billing")
    services.reject(proposal_id=first.pk, by=alice, reason="noise")
    second = make_proposal(workspace, "topic", "Billing")
    before = dump()
    services.reject(proposal_id=second.pk, by=alice, reason="out_of_scope")
    assert Memory.objects.get().messages.count() == 2
    services.undo(proposal_id=second.pk, by=alice)
    assert dump() == before


def test_an_approval_that_forgot_a_rejection_gives_it_back() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    first = make_proposal(workspace, "topic", "Billing")
    services.reject(proposal_id=first.pk, by=alice, reason="noise")
    second = make_proposal(workspace, "topic", "Billing")
    before = dump()
    services.approve(proposal_id=second.pk, by=alice)
    assert not Memory.objects.exists()
    services.undo(proposal_id=second.pk, by=alice)
    assert dump() == before


def test_a_bulk_of_all_kinds_is_undone_as_one() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    run = make_run(workspace)
    atom = make_proposal(workspace, "atom", "VAT is missing", payload={"topic": "Billing"}, run=run)
    topic = make_proposal(workspace, "topic", "Billing", run=run)
    link = {"links": [{"to": "VAT is missing", "type": "solves"}], "topic": "Billing"}
    later = make_proposal(workspace, "atom", "Ask for it", payload=link, run=run)
    before = dump()
    ids = [atom.pk, topic.pk, later.pk]
    result = services.decide_bulk(workspace=workspace, ids=ids, verb="approve", by=alice)
    assert result.done == ids
    services.undo_bulk(action_id=result.action_id, workspace=workspace, by=alice)
    assert dump() == before


@pytest.mark.parametrize("first", ["needs_evidence", "snoozed"])
def test_it_goes_back_to_the_status_it_had(first: str) -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    until = timezone.now() + timedelta(days=3) if first == "snoozed" else None
    bare: dict[str, Any] = {"quotes": []} if first == "needs_evidence" else {}
    proposal = make_proposal(workspace, "atom", status=first, snoozed_until=until, **bare)
    before = dump()
    services.reject(proposal_id=proposal.pk, by=alice, reason="noise")
    services.undo(proposal_id=proposal.pk, by=alice)
    assert dump() == before


def test_times_come_back_to_the_microsecond() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    topic = Topic.objects.create(workspace=workspace, name="Billing")
    loser = make_proposal(workspace, "topic")
    into = services.Target("topic", topic.pk)
    services.merge(proposal_id=loser.pk, into=into, by=alice, choose={"name": "left"})
    services.undo(proposal_id=loser.pk, by=alice)
    again = Topic.objects.get()
    assert (again.updated_at, again.name) == (topic.updated_at, "Billing")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_rejections_of_the_same_are_taken_back_in_any_order(order: tuple[int, int]) -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    quote = make_quote(workspace)
    pair = [make_proposal(workspace, "topic", "Billing", fingerprint="a", quotes=[quote])]
    before = dump()
    services.reject(proposal_id=pair[0].pk, by=alice, reason="noise")
    Proposal.objects.filter(pk=pair[0].pk).update(fingerprint="a")
    pair.append(make_proposal(workspace, "topic", "Billing", fingerprint="a", quotes=[quote, make_quote(workspace)]))
    services.reject(proposal_id=pair[1].pk, by=alice, reason="out_of_scope")
    services.undo(proposal_id=pair[order[0]].pk, by=alice)
    memory = Memory.objects.get()
    assert memory.messages.filter(quotes=quote).exists(), "the rejection that stands has seen it"
    services.undo(proposal_id=pair[order[1]].pk, by=alice)
    assert not Memory.objects.exists()
    assert dump()["knowledge_memory"] == before["knowledge_memory"]


@pytest.mark.parametrize(
    ("into", "order", "kind"), some([*product(("proposal", "object"), ((0, 1), (1, 0)), KINDS)], 5)
)
def test_two_merges_that_share_a_quote_are_taken_back_in_any_order(
    into: str, order: tuple[int, int], kind: str
) -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    winner = make_proposal(workspace, kind)
    target = services.Target("proposal", winner.pk)
    if into == "object":
        target = services.Target(kind, named(workspace, kind, "By hand").pk)
    shared = make_quote(workspace)
    losers = [make_proposal(workspace, kind, quotes=[shared, make_quote(workspace)]) for _ in range(2)]
    for n, loser in enumerate(losers):
        services.edit(proposal_id=loser.pk, by=alice, fields={BODY[kind]: f"Words {n}"})
    before = dump()
    for loser in losers:
        services.merge(proposal_id=loser.pk, into=target, by=alice, choose={BODY[kind]: "left"})
    services.undo(proposal_id=losers[order[0]].pk, by=alice, confirm=True)
    left: Any = winner if into == "proposal" else MODELS[kind]._default_manager.get()
    found = left.evidence.filter(quote=shared) if into == "proposal" else left.quotes.filter(pk=shared.pk)
    assert found.exists(), "the other one still says so"
    services.undo(proposal_id=losers[order[1]].pk, by=alice, confirm=True)
    assert dump() == before


def test_a_memory_does_not_come_back_without_its_rejection() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    first = make_proposal(workspace, "topic", "Billing")
    services.reject(proposal_id=first.pk, by=alice, reason="noise")
    second = make_proposal(workspace, "topic", "Billing")
    services.approve(proposal_id=second.pk, by=alice)
    services.undo(proposal_id=first.pk, by=alice)
    services.undo(proposal_id=second.pk, by=alice)
    assert not Memory.objects.exists()
