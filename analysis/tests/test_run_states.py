"""The life of a run: what may follow what, who is told, what is refused."""

from datetime import timedelta

import pytest

from analysis import providers, services, transitions
from analysis.models import Agent, AnalysisRun, Assignment, Window
from analysis.tests import factories
from knowledge.models import Project
from tasktracker.core.enums import Purpose, Verdict
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.models import Event, StatusChange, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


def planned(workspace: Workspace, *ends: str, **more: object) -> AnalysisRun:
    """A running run, planned, whose windows ended as named (`waiting` for those that did not)."""
    run = factories.make_run(workspace, windows=len(ends))
    services.start_run(run_id=run.pk)
    AnalysisRun.objects.filter(pk=run.pk).update(planned_at=run.created_at)
    for claimed, end in zip(transitions.claim(run_id=run.pk, holder="x", limit=99, holders=1), ends, strict=True):
        if end == "waiting":
            transitions.give_back([claimed])
        else:
            end_of = transitions.End(claimed, end, error="no valid answer" if end == "failed" else "")
            transitions.finish(run_id=run.pk, ends=[end_of])
    return AnalysisRun.objects.get(pk=run.pk)


def events(run: AnalysisRun) -> list[str]:
    rows = Event.objects.filter(object_kind="run", object_id=run.pk).exclude(type="run.progress")
    return list(rows.order_by("id").values_list("type", flat=True))


@pytest.mark.parametrize(
    ("ends", "status", "event"),
    [
        (("done", "done"), "completed", "run.completed"),
        (("done", "failed"), "partial", "run.completed"),
        (("failed", "failed"), "failed", "run.failed"),
        ((), "completed", "run.completed"),
        (("done", "waiting"), "running", "run.started"),
    ],
)
def test_a_run_ends_as_its_windows_say(workspace: Workspace, ends: tuple[str, ...], status: str, event: str) -> None:
    run = planned(workspace, *ends)
    for _ in range(2):
        settled = services.settle_run(run_id=run.pk)
    assert settled.status == status
    assert (settled.finished_at is not None) == (status != "running")
    assert events(run)[-1] == event
    assert len(events(run)) == (1 if status == "running" else 2)


def test_resume_does_again_only_what_failed(workspace: Workspace) -> None:
    run = planned(workspace, "done", "failed", "done")
    assert services.settle_run(run_id=run.pk).status == "partial"
    assert services.resume_run(run_id=run.pk).status == "running"
    assert list(Window.objects.filter(run=run).order_by("ordinal").values_list("status", flat=True)) == [
        "done",
        "waiting",
        "done",
    ]
    moves = StatusChange.objects.filter(kind="analysis.analysisrun", object_id=run.pk).order_by("id")
    assert list(moves.values_list("to_status", flat=True)) == ["running", "partial", "pending", "running"]
    assert events(run).count("run.started") == 2


@pytest.mark.long
def test_resume_leaves_alone_what_another_run_has_done_since(workspace: Workspace) -> None:
    message = factories.make_message(workspace)
    run = planned(workspace, "failed", "done")
    Window.objects.get(run=run, ordinal=0).places.create(message=message, position=0)
    services.settle_run(run_id=run.pk)
    other = planned(workspace, "done")
    Window.objects.get(run=other).places.create(message=message, position=0)
    services.settle_run(run_id=other.pk)
    services.resume_run(run_id=run.pk)
    assert set(Window.objects.filter(run=run).values_list("status", flat=True)) == {"done"}


def test_a_run_that_ended_well_has_nothing_to_resume(workspace: Workspace) -> None:
    run = planned(workspace, "done")
    services.settle_run(run_id=run.pk)
    with pytest.raises(Conflict, match="nothing to resume"):
        services.resume_run(run_id=run.pk)


def test_reviewed_and_reopened_and_closed(workspace: Workspace) -> None:
    run = planned(workspace, "done")
    assert services.review_run(run_id=run.pk).status == "running"
    services.settle_run(run_id=run.pk)
    assert services.review_run(run_id=run.pk).status == "reviewed"
    assert services.reopen_run(run_id=run.pk).status == "completed"
    assert services.close_run(run_id=run.pk).status == "closed"
    assert services.close_run(run_id=run.pk).status == "closed"


@pytest.mark.long
def test_cancel_ends_a_run_from_every_live_state(workspace: Workspace) -> None:
    pending = factories.make_run(workspace)
    assert services.cancel_run(run_id=pending.pk).status == "cancelled"
    running = planned(workspace, "waiting")
    assert services.cancel_run(run_id=running.pk).status == "cancelled"
    paused = planned(workspace, "waiting")
    services.pause_run(run_id=paused.pk, reason="provider")
    assert services.cancel_run(run_id=paused.pk).status == "cancelled"
    for run in (pending, running, paused):
        services.cancel_run(run_id=run.pk)
        assert events(run).count("run.cancelled") == 1
        assert AnalysisRun.objects.get(pk=run.pk).finished_at is not None


def test_a_closed_run_is_not_cancelled(workspace: Workspace) -> None:
    run = planned(workspace, "done")
    services.settle_run(run_id=run.pk)
    with pytest.raises(Conflict):
        services.cancel_run(run_id=run.pk)


