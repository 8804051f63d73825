"""A provider that is down is stood in for by the agent's fallbacks, in their order, and by nobody else."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from analysis import agents, execution, selectors, services
from analysis.models import Agent, AnalysisRun, Finding
from analysis.tests import factories
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.tests.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


@pytest.fixture
def serve(workspace: Workspace, settings: Any) -> Iterator[Callable[..., tuple[FakeLLM, Any]]]:
    """`serve(name, …)`: a server of a model and the provider that names it."""
    started: list[FakeLLM] = []

    def start(name: str, *, local: bool = True, **choices: Any) -> tuple[FakeLLM, Any]:
        fake = FakeLLM(**choices).__enter__()
        started.append(fake)
        settings.LLM_ALLOWED_HOSTS = [each.host for each in started]
        provider = factories.make_provider(
            workspace, name, base_url=fake.openai_url, timeout_seconds=10, concurrency=1, local=local
        )
        return fake, provider

    yield start
    for fake in started:
        fake.__exit__(None, None, None)


def done_by(workspace: Workspace, provider: Any, *fallbacks: Any) -> AnalysisRun:
    agent = agents.save_agent(
        agent=Agent(workspace=workspace),
        values={
            "name": "finder",
            "purpose": "extract_knowledge",
            "provider": provider,
            "fallbacks": [each.pk for each in fallbacks],
        },
    )
    agents.assign_agent(workspace=workspace, agent=agent)
    run = services.create_run(workspace=workspace, stage="knowledge")
    services.start_run(run_id=run.pk)
    execution.begin(run_id=run.pk)
    execution.run_lane(run_id=run.pk)
    return AnalysisRun.objects.get(pk=run.pk)


def calls(run: AnalysisRun) -> list[tuple[str, str]]:
    return list(selectors.calls_of(run).order_by("id").values_list("provider", "outcome"))


def test_the_next_in_order_answers(workspace: Workspace, serve: Callable[..., tuple[FakeLLM, Any]]) -> None:
    _, down = serve("first", always="error")
    _, broken = serve("second", always="key")
    _, well = serve("third")
    unasked, last = serve("fourth")
    factories.make_chat(workspace, 2)
    run = done_by(workspace, down, broken, well, last)
    assert run.status == "completed"
    assert Finding.objects.filter(run=run).exists()
    assert calls(run) == [("first", "down"), ("second", "refused"), ("third", "ok")]
    assert unasked.completions == []


def test_where_nobody_answers_the_run_waits_for_its_own(
    workspace: Workspace, serve: Callable[..., tuple[FakeLLM, Any]]
) -> None:
    _, down = serve("first", always="error")
    _, other = serve("second", always="rate_limit")
    factories.make_chat(workspace, 1)
    run = done_by(workspace, down, other)
    assert (run.status, Finding.objects.count()) == ("running", 0)
    assert calls(run) == [("first", "down"), ("second", "rate_limited")]
    assert selectors.seconds_to_wait(run) > 0


def test_words_for_local_models_never_reach_a_remote_fallback(
    workspace: Workspace, serve: Callable[..., tuple[FakeLLM, Any]]
) -> None:
    _, down = serve("first", always="error")
    remote, other = serve("second", local=False)
    source = factories.make_source(workspace, "house", local_only=True)
    factories.make_message(workspace, "We decided to move the secret project to May.", source=source)
    run = done_by(workspace, down, other)
    assert run.status == "running"
    assert remote.received == []
    assert set(LLMCall.objects.values_list("provider", flat=True)) == {"first"}
