"""A policy whose approvals people take back stops itself, as one does whose sample they reject."""

import pytest

from proposals import services
from proposals.models import AutoApproval
from proposals.tests.test_auto_approval import TITLES, make, policy
from tasktracker.core.models import User
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
__all__ = ["policy"]  # fixtures


@pytest.mark.parametrize(("approved", "taken_back", "is_on"), some([(12, 2, False), (9, 9, True), (12, 1, True)], 2))
def test_a_policy_whose_approvals_are_taken_back_stops(
    policy: AutoApproval, alice: User, approved: int, taken_back: int, is_on: bool
) -> None:
    made = [make(policy.workspace, title) for title in TITLES[:approved]]
    assert services.auto_approve(workspace_id=policy.workspace_id).approved == approved
    for proposal in made[:taken_back]:
        services.undo(proposal_id=proposal.pk, by=alice)
    services.check_samples(workspace_id=policy.workspace_id)
    policy.refresh_from_db()
    assert policy.is_active is is_on
    assert is_on or f"took back {taken_back} of the last {approved}" in policy.stopped
