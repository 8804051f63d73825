"""What may be the same is asked of the agent that is assigned to it: once, shown on the card, and deciding nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.utils import timezone

from analysis import agents
from analysis.models import Agent
from analysis.tests.factories import make_provider
from ingestion.models import Source
from proposals import cards, services, tasks
from proposals.judging import judge_maybes
from proposals.models import Proposal
from proposals.similar import similar
from proposals.tests.factories import make_proposal, make_run, make_user
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.core.throttling import counters
from tasktracker.tests.fake_answers import read
from tasktracker.tests.fake_llm import FakeLLM, Messages

pytestmark = pytest.mark.django_db(transaction=True)
ONE, OTHER = "CSV export of large tables runs into a timeout", "CSV export of large tables runs into timeouts"


def says(same: bool) -> Callable[[Messages], Any]:
    def answer(messages: Messages) -> Any:
        count = len(read(messages).pairs)
        return {"pairs": [{"p": f"p{n}", "same": same, "confidence": 0.9} for n in range(1, count + 1)]}

    return answer


@pytest.fixture
def serve(workspace: Workspace, settings: Any) -> Iterator[Callable[..., FakeLLM]]:
    """`serve(answer=…)`: a server of a model whose agent judges."""
    started: list[FakeLLM] = []

    def start(*, local: bool = True, **choices: Any) -> FakeLLM:
        fake = FakeLLM(**choices).__enter__()
        started.append(fake)
        settings.LLM_ALLOWED_HOSTS = [each.host for each in started]
        provider = make_provider(workspace, base_url=fake.openai_url, timeout_seconds=10, local=local)
        values = {"name": "judge", "purpose": "judge_same", "provider": provider}
        agents.assign_agent(
            workspace=workspace, agent=agents.save_agent(agent=Agent(workspace=workspace), values=values)
        )
        return fake

    yield start
    for fake in started:
        fake.__exit__(None, None, None)


def pair(workspace: Workspace) -> tuple[Proposal, Proposal]:
    run = make_run(workspace)
    first, second = (make_proposal(workspace, "atom", title, run=run) for title in (ONE, OTHER))
    type(run).objects.filter(pk=run.pk).update(status="completed", finished_at=timezone.now())
    return first, second


def said_of(proposal: Proposal) -> list[bool | None]:
    return [other.same for other in similar(Proposal.objects.get(pk=proposal.pk))]


@pytest.mark.parametrize("same", [True, False])
def test_the_card_and_the_api_tell_what_it_said(
    serve: Callable[..., FakeLLM], workspace: Workspace, same: bool
) -> None:
    fake = serve(answer=says(same))
    first, second = pair(workspace)
    assert said_of(first) == [None]
    assert judge_maybes(workspace_id=workspace.pk) == 2
    assert said_of(first) == said_of(second) == [same]
    card = cards.card_of(Proposal.objects.get(pk=first.pk))
    assert card.similar[0].word == ("the same, says the model" if same else "different, says the model")
    assert card.similar[0].strong is same
    # It has decided nothing, is on the run's bill, and is not asked again.
    assert set(Proposal.objects.values_list("status", flat=True)) == {"pending"}
    assert judge_maybes(workspace_id=workspace.pk) == 0
    assert LLMCall.objects.filter(subject=f"run:{first.run_id}", purpose="judge_same").count() == 1
    assert len(fake.completions) == 1


@pytest.mark.long
def test_two_that_were_compared_are_not_asked_about_the_other_way_round(
    serve: Callable[..., FakeLLM], workspace: Workspace
) -> None:
    fake = serve(answer=says(True))
    _, second = pair(workspace)
    Proposal.objects.filter(pk=second.pk).update(status="snoozed", snoozed_until=timezone.now())
    judge_maybes(workspace_id=workspace.pk)
    Proposal.objects.filter(pk=second.pk).update(status="pending", snoozed_until=None)
    assert judge_maybes(workspace_id=workspace.pk) == 1
    assert said_of(second) == [True]
    assert len(fake.completions) == 1


def test_without_an_agent_nobody_is_asked(workspace: Workspace) -> None:
    pair(workspace)
    assert judge_maybes(workspace_id=workspace.pk) == 0
    assert not LLMCall.objects.exists()


@pytest.mark.long
def test_words_that_stay_here_reach_no_other_machine(serve: Callable[..., FakeLLM], workspace: Workspace) -> None:
    fake = serve(answer=says(True), local=False)
    first, _ = pair(workspace)
    Source.objects.filter(workspace=workspace).update(local_only=True)
    assert judge_maybes(workspace_id=workspace.pk) == 2
    assert fake.completions == []
    assert said_of(first) == [None]


@pytest.mark.long
def test_a_machine_of_ones_own_may_see_them(serve: Callable[..., FakeLLM], workspace: Workspace) -> None:
    serve(answer=says(True))
    first, _ = pair(workspace)
    Source.objects.filter(workspace=workspace).update(local_only=True)
    judge_maybes(workspace_id=workspace.pk)
    assert said_of(first) == [True]


@pytest.mark.long
def test_an_answer_of_no_use_is_paid_once(serve: Callable[..., FakeLLM], workspace: Workspace) -> None:
    fake = serve(answer=lambda messages: {"pairs": [{"p": "p7", "same": True}, {"p": "nonsense"}]})
    first, _ = pair(workspace)
    assert judge_maybes(workspace_id=workspace.pk) == 2
    asked = len(fake.completions)
    assert judge_maybes(workspace_id=workspace.pk) == 0
    assert len(fake.completions) == asked
    assert said_of(first) == [None]


@pytest.mark.long
def test_a_provider_that_is_away_is_asked_later(serve: Callable[..., FakeLLM], workspace: Workspace) -> None:
    fake = serve(answer=says(True), always="error")
    first, _ = pair(workspace)
    assert judge_maybes(workspace_id=workspace.pk) == 0
    assert said_of(first) == [None]
    asked = len(fake.completions)
    assert judge_maybes(workspace_id=workspace.pk) == 0  # it rests
    assert len(fake.completions) == asked
    cache.clear()
    fake.always = ""
    assert judge_maybes(workspace_id=workspace.pk) == 2
    assert said_of(first) == [True]


@pytest.mark.long
def test_a_run_at_its_cap_pays_for_no_more(serve: Callable[..., FakeLLM], workspace: Workspace) -> None:
    fake = serve(answer=says(True))
    first, _ = pair(workspace)
    assert first.run is not None
    type(first.run).objects.filter(pk=first.run.pk).update(caps={"calls": 0})
    assert judge_maybes(workspace_id=workspace.pk) == 0
    assert fake.completions == []


@pytest.mark.long
def test_what_was_said_of_another_title_is_not_shown(serve: Callable[..., FakeLLM], workspace: Workspace) -> None:
    serve(answer=says(True))
    first, _ = pair(workspace)
    judge_maybes(workspace_id=workspace.pk)
    services.edit(proposal_id=first.pk, by=make_user(workspace), fields={"title": f"{ONE} again"})
    assert said_of(first) == [None]


@pytest.mark.long
def test_the_end_of_a_run_and_the_sweep_have_it_done(serve: Callable[..., FakeLLM], workspace: Workspace) -> None:
    serve(answer=says(True))
    first, _ = pair(workspace)

    def jobs() -> int:
        return sum(b"judge_maybes" in job for job in counters().lrange(configured.BROKER_QUEUE_KEY, 0, -1))

    tasks.propose_for_run(workspace.pk, first.run_id or 0)
    assert jobs() == 1
    tasks.sweep_findings()
    assert jobs() == 2
    tasks.judge_maybes(workspace.pk)
    tasks.sweep_findings()
    assert jobs() == 2
    assert not Proposal.objects.filter(judged__isnull=True).exists()
