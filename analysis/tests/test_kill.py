"""A run and its worker: killed, flooded, emptied of its messages, poisoned, cancelled. Each window is done once."""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings

from analysis import execution, selectors, services
from analysis.models import AnalysisRun, Finding, Window, WindowMessage
from analysis.tests import factories
from tasktracker.core.events import enqueue
from tasktracker.core.models import Event, LLMCall, Workspace
from tasktracker.env import channel_host
from tasktracker.tests import fake_answers
from tasktracker.tests.fake_llm import FakeLLM, Messages
from tasktracker.tests.support import LiveStack, count, free_port, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]

MODEL_PORT = free_port()  # one for all: a worker that may ask there need not be started again
ENDED = ("completed", "partial", "failed", "cancelled")


def started(workspace: Workspace, **choices: Any) -> AnalysisRun:
    run = services.create_run(workspace=workspace, stage="knowledge", **choices)
    return services.start_run(run_id=run.pk)


def status(run: AnalysisRun) -> str:
    return str(AnalysisRun.objects.values_list("status", flat=True).get(pk=run.pk))


def ended(run: AnalysisRun, timeout: float = 90) -> AnalysisRun:
    """Wait for the end of a run."""
    wait_for(lambda: status(run) in ENDED, timeout)
    return AnalysisRun.objects.get(pk=run.pk)


def done(run: AnalysisRun) -> int:
    return Window.objects.filter(run=run, status="done").count()


def found(run: AnalysisRun) -> Counter[tuple[str, str, str]]:
    rows = Finding.objects.filter(run=run)
    return Counter((row.kind, row.title, row.fingerprint) for row in rows)


def undisturbed(conversations: int) -> Counter[tuple[str, str, str]]:
    """What a run over the same chat finds when nothing happens to it."""
    workspace = factories.make_workspace()
    factories.make_chat(workspace, conversations)
    run = started(workspace)
    execution.begin(run_id=run.pk)
    execution.run_lane(run_id=run.pk)
    return found(ended(run))  # a worker that is there already may have taken a part


def check_done_once(run: AnalysisRun) -> None:
    """Every message of the workspace was extracted from in one window, each window ended, the run ended once."""
    places = WindowMessage.objects.filter(window__run=run, context=False).values_list("message_id", flat=True)
    assert Counter(places) == Counter(run.workspace.messages.values_list("pk", flat=True))
    assert set(Window.objects.filter(run=run).values_list("status", flat=True)) == {"done"}
    assert not Window.objects.exclude(lease_until=None).exists()
    assert Event.objects.filter(type="run.completed", object_id=run.pk).count() == 1
    assert run.finished_at is not None


def test_a_worker_that_is_killed_again_and_again_loses_and_doubles_nothing(
    start_stack: Callable[..., LiveStack],
) -> None:
    conversations = count(30, 400)
    expected = undisturbed(conversations)
    stack = start_stack()
    workspace = factories.make_workspace()
    factories.make_chat(workspace, conversations)
    run = started(workspace)
    dice = random.Random(20)
    for _ in range(count(2, 20)):
        pause = time.monotonic() + dice.uniform(0, 1.5)
        wait_for(lambda until=pause: time.monotonic() > until)
        stack.kill_worker()
        stack.restart_worker()
        before = done(run)
        with contextlib.suppress(AssertionError):  # a run may rest until its leases are over
            wait_for(lambda so_far=before: done(run) > so_far or status(run) in ENDED, timeout=8)
    run = ended(run)
    assert run.status == "completed", run.error
    check_done_once(run)
    assert found(run) == expected


def test_tasks_that_are_delivered_many_times_change_nothing(live_stack: LiveStack) -> None:
    conversations = 30
    expected = undisturbed(conversations)
    workspace = factories.make_workspace()
    factories.make_chat(workspace, conversations)
    run = started(workspace)
    for _ in range(8):
        enqueue("analysis.tasks.work_run", workspace.pk, run.pk)
        enqueue("analysis.tasks.work_lane", run.pk)
        enqueue("analysis.tasks.sweep_runs")
    run = ended(run)
    assert run.status == "completed"
    check_done_once(run)
    assert found(run) == expected


def test_a_broker_that_forgot_everything_costs_seconds_only(live_stack: LiveStack) -> None:
    workspace = factories.make_workspace()
    factories.make_chat(workspace, 40)
    addresses = (settings.REDIS_URL, channel_host(settings.REDIS_URL)["address"])
    run = started(workspace)
    for _ in range(3):
        for address in addresses:
            with redis.Redis.from_url(address) as client:
                client.flushdb()
    run = ended(run)
    assert run.status == "completed"
    check_done_once(run)


