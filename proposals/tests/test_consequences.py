"""An undo of what others build on asks first, says what would change, and does it cleanly when told to."""

from datetime import timedelta

import pytest
from django.utils import timezone

from knowledge import services as knowledge
from knowledge.models import Atom, AtomLink, ExternalLink, Memory, Task, Topic
from proposals import services
from proposals.models import Proposal
from proposals.tests.factories import make_proposal, make_user
from tasktracker.core.errors import Conflict
from tasktracker.core.models import User, Workspace

pytestmark = pytest.mark.django_db


def approved(workspace: Workspace, by: User, kind: str, title: str = "", **payload: object) -> Proposal:
    proposal = make_proposal(workspace, kind, title, payload=payload)
    return services.approve(proposal_id=proposal.pk, by=by)


def items_of(proposal: Proposal, by: User) -> set[tuple[str, int]]:
    with pytest.raises(Conflict) as caught:
        services.undo(proposal_id=proposal.pk, by=by)
    assert caught.value.error_code == "has_consequences"
    return {(item["kind"], item["id"]) for item in caught.value.extra["items"]}


@pytest.mark.long
def test_an_atom_that_fed_a_task(workspace: Workspace, alice: User) -> None:
    atom = approved(workspace, alice, "atom")
    task = approved(workspace, alice, "task", atoms=[atom.created_id])
    assert items_of(atom, alice) == {("task", task.created_id)}
    services.undo(proposal_id=atom.pk, by=alice, confirm=True)
    assert Task.objects.get().atoms.count() == 0
    assert not Atom.objects.exists()
    assert services.undo(proposal_id=task.pk, by=alice).status == "pending", "what is left can still be taken back"


def test_a_task_that_was_exported(workspace: Workspace, alice: User) -> None:
    task = approved(workspace, alice, "task")
    ExternalLink.objects.create(task_id=task.created_id, tracker="github", external_id="431")
    assert items_of(task, alice) == {("task", task.created_id)}
    services.undo(proposal_id=task.pk, by=alice, confirm=True)
    assert not ExternalLink.objects.exists()


@pytest.mark.long
@pytest.mark.parametrize("values", [{"title": "By hand"}, {"status": "in_progress"}])
def test_a_task_that_was_changed_since(workspace: Workspace, alice: User, values: dict[str, str]) -> None:
    task = approved(workspace, alice, "task")
    knowledge.change_task(task_id=task.created_id or 0, by=alice, values=values)
    assert items_of(task, alice) == {("task", task.created_id)}
    services.undo(proposal_id=task.pk, by=alice, confirm=True)
    assert not Task.objects.exists()


def test_an_object_that_was_deleted_by_hand_is_no_obstacle(workspace: Workspace, alice: User) -> None:
    task = approved(workspace, alice, "task")
    knowledge.delete_task(task_id=task.created_id or 0, by=alice)
    assert services.undo(proposal_id=task.pk, by=alice).status == "pending"


@pytest.mark.long
def test_a_proposal_that_was_merged_into_it_comes_back_as_well(workspace: Workspace, alice: User) -> None:
    topic = approved(workspace, alice, "topic")
    loser = make_proposal(workspace, "topic")
    services.merge(proposal_id=loser.pk, into_id=topic.pk, by=alice)
    assert items_of(topic, alice) == {("proposal", loser.pk)}
    services.undo(proposal_id=topic.pk, by=alice, confirm=True)
    assert set(Proposal.objects.values_list("status", flat=True)) == {"pending"}
    assert not Topic.objects.exists()
    assert not Memory.objects.exists()


@pytest.mark.long
def test_an_update_of_it_comes_back_as_well(workspace: Workspace, alice: User) -> None:
    task = approved(workspace, alice, "task")
    update = make_proposal(
        workspace,
        "task",
        recommendation="update_existing",
        target_id=task.created_id,
        payload={"priority": "critical", "diff": {"priority": {"before": "high", "after": "critical"}}},
    )
    services.approve(proposal_id=update.pk, by=alice)
    assert ("proposal", update.pk) in items_of(task, alice)
    services.undo(proposal_id=task.pk, by=alice, confirm=True)
    update.refresh_from_db()
    assert (update.status, Task.objects.count()) == ("pending", 0)