@pytest.mark.long
def test_one_run_at_a_time_over_the_same_source(workspace: Workspace) -> None:
    chat, mail = factories.make_source(workspace, "chat"), factories.make_source(workspace, "mail")
    first = services.create_run(workspace=workspace, stage="knowledge", source=chat)
    waiting = services.create_run(workspace=workspace, stage="knowledge", source=chat)
    services.start_run(run_id=first.pk)
    for source in (chat, None):
        with pytest.raises(Conflict) as refused:
            services.create_run(workspace=workspace, stage="knowledge", source=source)
        assert (refused.value.error_code, refused.value.extra["run"]) == ("run_live", first.pk)
    with pytest.raises(Conflict):
        services.start_run(run_id=waiting.pk)
    assert services.create_run(workspace=workspace, stage="knowledge", source=mail).status == "pending"
    assert services.create_run(workspace=workspace, stage="tasks").status == "pending"
    assert services.create_run(workspace=factories.make_workspace(), stage="knowledge").status == "pending"


def test_the_call_s_provider_goes_first_then_the_assignment_then_the_default(workspace: Workspace) -> None:
    def engine(provider: str | None = None) -> providers.Engine:
        return providers.choose_engine(workspace=workspace, purpose=Purpose.EXTRACT_KNOWLEDGE, provider=provider)

    assert engine().is_offline
    factories.make_provider(workspace, "default", is_default=True)
    assert engine().provider.name == "default"
    assigned = factories.make_provider(workspace, "assigned")
    agent = Agent.objects.create(
        workspace=workspace, name="reader", purpose=Purpose.EXTRACT_KNOWLEDGE, provider=assigned, model="large"
    )
    Assignment.objects.create(workspace=workspace, purpose=Purpose.EXTRACT_KNOWLEDGE, agent=agent)
    assert (engine().provider, engine().model) == (assigned, "large")
    project = Project.objects.create(workspace=workspace, name="App")
    special = Agent.objects.create(
        workspace=workspace, name="special", purpose=Purpose.EXTRACT_KNOWLEDGE, provider=assigned
    )
    Assignment.objects.create(workspace=workspace, purpose=Purpose.EXTRACT_KNOWLEDGE, agent=special, project=project)
    assert engine().agent == special
    assert engine("offline").is_offline
    assert engine("default").agent is None


def test_no_model_falls_back_to_offline_in_silence(workspace: Workspace) -> None:
    provider = factories.make_provider(workspace, "model", is_default=True, is_active=False)
    with pytest.raises(Invalid, match="switched off"):
        services.create_run(workspace=workspace, stage="knowledge")
    providers.save_provider(provider=provider, values={"is_active": True, "default_model": ""})
    with pytest.raises(Invalid, match="which model"):
        services.create_run(workspace=workspace, stage="knowledge")


def test_the_offline_engine_is_the_default_until_another_is_chosen(workspace: Workspace) -> None:
    offline = services.ensure_offline_provider(workspace=workspace)
    assert offline.is_default
    factories.make_provider(workspace, "model", is_default=True)
    offline.refresh_from_db()
    assert not offline.is_default
    assert services.ensure_offline_provider(workspace=workspace) == offline


def test_a_source_for_local_models_only_is_not_given_to_a_remote_one(workspace: Workspace) -> None:
    private = factories.make_source(workspace, "private", local_only=True)
    factories.make_provider(workspace, "cloud", local=False)
    with pytest.raises(Invalid) as refused:
        services.create_run(workspace=workspace, stage="knowledge", source=private, provider="cloud")
    assert refused.value.error_code == "local_only"
    factories.make_message(workspace, source=private)
    assert services.create_run(workspace=workspace, stage="knowledge", provider="cloud").forecast["windows"] == 0
    assert services.create_run(workspace=workspace, stage="knowledge").forecast["windows"] == 1


def test_the_forecast_of_a_model_tells_calls_and_tokens(workspace: Workspace) -> None:
    factories.make_chat(workspace, 40)
    factories.make_message(workspace, "ok", verdict=Verdict.NOISE)
    provider = factories.make_provider(workspace, "model", local=False)
    forecast = services.create_run(workspace=workspace, stage="knowledge", provider=provider).forecast
    assert forecast["windows"] == 40
    assert 0 < forecast["calls"] < 20
    assert forecast["tokens_in"] > 40 * 5 * 15
    assert forecast["cost"] is None


@pytest.mark.parametrize("caps", [{"calls": -1}, {"tokens": True}, {"cost": float("nan")}, {"money": 3}])
def test_caps_are_numbers_from_zero_on(workspace: Workspace, caps: dict[str, float]) -> None:
    with pytest.raises(Invalid):
        services.create_run(workspace=workspace, stage="knowledge", caps=caps)


def test_only_what_lies_in_the_run_s_time_is_taken(workspace: Workspace) -> None:
    factories.make_chat(workspace, 3)
    day = factories.START
    run = services.create_run(
        workspace=workspace, stage="knowledge", since=day + timedelta(hours=1), until=day + timedelta(hours=3)
    )
    assert run.forecast["windows"] == 1