def test_a_start_that_no_broker_heard_is_found_by_the_sweep(
    live_stack: LiveStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = factories.make_workspace()
    factories.make_chat(workspace, 3)
    monkeypatch.setattr(settings, "EVENT_TASKS", {})
    run = ended(started(workspace))
    assert run.status == "completed"
    check_done_once(run)


@pytest.fixture
def model(start_stack: Callable[..., LiveStack]) -> Iterator[Callable[..., tuple[LiveStack, FakeLLM, Workspace]]]:
    """`model(answer=…)`: a stack, a server of a model, and a workspace whose default provider that is."""
    with contextlib.ExitStack() as exits:

        def start(**choices: Any) -> tuple[LiveStack, FakeLLM, Workspace]:
            fake = exits.enter_context(FakeLLM(port=MODEL_PORT, **choices))
            exits.enter_context(pytest.MonkeyPatch.context()).setattr(settings, "LLM_ALLOWED_HOSTS", [fake.host])
            # Before the worker: its parent then loads the libraries, and the successor of a dead child is there soon.
            workspace = factories.make_workspace()
            factories.make_provider(
                workspace, "model", base_url=fake.openai_url, is_default=True, context_tokens=4096, timeout_seconds=20
            )
            stack = start_stack(concurrency=1, variables={"LLM_ALLOWED_HOSTS": fake.host})
            return stack, fake, workspace

        yield start


@pytest.mark.long
def test_a_window_that_kills_its_worker_each_time_is_set_aside_and_its_neighbours_are_done(
    model: Callable[..., tuple[LiveStack, FakeLLM, Workspace]],
) -> None:
    stacks: list[LiveStack] = []

    def answer(messages: Messages) -> Any:
        """Ends the process that asks, as running out of memory would, when the poison is in the prompt."""
        if any("(case 7)" in str(message["content"]) for message in messages):
            kill_children(stacks[0])
        return fake_answers.valid(messages)

    stack, fake, workspace = model(answer=answer)
    stacks.append(stack)
    factories.make_chat(workspace, 20)
    run = ended(started(workspace), timeout=240)
    assert run.status == "partial"
    poison = Window.objects.get(run=run, status="failed")
    assert "(case 7)" in poison.places.get(position=0).message.text
    assert "poison" in poison.error
    assert poison.losses == settings.WINDOW_MAX_LOSSES
    assert done(run) == 19
    asked_with_poison = [request for request in fake.completions if "(case 7)" in request.text]
    assert len(asked_with_poison) <= 1 + settings.WINDOW_MAX_LOSSES


def kill_children(stack: LiveStack) -> None:
    """kill -9 to the processes of the worker's pool, not to the worker itself."""
    parent = stack.children["worker"].pid
    assert parent is not None
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)


@pytest.mark.long
def test_a_cancelled_run_ends_at_once_and_takes_no_late_answer(
    model: Callable[..., tuple[LiveStack, FakeLLM, Workspace]],
) -> None:
    _, fake, workspace = model(delay=1.0)
    factories.make_chat(workspace, 60)
    run = started(workspace)
    wait_for(lambda: done(run) > 0, timeout=60)
    wait_for(lambda: len(fake.completions) > LLMCall.objects.count(), timeout=30)  # one is under way
    assert services.cancel_run(run_id=run.pk).status == "cancelled"
    kept, asked = done(run), len(fake.completions)
    findings = Finding.objects.filter(run=run).count()
    wait_for(lambda: LLMCall.objects.count() >= asked, timeout=30)
    assert len(fake.completions) <= asked + 1  # a lane between "may I?" and its call
    assert (done(run), Finding.objects.filter(run=run).count(), status(run)) == (kept, findings, "cancelled")
    assert not Window.objects.filter(run=run, status="running").exists()
    # What was not done is free for the next run.
    assert selectors.waiting_messages(run).count() == workspace.messages.count() - 5 * kept


@pytest.mark.long
def test_a_lease_that_is_renewed_is_not_taken_by_another_lane(
    model: Callable[..., tuple[LiveStack, FakeLLM, Workspace]],
) -> None:
    _, fake, workspace = model(delay=settings.LEASE_SECONDS * 2)
    factories.make_chat(workspace, 2)
    run = ended(started(workspace))
    assert run.status == "completed"
    assert len(fake.completions) == 1
    assert set(Window.objects.filter(run=run).values_list("attempt", "losses")) == {(1, 0)}
