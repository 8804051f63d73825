"""What a day may cost, and runs that go on by themselves: the next day, or when their provider is back."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from analysis import execution, reviving, selectors, services, sweeping
from analysis.models import AnalysisRun, SpendingCap, Window
from analysis.tests import factories
from analysis.tests.test_api_runs import client_of
from tasktracker.core import turns
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.tests.fake_llm import MODEL, FakeLLM
from tasktracker.tests.support import empty_valkey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _one_long_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "OWN_SECONDS", 600)


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


@pytest.fixture
def serve(workspace: Workspace, settings: Any) -> Iterator[Callable[..., FakeLLM]]:
    started: list[FakeLLM] = []

    def start(**choices: Any) -> FakeLLM:
        fake = FakeLLM(**choices).__enter__()
        started.append(fake)
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        factories.make_provider(
            workspace,
            base_url=fake.openai_url,
            default_model=MODEL,
            is_default=True,
            timeout_seconds=10,
            context_tokens=4096,
        )
        return fake

    yield start
    for fake in started:
        fake.__exit__(None, None, None)


def worked(workspace: Workspace) -> AnalysisRun:
    run = services.create_run(workspace=workspace, stage="knowledge")
    services.start_run(run_id=run.pk)
    execution.begin(run_id=run.pk)
    return work(run)


def work(run: AnalysisRun) -> AnalysisRun:
    execution.run_lane(run_id=run.pk)
    return AnalysisRun.objects.select_related("workspace").get(pk=run.pk)


def pass_time(**much: float) -> None:
    LLMCall.objects.update(at=F("at") - timedelta(**much))
    factories.make_history_older(timedelta(**much))
    empty_valkey()


def test_the_day_s_cap_stops_every_run_and_the_next_day_goes_on(
    workspace: Workspace, serve: Callable[..., FakeLLM]
) -> None:
    fake = serve()
    SpendingCap.objects.create(workspace=workspace, calls=1)
    factories.make_chat(workspace, 10)
    run = worked(workspace)
    assert (run.status, run.reason) == ("paused", "budget")
    assert run.error == "Today's cap of 1 calls is reached."
    assert len(fake.completions) == 1
    sweeping.sweep_runs()
    assert AnalysisRun.objects.get(pk=run.pk).status == "paused"
    pass_time(days=1)
    sweeping.sweep_runs()
    assert AnalysisRun.objects.get(pk=run.pk).status == "running"
    SpendingCap.objects.all().delete()
    assert work(run).status == "completed"


@pytest.mark.long
def test_a_run_s_own_cap_waits_for_a_person_whatever_day_it_is(
    workspace: Workspace, serve: Callable[..., FakeLLM]
) -> None:
    serve()
    factories.make_chat(workspace, 10)
    run = services.create_run(workspace=workspace, stage="knowledge", caps={"calls": 1})
    services.start_run(run_id=run.pk)
    execution.begin(run_id=run.pk)
    assert work(run).reason == "budget"
    pass_time(days=2)
    sweeping.sweep_runs()
    assert AnalysisRun.objects.get(pk=run.pk).status == "paused"


@pytest.mark.long
def test_a_run_goes_on_when_its_provider_is_back(
    workspace: Workspace, serve: Callable[..., FakeLLM], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = serve(always="key")
    factories.make_chat(workspace, 3)
    run = worked(workspace)
    assert (run.status, run.reason) == ("paused", "provider")
    asked: list[str] = []
    monkeypatch.setattr(reviving, "enqueue", lambda name, *_: asked.append(name))
    sweeping.sweep_runs()
    assert asked == []  # its minute is not over
    pass_time(minutes=2)
    sweeping.sweep_runs()
    assert asked == ["analysis.tasks.revive_run"]
    fake.always = "ok"
    reviving.revive(run_id=run.pk)
    assert AnalysisRun.objects.get(pk=run.pk).status == "running"
    assert work(run).status == "completed"


def test_the_day_s_cap_is_set_by_an_admin(workspace: Workspace) -> None:
    admin = client_of(factories.make_user(workspace, "admin"), workspace)
    assert admin.get("/api/spending-cap").json() == {"calls": None, "tokens": None, "cost": None}
    assert admin.put("/api/spending-cap", {"tokens": 1000, "cost": 2.5}, format="json").status_code == 200
    assert admin.get("/api/spending-cap").json() == {"calls": None, "tokens": 1000, "cost": 2.5}
    assert admin.put("/api/spending-cap", {"cost": -1}, format="json").status_code == 400


def test_the_time_that_is_left_is_told_by_the_pace(workspace: Workspace) -> None:
    run = factories.make_run(workspace, windows=20, status="running")
    assert selectors.seconds_left(run) is None
    now = timezone.now()
    for window in Window.objects.filter(run=run, ordinal__lt=10):
        Window.objects.filter(pk=window.pk).update(
            status="done", finished_at=now - timedelta(seconds=2 * window.ordinal)
        )
    left = selectors.seconds_left(run)
    assert left is not None
    assert 19 <= left <= 23  # ten windows, two seconds each


def test_two_runs_over_different_times_live_side_by_side(workspace: Workspace) -> None:
    now = timezone.now()
    one = services.create_run(workspace=workspace, stage="knowledge", until=now)
    services.start_run(run_id=one.pk)
    two = services.create_run(workspace=workspace, stage="knowledge", since=now)
    assert services.start_run(run_id=two.pk).status == "running"
