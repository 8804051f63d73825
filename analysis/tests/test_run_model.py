"""A model behind the wire: packs, bad answers, waiting, caps."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from analysis import execution, selectors, services
from analysis.models import AnalysisRun, Finding, Window
from analysis.tests import factories
from tasktracker.core import turns
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.tests import fake_answers
from tasktracker.tests.fake_llm import FakeLLM, Messages
from tasktracker.tests.support import empty_valkey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _one_long_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker takes up what a lane leaves for its next turn."""
    monkeypatch.setattr(turns, "OWN_SECONDS", 600)


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


@pytest.fixture
def serve(workspace: Workspace, settings: Any) -> Iterator[Callable[..., FakeLLM]]:
    """`serve(...)` starts a server of a model and makes it the workspace's default provider."""
    started: list[FakeLLM] = []

    def start(**choices: Any) -> FakeLLM:
        fake = FakeLLM(**choices).__enter__()
        started.append(fake)
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        factories.make_provider(
            workspace, "model", base_url=fake.openai_url, is_default=True, timeout_seconds=10, concurrency=2
        )
        return fake

    yield start
    for fake in started:
        fake.__exit__(None, None, None)


def begun(workspace: Workspace, **choices: Any) -> AnalysisRun:
    run = services.create_run(workspace=workspace, stage="knowledge", **choices)
    services.start_run(run_id=run.pk)
    execution.begin(run_id=run.pk)
    return run


def work(run: AnalysisRun) -> AnalysisRun:
    execution.run_lane(run_id=run.pk)
    return AnalysisRun.objects.select_related("provider").get(pk=run.pk)


def outcomes(run: AnalysisRun) -> list[str]:
    return list(selectors.calls_of(run).order_by("id").values_list("outcome", flat=True))


def says(marker: str, otherwise: Callable[[Messages], Any], instead: Any) -> Callable[[Messages], Any]:
    """An answer for prompts with `marker` in a message, and another for the rest."""

    def answer(messages: Messages) -> Any:
        shown = " ".join(str(message["content"]) for message in messages if message["role"] == "user")
        return instead if marker in shown else otherwise(messages)

    return answer


