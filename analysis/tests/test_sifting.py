"""Noise that rules can't tell, and kinds of messages: judged in batches by the agents that are assigned to it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from analysis import agents, execution, selectors, services
from analysis.models import Agent, AnalysisRun, WindowMessage
from analysis.tests import factories
from ingestion import services as messages
from ingestion.models import Message
from tasktracker.core.enums import Verdict
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.tests.fake_answers import read, valid
from tasktracker.tests.fake_llm import FakeLLM, Messages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


@pytest.fixture
def serve(workspace: Workspace, settings: Any) -> Iterator[Callable[..., FakeLLM]]:
    """`serve(purpose, …)`: a server of a model with an agent that is assigned to the purpose."""
    started: list[FakeLLM] = []

    def start(*purposes: str, local: bool = True, **choices: Any) -> FakeLLM:
        fake = FakeLLM(**choices).__enter__()
        started.append(fake)
        settings.LLM_ALLOWED_HOSTS = [each.host for each in started]
        provider = factories.make_provider(
            workspace, base_url=fake.openai_url, timeout_seconds=10, concurrency=2, local=local
        )
        for purpose in purposes:
            values = {"name": purpose, "purpose": purpose, "provider": provider}
            agents.assign_agent(
                workspace=workspace, agent=agents.save_agent(agent=Agent(workspace=workspace), values=values)
            )
        return fake

    yield start
    for fake in started:
        fake.__exit__(None, None, None)


def begun(workspace: Workspace, **choices: Any) -> AnalysisRun:
    """A run of the offline engine: what is asked of the model is asked by the sieve alone."""
    run = services.create_run(workspace=workspace, stage="knowledge", provider="offline", **choices)
    services.start_run(run_id=run.pk)
    execution.begin(run_id=run.pk)
    return AnalysisRun.objects.get(pk=run.pk)


def weak(workspace: Workspace, text: str, **more: Any) -> Message:
    return factories.make_message(workspace, text, verdict=Verdict.WEAK, **more)


def many(workspace: Workspace, count: int) -> None:
    said = [("Olena", f"The export number {number} fails for somebody.") for number in range(count)]
    factories.make_messages(workspace, said, verdict=Verdict.WEAK)


def shown_in(fake: FakeLLM) -> str:
    return "\n".join(request.text for request in fake.completions)


def test_what_the_model_calls_noise_is_not_extracted_from(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    fake = serve("score_noise")
    noise, talk = weak(workspace, "lol, same"), weak(workspace, "The invoices of March are missing in the export.")
    sure = factories.make_message(workspace, "The server is down since nine.")
    run = begun(workspace)
    noise.refresh_from_db()
    talk.refresh_from_db()
    assert (noise.verdict, noise.verdict_by, noise.verdict_reason) == ("noise", "model", "model")
    assert (talk.verdict, talk.verdict_by) == ("signal", "model")
    assert noise.verdict_score < 0.5 < talk.verdict_score
    assert sure.text not in shown_in(fake)  # the rules were sure of it
    taken = WindowMessage.objects.filter(window__run=run, context=False).values_list("message", flat=True)
    assert set(taken) == {talk.pk, sure.pk}
    assert selectors.bill(run).calls == 1


@pytest.mark.long
def test_it_takes_few_calls(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    fake = serve("score_noise", "classify")
    many(workspace, 100)
    begun(workspace)
    assert len(fake.completions) == 6  # 40 messages each, for two purposes
    assert not Message.objects.filter(verdict_by="rule").exists()
    assert not Message.objects.filter(category="").exists()


def test_a_person_s_verdict_stays(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    fake = serve("score_noise")
    message = weak(workspace, "ok?")
    messages.set_verdict(message_id=message.pk, by=factories.make_user(workspace), verdict="weak")
    begun(workspace)
    message.refresh_from_db()
    assert (message.verdict, message.verdict_by) == ("weak", "person")
    assert fake.completions == []


@pytest.mark.long
def test_a_model_that_fails_holds_nothing_up(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    serve("score_noise", always="error")
    message = weak(workspace, "The invoices of March are missing in the export.")
    run = begun(workspace)
    assert run.planned_at is not None
    message.refresh_from_db()
    assert (message.verdict, message.verdict_by) == ("weak", "rule")
    assert WindowMessage.objects.filter(message=message).exists()


@pytest.mark.long
def test_a_reference_that_was_not_shown_changes_nothing(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    def answer(given: Messages) -> Any:
        return {"messages": [{"m": "m1", "verdict": "signal"}, {"m": "m7", "verdict": "noise"}]}

    serve("score_noise", answer=answer)
    others = [weak(workspace, f"Message {number} of the talk.") for number in range(2)]
    begun(workspace)
    assert [Message.objects.get(pk=each.pk).verdict for each in others] == ["signal", "weak"]


@pytest.mark.long
def test_words_for_local_models_are_shown_to_no_other(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    fake = serve("score_noise", local=False)
    house = factories.make_source(workspace, "house", local_only=True)
    weak(workspace, "The merger is signed.", source=house)
    weak(workspace, "The printer is out of paper again.")
    begun(workspace)
    assert "merger" not in shown_in(fake)
    assert "printer" in shown_in(fake)


@pytest.mark.long
def test_the_run_s_cap_holds_for_it(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    fake = serve("score_noise")
    many(workspace, 90)
    run = begun(workspace, caps={"calls": 1})
    assert (run.status, run.reason, run.planned_at) == ("paused", "budget", None)
    assert len(fake.completions) == LLMCall.objects.count() == 1
    services.resume_run(run_id=run.pk, caps={})
    execution.begin(run_id=run.pk)
    assert AnalysisRun.objects.get(pk=run.pk).planned_at is not None
    asked = [message.text for request in fake.completions for message in read(request.messages).messages]
    assert len(asked) == len(set(asked)) == 90


def test_the_fake_s_answer_is_one_that_the_product_takes() -> None:
    assert valid([{"role": "system", "content": "verdict"}, {"role": "user", "content": ""}])
