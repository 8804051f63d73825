"""Atoms, topics and links may be approved in any order: the end is the same."""

import itertools

import pytest

from knowledge.models import Atom, AtomLink, Task, Topic
from proposals import services
from proposals.models import Proposal
from proposals.tests.factories import make_finding, make_proposal, make_run, make_user, make_workspace
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("order", some(list(itertools.permutations(range(3))), 4))
def test_every_order_ends_the_same(order: tuple[int, ...]) -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    run = make_run(workspace)
    make_finding(run, "topic", "Billing")
    make_finding(run, "atom", "VAT is missing", topic="Billing")
    links = [{"to": "VAT is missing", "type": "solves"}]
    make_finding(run, "atom", "Ask for it", topic="Billing", links=links)
    services.take_in(run_id=run.pk)
    proposals = list(Proposal.objects.order_by("id"))
    for place in order:
        services.approve(proposal_id=proposals[place].pk, by=alice)
    topic = Topic.objects.get()
    assert {atom.title for atom in topic.atoms.all()} == {"VAT is missing", "Ask for it"}
    link = AtomLink.objects.get()
    assert (link.from_atom.title, link.type, link.to_atom.title) == ("Ask for it", "solves", "VAT is missing")


def test_atoms_of_a_rejected_topic_stay() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    atom = make_proposal(workspace, "atom", payload={"topic": "Billing"})
    topic = make_proposal(workspace, "topic", "Billing")
    services.approve(proposal_id=atom.pk, by=alice)
    services.reject(proposal_id=topic.pk, by=alice, reason="wrong_topic")
    assert Atom.objects.get().topics.count() == 0


@pytest.mark.long
def test_atoms_join_a_topic_that_was_renamed_or_merged_on_the_way() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    run = make_run(workspace)
    make_finding(run, "topic", "Billing")
    make_finding(run, "topic", "Invoices")
    make_finding(run, "atom", "VAT is missing", topic="Billing")
    make_finding(run, "atom", "EU is slow", topic="Invoices")
    services.take_in(run_id=run.pk)
    billing, invoices, first, second = Proposal.objects.order_by("id")
    services.approve(proposal_id=first.pk, by=alice)
    services.merge(proposal_id=invoices.pk, into_id=billing.pk, by=alice)
    services.approve(proposal_id=billing.pk, by=alice, edits={"name": "Money"})
    services.approve(proposal_id=second.pk, by=alice)
    assert {atom.title for atom in Topic.objects.get(name="Money").atoms.all()} == {"VAT is missing", "EU is slow"}


@pytest.mark.long
def test_links_reach_what_their_end_was_merged_into() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    run = make_run(workspace)
    known = Atom.objects.create(workspace=workspace, type="problem", title="VAT is not there")
    make_finding(run, "atom", "VAT is missing")
    make_finding(run, "atom", "Ask for it", links=[{"to": "VAT is missing", "type": "solves"}])
    services.take_in(run_id=run.pk)
    problem, answer = Proposal.objects.order_by("id")
    services.approve(proposal_id=answer.pk, by=alice)
    services.merge(proposal_id=problem.pk, into=services.Target("atom", known.pk), by=alice)
    assert AtomLink.objects.get().to_atom == known


@pytest.mark.long
def test_a_title_of_another_run_is_not_taken_for_the_same_atom() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    one, two = make_run(workspace), make_run(workspace)
    make_finding(one, "atom", "It is slow", links=[{"to": "The cause", "type": "relates_to"}])
    make_finding(two, "atom", "The cause")
    services.take_in(run_id=one.pk)
    services.take_in(run_id=two.pk)
    for proposal in Proposal.objects.all():
        services.approve(proposal_id=proposal.pk, by=alice)
    assert not AtomLink.objects.exists()


def test_a_task_gets_its_atoms_project_and_person() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    atom = make_proposal(workspace, "atom")
    services.approve(proposal_id=atom.pk, by=alice)
    made = Atom.objects.get()
    quote = atom.evidence.get().quote
    author = quote.message.author
    assert author is not None
    payload = {"atoms": [made.pk, 999_999], "assignee": f"@{author.name}", "due": "2026-12-01"}
    task = make_proposal(workspace, "task", quotes=[quote], payload=payload)
    services.approve(proposal_id=task.pk, by=alice)
    row = Task.objects.get()
    assert list(row.atoms.all()) == [made]
    assert (row.assignee, str(row.due)) == (author, "2026-12-01")