def test_several_windows_go_into_one_call(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    fake = serve()
    factories.make_chat(workspace, 12)
    run = work(begun(workspace))
    assert run.status == "completed"
    assert selectors.progress(run).done == 12
    assert len(fake.completions) <= 0.10 * 60
    said = sum(len(text) for text in workspace.messages.values_list("text", flat=True))
    assert sum(len(request.text) for request in fake.completions) <= 2.5 * said + 6_000
    findings = Finding.objects.filter(run=run)
    assert findings.values("window").distinct().count() == 12
    for finding in findings.prefetch_related("quotes__message"):
        for quote in finding.quotes.all():
            assert quote.message.text[quote.start : quote.end] == quote.text
            assert quote.message.places.filter(window=finding.window_id, context=False).exists()


def test_one_window_that_breaks_every_answer_fails_alone(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    serve(answer=says("(case 3)", fake_answers.valid, "not json"))
    factories.make_chat(workspace, 4)
    run = work(begun(workspace))
    assert run.status == "partial"
    failed = Window.objects.get(run=run, status="failed")
    assert "(case 3)" in failed.places.get(position=0).message.text
    assert "valid answer" in failed.error
    assert selectors.progress(run) == selectors.Progress(done=3, total=4, failed=1)
    assert run.error == "1 of 4 windows failed."


@pytest.mark.long
def test_a_window_that_is_too_much_at_once_is_halved(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    def answer(messages: Messages) -> Any:
        shown = fake_answers.read(messages)
        wanted = [message for window in shown.windows for message in window.messages if not message.context]
        return fake_answers.valid(messages) if len(wanted) <= 3 else "too much"

    fake = serve(answer=answer)
    factories.make_chat(workspace, 1)
    run = work(begun(workspace))
    assert run.status == "completed"
    assert Finding.objects.filter(run=run).count() > 1
    assert outcomes(run) == ["invalid", "ok", "ok"]
    assert len(fake.completions) > 3


@pytest.mark.long
def test_a_window_without_a_word_in_the_answer_is_asked_once_more(
    workspace: Workspace, serve: Callable[..., FakeLLM]
) -> None:
    def answer(messages: Messages) -> Any:
        whole = fake_answers.valid(messages)
        parsed = whole if isinstance(whole, dict) else json.loads(whole)
        return {"windows": parsed["windows"][:1]}

    serve(answer=answer)
    factories.make_chat(workspace, 3)
    run = work(begun(workspace))
    assert run.status == "completed"
    assert len(outcomes(run)) == 2
    assert Finding.objects.filter(run=run).values("window").distinct().count() == 2


@pytest.mark.long
def test_what_the_provider_asks_to_wait_is_waited_by_every_lane(
    workspace: Workspace, serve: Callable[..., FakeLLM]
) -> None:
    fake = serve(faults=["rate_limit"])
    factories.make_chat(workspace, 3)
    run = work(begun(workspace))
    assert run.status == "running"
    assert 7 * 0.9 <= selectors.seconds_to_wait(run) <= 7 * 1.2
    assert work(run).status == "running"
    assert len(fake.completions) == 1
    assert set(Window.objects.filter(run=run).values_list("status", "losses", "suspect")) == {("waiting", 0, False)}
    pass_time(run)
    assert work(run).status == "completed"


def pass_time(run: AnalysisRun) -> None:
    """As if an hour had gone by: for the windows that wait, the ledger, the history, and what Valkey counts."""
    Window.objects.filter(run=run, next_attempt_at__gt=timezone.now()).update(next_attempt_at=timezone.now())
    LLMCall.objects.update(at=F("at") - timedelta(hours=1))
    factories.make_history_older(timedelta(hours=1))
    empty_valkey()


@pytest.mark.long
def test_a_provider_that_stays_down_pauses_the_run_until_a_person_resumes_it(
    workspace: Workspace, serve: Callable[..., FakeLLM]
) -> None:
    fake = serve(faults=["error"] * 5)
    factories.make_chat(workspace, 3)
    run = begun(workspace)
    waits = []
    for _ in range(5):
        pass_time(run)
        run = work(run)
        waits.append(selectors.seconds_to_wait(run))
    assert (run.status, run.reason) == ("paused", "provider")
    assert waits[0] < waits[1] < waits[2] < waits[3]
    assert "HTTP 500" in run.error
    assert work(run).status == "paused"
    assert len(fake.completions) == 5
    services.resume_run(run_id=run.pk)
    assert work(run).status == "completed"


def test_a_key_that_is_not_accepted_pauses_the_run_at_once(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    fake = serve(always="key")
    factories.make_chat(workspace, 3)
    run = work(begun(workspace))
    assert (run.status, run.reason) == ("paused", "provider")
    assert len(fake.completions) == 1
    assert selectors.progress(run).failed == 0


@pytest.mark.long
@pytest.mark.parametrize("caps", [{"calls": 1}, {"tokens": 3_000}])
def test_a_cap_stops_the_run_in_a_true_state(
    workspace: Workspace, serve: Callable[..., FakeLLM], caps: dict[str, int]
) -> None:
    fake = serve()
    workspace.providers.filter(name="model").update(context_tokens=4096)
    factories.make_chat(workspace, 10)
    run = work(begun(workspace, caps=caps))
    assert (run.status, run.reason) == ("paused", "budget")
    assert "cap" in run.error
    bill = selectors.bill(run)
    assert 1 <= bill.calls == len(fake.completions)
    if "tokens" in caps:
        assert bill.tokens_in <= caps["tokens"]
    progress = selectors.progress(run)
    assert 0 < progress.done < progress.total
    assert not Window.objects.filter(run=run, status="running").exists()
    services.resume_run(run_id=run.pk, caps={})
    assert work(run).status == "completed"


@pytest.mark.long
def test_a_cap_on_cost_is_not_kept_by_guessing(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    serve()
    workspace.providers.filter(name="model").update(context_tokens=4096, local=False)
    factories.make_chat(workspace, 10)
    run = work(begun(workspace, caps={"cost": 1.0}))
    assert (run.status, run.reason) == ("paused", "budget")
    assert "price" in run.error
    assert LLMCall.objects.count() == 1


@pytest.mark.long
def test_made_up_references_and_quotes_become_unproven_findings_not_failures(
    workspace: Workspace, serve: Callable[..., FakeLLM]
) -> None:
    serve(always="wrong_ids")
    factories.make_chat(workspace, 2)
    run = work(begun(workspace))
    assert run.status == "completed"
    atoms = Finding.objects.filter(run=run, kind="atom")
    assert atoms.exists()
    assert not atoms.filter(unproven=False).exists()
    assert sum(Window.objects.filter(run=run).values_list("dropped", flat=True)) > 0


@pytest.mark.long
def test_a_prompt_that_the_server_cut_is_asked_in_smaller_parts(
    workspace: Workspace, serve: Callable[..., FakeLLM]
) -> None:
    serve(faults=["cut_prompt"])
    factories.make_chat(workspace, 8)
    run = work(begun(workspace))
    assert run.status == "completed"
    assert outcomes(run) == ["cut", "ok", "ok"]


def test_a_provider_that_is_switched_off_pauses_the_run(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    fake = serve()
    factories.make_chat(workspace, 2)
    run = begun(workspace)
    workspace.providers.filter(name="model").update(is_active=False)
    run = work(run)
    assert (run.status, run.reason) == ("paused", "provider")
    assert fake.completions == []


def test_a_key_that_no_key_opens_pauses_the_run(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    serve()
    factories.make_chat(workspace, 2)
    run = begun(workspace)
    workspace.providers.filter(name="model").update(sealed_api_key="v1:damaged")
    run = work(run)
    assert (run.status, run.reason) == ("paused", "provider")
    assert "Enter it again" in run.error


@pytest.mark.long
def test_what_was_deleted_since_the_plan_is_not_sent(workspace: Workspace, serve: Callable[..., FakeLLM]) -> None:
    fake = serve()
    kept, gone = factories.make_chat(workspace, 2)[::5]
    run = begun(workspace)
    workspace.messages.filter(text__contains="(case 1)").update(deleted_at=gone.sent_at)
    assert work(run).status == "completed"
    assert kept.text in fake.completions[0].text
    assert "(case 1)" not in fake.completions[0].text
