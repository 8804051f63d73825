"""A policy beside a reviewer, and beside itself: one wins, and there is one decision."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from knowledge.models import Topic
from proposals import auto, services
from proposals.engines import OFFLINE
from proposals.models import AutoApproval, Proposal, ReviewAction
from proposals.tests.factories import know_chat, make_user, make_workspace
from proposals.tests.test_auto_approval import TITLES, make
from tasktracker.core.errors import Conflict

pytestmark = pytest.mark.django_db(transaction=True)


def together(*doings: Callable[[], object]) -> list[object]:
    """What each gave, or its Conflict, all begun at once on connections of their own."""
    start = Barrier(len(doings))

    def do(doing: Callable[[], object]) -> object:
        start.wait(timeout=30)
        try:
            return doing()
        except Conflict as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(doings)) as threads:
        return list(threads.map(do, doings))


@pytest.mark.long
def test_one_decision_for_each_whoever_is_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "is_sampled", lambda proposal_id, rate: False)
    workspace = make_workspace()
    alice = make_user(workspace)
    policy = services.save_policy(workspace=workspace, kind="topic", threshold=0.9, sample_rate=0.1, by=alice)
    AutoApproval.objects.filter(pk=policy.pk).update(is_active=True, engine=OFFLINE)
    know_chat(workspace)
    proposals = [make(workspace, title, kind="topic") for title in TITLES]

    def decide() -> list[str]:
        codes = []
        for proposal in reversed(proposals):
            try:
                services.reject(proposal_id=proposal.pk, by=alice, reason="noise")
            except Conflict as error:
                codes.append(error.error_code)
        return codes

    def by_policy() -> auto.Done:
        return services.auto_approve(workspace_id=workspace.pk)

    codes, first, second = together(decide, by_policy, by_policy)
    assert isinstance(codes, list)
    assert isinstance(first, auto.Done)
    assert isinstance(second, auto.Done)
    approved = Proposal.objects.filter(status="approved").count()
    assert first.approved + second.approved == approved == len(codes) == Topic.objects.count()
    assert set(codes) <= {"already_decided"}
    assert Proposal.objects.filter(status="rejected").count() == len(TITLES) - approved
    assert ReviewAction.objects.count() == len(TITLES)


def test_a_policy_that_is_turned_off_approves_nothing_after_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the desk first: what is approved is approved before the policy is off."""
    monkeypatch.setattr(auto, "is_sampled", lambda proposal_id, rate: False)
    workspace = make_workspace()
    alice = make_user(workspace)
    policy = services.save_policy(workspace=workspace, kind="topic", threshold=0.9, sample_rate=0.1, by=alice)
    AutoApproval.objects.filter(pk=policy.pk).update(is_active=True, engine=OFFLINE)
    know_chat(workspace)
    for title in TITLES:
        make(workspace, title, kind="topic")

    def stop() -> int:
        services.turn_off(policy=policy, by=alice)
        return ReviewAction.objects.count()

    done_then, done = together(stop, lambda: services.auto_approve(workspace_id=workspace.pk))
    assert isinstance(done, auto.Done)
    assert ReviewAction.objects.count() == done.approved == done_then
