"""What a provider allows in a minute, leaving it alone when it fails, and answers that are paid for once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from tasktracker.core import llm
from tasktracker.core.llm import breaker, remembered
from tasktracker.core.llm.rates import Rate
from tasktracker.core.models import LLMCall, RememberedAnswer, Workspace
from tasktracker.core.tests.llm_support import Notes, endpoint, notes, prompt, workspace
from tasktracker.core.throttling import counters
from tasktracker.tests.fake_llm import FakeLLM
from tasktracker.tests.support import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Workspace:
    return workspace()


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeLLM]:
    with FakeLLM(answer=lambda _: notes("One thing")) as server:
        settings.LLM_ALLOWED_HOSTS = [server.host]
        yield server


def ask(fake: FakeLLM, team: Workspace, *, remember: bool = False, **changes: Any) -> llm.Reply[Notes]:
    return llm.ask(
        prompt(**{name: changes.pop(name) for name in ("user", "temperature") if name in changes}),
        Notes,
        endpoint=endpoint(fake, **changes),
        workspace_id=team.pk,
        subject="run:41",
        remember=remember,
    )


@pytest.mark.long
def test_no_more_requests_a_minute_than_allowed(fake: FakeLLM, team: Workspace) -> None:
    for _ in range(3):
        ask(fake, team, requests_per_minute=3)
    with pytest.raises(llm.RateLimited) as told:
        ask(fake, team, requests_per_minute=3)
    assert 50 < (told.value.retry_after or 0) <= 60
    assert len(fake.completions) == LLMCall.objects.count() == 3  # nothing was sent, nothing is in the ledger
    ask(fake, team, requests_per_minute=4)
    ask(fake, Workspace.objects.create(name="Other", slug="other"), requests_per_minute=1)


def test_tokens_a_minute_count_what_the_server_counted() -> None:
    rate = Rate("tokens", tokens=1000)
    rate.admit(400).settle(900)
    with pytest.raises(llm.RateLimited):
        rate.admit(200)
    rate.admit(100)


def test_a_call_that_is_larger_than_a_minute_goes_alone() -> None:
    rate = Rate("large", tokens=1000)
    rate.admit(5000)
    with pytest.raises(llm.RateLimited):
        rate.admit(1)


def test_who_was_told_to_wait_keeps_everybody_waiting(team: Workspace, settings: Settings) -> None:
    with FakeLLM(always="rate_limit") as busy:
        settings.LLM_ALLOWED_HOSTS = [busy.host]
        with pytest.raises(llm.RateLimited) as told:
            ask(busy, team)
        assert told.value.retry_after == 7
        with pytest.raises(llm.RateLimited):
            ask(busy, team)
        assert len(busy.received) == 1


def test_without_valkey_nobody_is_held_back(fake: FakeLLM, team: Workspace, settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    counters.cache_clear()
    try:
        for _ in range(2):
            ask(fake, team, requests_per_minute=1)
    finally:
        counters.cache_clear()


def failed(team: Workspace, *ago: float, outcome: str = "down", took: float = 1) -> None:
    """Calls of the provider that ended so many seconds ago."""
    for seconds in ago:
        LLMCall.objects.create(
            workspace=team,
            subject="run:1",
            purpose="classify",
            provider="somebody",
            provider_kind="ollama",
            duration_ms=int(took * 1000),
            outcome=outcome,
            at=timezone.now() - timedelta(seconds=seconds),
        )


def test_calls_that_fail_side_by_side_are_one_failure(team: Workspace) -> None:
    failed(team, 3.0, 3.1, 3.2, 3.3, took=1)
    assert breaker.streak(team.pk, "somebody").failures == 1
    failed(team, 1.0, 1.1, took=1)
    assert breaker.streak(team.pk, "somebody").failures == 2
    failed(team, 0, outcome="ok")
    assert breaker.streak(team.pk, "somebody").failures == 0


def test_a_provider_that_fails_again_is_left_alone_and_then_tried_once(fake: FakeLLM, team: Workspace) -> None:
    failed(team, 30, 20)
    assert ask(fake, team).value.notes  # its 10 s are over
    LLMCall.objects.all().delete()
    failed(team, 30, 5)
    with pytest.raises(llm.CircuitOpen) as told:
        ask(fake, team)
    assert 4 < (told.value.retry_after or 0) <= 5
    assert len(fake.completions) == 1
    failed(team, 0, outcome="ok")
    ask(fake, team)


def test_the_same_question_is_paid_once(fake: FakeLLM, team: Workspace) -> None:
    first, again = (ask(fake, team, remember=True) for _ in range(2))
    assert again.value == first.value
    assert (again.attempts, again.call_id) == (0, first.call_id)
    assert again.cost == 0
    assert len(fake.completions) == LLMCall.objects.count() == 1


@pytest.mark.long
@pytest.mark.parametrize(
    "other", [{"user": "Something else"}, {"model": "another"}, {"context_tokens": 9000}, {"temperature": 0.5}]
)
def test_another_question_or_another_model_is_asked_anew(fake: FakeLLM, team: Workspace, other: dict[str, Any]) -> None:
    ask(fake, team, remember=True)
    ask(fake, team, remember=True, **other)
    assert len(fake.completions) == 2


def test_a_workspace_is_not_given_what_another_one_paid(fake: FakeLLM, team: Workspace) -> None:
    ask(fake, team, remember=True)
    ask(fake, Workspace.objects.create(name="Other", slug="other"), remember=True)
    assert len(fake.completions) == 2


def test_what_was_no_answer_is_not_remembered(fake: FakeLLM, team: Workspace, settings: Settings) -> None:
    with FakeLLM(always="truncated") as broken:
        settings.LLM_ALLOWED_HOSTS = [broken.host]
        with pytest.raises(llm.InvalidAnswer):
            ask(broken, team, remember=True)
    assert not RememberedAnswer.objects.exists()


def test_old_answers_are_forgotten(fake: FakeLLM, team: Workspace) -> None:
    ask(fake, team, remember=True)
    assert remembered.forget_old() == 0
    RememberedAnswer.objects.update(at=timezone.now() - timedelta(days=8))
    assert remembered.forget_old() == 1
    ask(fake, team, remember=True)
    assert len(fake.completions) == 2
