"""A policy is turned on by what people said of those that it would have taken, and of no others."""

from typing import Any

import pytest

from proposals import services
from proposals.engines import OFFLINE
from proposals.models import AutoApproval
from proposals.tests.factories import make_decided, make_sure, make_user, make_voices
from proposals.tests.test_learning import make_agent_run
from tasktracker.core.errors import Conflict
from tasktracker.core.models import StatusChange, User, Workspace
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db


def a_policy(workspace: Workspace, by: User, threshold: float = 0.9) -> AutoApproval:
    return services.save_policy(workspace=workspace, kind="atom", threshold=threshold, sample_rate=0.1, by=by)


def refused(policy: AutoApproval, by: User) -> Conflict:
    with pytest.raises(Conflict) as caught:
        services.turn_on(policy=policy, by=by)
    assert not AutoApproval.objects.get(pk=policy.pk).is_active
    return caught.value


def not_so_sure(workspace: Workspace, by: User) -> None:
    make_decided(workspace, by, 20, confidence=0.89)


def said_by_one(workspace: Workspace, by: User) -> None:
    make_decided(workspace, by, 20, quotes=make_voices(workspace, 1))


def of_an_older_version(workspace: Workspace, by: User) -> None:
    make_decided(workspace, by, 20, run=make_agent_run(workspace, 1))


def of_another_kind(workspace: Workspace, by: User) -> None:
    make_decided(workspace, by, 20, kind="task")


def advised_against(workspace: Workspace, by: User) -> None:
    make_decided(workspace, by, 20, recommendation="reject")


def decided_by_a_policy(workspace: Workspace, by: User) -> None:
    for _ in range(2):
        services.approve(proposal_id=make_sure(workspace).pk, by=None)


@pytest.mark.parametrize(
    "case",
    some([decided_by_a_policy, said_by_one, not_so_sure, of_an_older_version, of_another_kind, advised_against], 3),
)
def test_decisions_on_what_it_would_not_have_taken_do_not_count(workspace: Workspace, alice: User, case: Any) -> None:
    case(workspace, alice)
    make_decided(workspace, alice, 18)
    services.approve(proposal_id=make_sure(workspace).pk, by=alice)
    policy = a_policy(workspace, alice)
    error = refused(policy, alice)
    assert (error.error_code, error.extra["decided"], error.extra["needed"]) == ("too_few_decisions", 19, 20)
    assert "Decide 1 more" in str(error)
    services.approve(proposal_id=make_sure(workspace).pk, by=alice)
    assert services.turn_on(policy=policy, by=alice).is_active


@pytest.mark.parametrize(("threshold", "wrong", "is_on"), some([(0.9, 3, False), (0.9, 2, True), (0.95, 2, False)], 2))
def test_people_must_have_agreed_as_often_as_the_threshold_says(
    workspace: Workspace, alice: User, threshold: float, wrong: int, is_on: bool
) -> None:
    make_decided(workspace, alice, 20, wrong=wrong)
    policy = a_policy(workspace, alice, threshold)
    if is_on:
        assert services.turn_on(policy=policy, by=alice).is_active
        return
    error = refused(policy, alice)
    assert error.error_code == "too_little_agreement"
    assert f"approved {20 - wrong} of the 20" in str(error)
    assert f"needs {100 * threshold:g} %" in str(error)


def test_it_says_whose_proposals_it_is_for_and_who_turned_it_on(workspace: Workspace, alice: User) -> None:
    make_decided(workspace, alice, 20)
    policy = services.turn_on(policy=a_policy(workspace, alice), by=alice)
    assert policy.engine == OFFLINE
    bob = make_user(workspace, "bob", role="manager")
    services.turn_off(policy=policy, by=bob)
    trail = StatusChange.objects.filter(kind="proposals.autoapproval", object_id=policy.pk).order_by("id")
    assert [(line.to_status, line.by) for line in trail] == [("on", alice), ("off", bob)]
    assert OFFLINE in trail[0].note
