"""A policy whose approvals people take back stops itself, as one does whose sample they reject."""

import pytest

from proposals import services
from proposals.models import AutoApproval
from proposals.tests.factories import make_proposals, unsaved
from proposals.tests.test_auto_approval import TITLES, make, policy
from tasktracker.core.models import User
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
__all__ = ["policy"]  # fixtures


@pytest.mark.parametrize(("approved", "taken_back", "is_on"), some([(10, 2, False), (9, 9, True), (10, 1, True)], 3))
def test_a_policy_whose_approvals_are_taken_back_stops(
    policy: AutoApproval, alice: User, approved: int, taken_back: int, is_on: bool
) -> None:
    earlier = make_proposals([unsaved(policy.workspace, "atom") for _ in range(approved - taken_back)])
    for proposal in earlier:
        services.approve(proposal_id=proposal.pk, by=None)
    made = [make(policy.workspace, title) for title in TITLES[:taken_back]]
    assert services.auto_approve(workspace_id=policy.workspace_id).approved == taken_back
    for proposal in made:
        services.undo(proposal_id=proposal.pk, by=alice)
    services.check_samples(workspace_id=policy.workspace_id)
    policy.refresh_from_db()
    assert policy.is_active is is_on
    assert is_on or f"took back {taken_back} of the last {approved}" in policy.stopped