def test_the_winner_of_a_merge_was_decided_since(workspace: Workspace, alice: User) -> None:
    loser, winner = make_proposal(workspace, "topic"), make_proposal(workspace, "topic")
    services.merge(proposal_id=loser.pk, into_id=winner.pk, by=alice)
    services.approve(proposal_id=winner.pk, by=alice)
    assert items_of(loser, alice) == {("proposal", winner.pk)}
    assert services.undo(proposal_id=loser.pk, by=alice, confirm=True).status == "pending"


@pytest.mark.long
def test_a_link_made_by_hand_is_a_consequence_and_one_that_comes_back_by_itself_is_not(
    workspace: Workspace, alice: User
) -> None:
    problem = approved(workspace, alice, "atom", "VAT is missing")
    answer = approved(workspace, alice, "atom", "Ask", links=[{"to": problem.created_id, "type": "solves"}])
    assert services.undo(proposal_id=problem.pk, by=alice).status == "pending"
    problem = services.approve(proposal_id=problem.pk, by=alice)
    other = approved(workspace, alice, "atom", "Other")
    knowledge.link_atoms(
        workspace=workspace,
        from_atom=Atom.objects.get(pk=other.created_id),
        to_atom=Atom.objects.get(pk=answer.created_id),
        kind="supports",
    )
    assert items_of(answer, alice) == {("atom", other.created_id)}
    services.undo(proposal_id=answer.pk, by=alice, confirm=True)
    assert not AtomLink.objects.exists()


@pytest.mark.long
def test_a_topic_into_which_another_was_merged(workspace: Workspace, alice: User) -> None:
    topic = approved(workspace, alice, "topic", "Billing")
    other = Topic.objects.create(workspace=workspace, name="Invoices")
    knowledge.merge_topic(topic_id=other.pk, into_id=topic.created_id or 0, by=alice)
    assert ("topic", other.pk) in items_of(topic, alice)
    services.undo(proposal_id=topic.pk, by=alice, confirm=True)
    other.refresh_from_db()
    assert (other.status, other.merged_into_id) == ("active", None)


@pytest.mark.long
def test_what_the_same_batch_made_is_no_consequence(workspace: Workspace, alice: User) -> None:
    topic = make_proposal(workspace, "topic", "Billing")
    atom = make_proposal(workspace, "atom", payload={"topic": "Billing"})
    ids = [topic.pk, atom.pk]
    result = services.decide_bulk(workspace=workspace, ids=ids, verb="approve", by=alice)
    stranger = approved(workspace, alice, "atom", topic="Billing")
    with pytest.raises(Conflict) as caught:
        services.undo_bulk(action_id=result.action_id, workspace=workspace, by=alice)
    assert [item["id"] for item in caught.value.extra["items"]] == [stranger.created_id]
    assert Proposal.objects.filter(status="approved").count() == 3, "as one: nothing was taken back"
    services.undo_bulk(action_id=result.action_id, workspace=workspace, by=alice, confirm=True)
    assert Proposal.objects.filter(status="approved").count() == 1


def test_an_undo_that_meets_an_open_twin_unites_with_it(workspace: Workspace, alice: User) -> None:
    first = make_proposal(workspace, "topic", "Billing")
    services.reject(proposal_id=first.pk, by=alice, reason="noise")
    twin = make_proposal(workspace, "topic", "Billing")
    first = services.undo(proposal_id=first.pk, by=alice)
    assert (first.status, first.merged_into_id) == ("merged", twin.pk)
    assert twin.evidence.count() == 2
    assert Proposal.objects.filter(status="pending").count() == 1


@pytest.mark.long
def test_undo_twice_by_one_person_is_quiet_and_a_colleague_is_told(workspace: Workspace, alice: User) -> None:
    proposal = approved(workspace, alice, "task")
    services.undo(proposal_id=proposal.pk, by=alice)
    assert services.undo(proposal_id=proposal.pk, by=alice).status == "pending"
    with pytest.raises(Conflict) as caught:
        services.undo(proposal_id=proposal.pk, by=make_user(workspace, "bob"))
    assert (caught.value.error_code, caught.value.extra["decided_by"]) == ("nothing_to_undo", "alice")


@pytest.mark.long
def test_approve_undo_approve_makes_one_thing(workspace: Workspace, alice: User) -> None:
    proposal = make_proposal(workspace, "task")
    for _ in range(3):
        services.approve(proposal_id=proposal.pk, by=alice)
        services.undo(proposal_id=proposal.pk, by=alice)
    services.approve(proposal_id=proposal.pk, by=alice)
    assert Task.objects.count() == 1


def test_a_snoozed_proposal_wakes_once_and_can_be_decided(workspace: Workspace, alice: User) -> None:
    proposal = make_proposal(workspace, "topic")
    services.snooze(proposal_id=proposal.pk, by=alice, until=timezone.now() + timedelta(seconds=60))
    assert services.wake_snoozed() == 0
    Proposal.objects.update(snoozed_until=timezone.now() - timedelta(seconds=1))
    assert services.wake_snoozed() == 1
    assert services.wake_snoozed() == 0
    proposal.refresh_from_db()
    assert (proposal.status, proposal.snoozed_until) == ("pending", None)
    with pytest.raises(Conflict):
        services.undo(proposal_id=proposal.pk, by=alice)  # the snooze is over
    assert services.approve(proposal_id=proposal.pk, by=alice).status == "approved"


def test_what_lost_its_last_quote_needs_evidence(workspace: Workspace) -> None:
    proposal = make_proposal(workspace, "topic")
    proposal.evidence.all().delete()
    assert services.set_aside_unproven() == 1
    proposal.refresh_from_db()
    assert proposal.status == "needs_evidence"


def test_a_superseded_proposal_is_not_decided_and_a_decided_one_not_superseded(
    workspace: Workspace, alice: User
) -> None:
    one, two = make_proposal(workspace), make_proposal(workspace)
    services.supersede(proposal_id=one.pk)
    with pytest.raises(Conflict) as caught:
        services.approve(proposal_id=one.pk, by=alice)
    assert (caught.value.error_code, caught.value.extra["status"]) == ("superseded", "superseded")
    services.approve(proposal_id=two.pk, by=alice)
    with pytest.raises(Conflict) as caught:
        services.supersede(proposal_id=two.pk)
    assert caught.value.error_code == "already_decided"


@pytest.mark.long
def test_a_batch_is_undone_only_where_nothing_was_done_since(workspace: Workspace, alice: User) -> None:
    ids = [make_proposal(workspace, "task").pk for _ in range(3)]
    until = timezone.now() + timedelta(days=1)
    result = services.decide_bulk(workspace=workspace, ids=ids, verb="snooze", by=alice, until=until)
    services.approve(proposal_id=ids[0], by=alice)
    services.undo(proposal_id=ids[1], by=alice)
    back = services.undo_bulk(action_id=result.action_id, workspace=workspace, by=alice)
    assert (back.done, {row["id"] for row in back.skipped}) == ([ids[2]], set(ids[:2]))
    assert [row["code"] for row in back.skipped] == ["changed_since"] * 2
    assert Proposal.objects.get(pk=ids[0]).status == "approved"
    assert Task.objects.count() == 1


@pytest.mark.long
def test_a_winner_that_got_its_first_quote_by_a_merge_and_was_approved_stays_approved(
    workspace: Workspace, alice: User
) -> None:
    loser = make_proposal(workspace, "task")
    bare = make_proposal(workspace, "task", status="needs_evidence", quotes=[])
    services.merge(proposal_id=loser.pk, into_id=bare.pk, by=alice)
    services.approve(proposal_id=bare.pk, by=alice)
    services.undo(proposal_id=loser.pk, by=alice, confirm=True)
    bare.refresh_from_db()
    assert (bare.status, Task.objects.count()) == ("approved", 1)


def test_what_lies_below_a_union_with_a_twin_is_not_taken_back(workspace: Workspace, alice: User) -> None:
    first = make_proposal(workspace, "topic", "Billing")
    services.edit(proposal_id=first.pk, by=alice, fields={"description": "Money"})
    services.reject(proposal_id=first.pk, by=alice, reason="noise")
    make_proposal(workspace, "topic", "Billing")
    services.undo(proposal_id=first.pk, by=alice)
    again = services.undo(proposal_id=first.pk, by=alice)
    assert (again.status, again.payload["description"]) == ("merged", "Money")
