"""Runs: made, started, stopped, taken up again, ended. The work itself is in planning.py and execution.py."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from analysis import forecasts, selectors, transitions
from analysis.models import AnalysisRun, Provider, Window
from analysis.progress import emit_progress
from analysis.providers import PURPOSES, Engine, choose_engine, ensure_offline_provider
from analysis.questions import prompt_version
from ingestion.models import Source
from knowledge import projects
from tasktracker.core.enums import Stage
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.events import RunCancelled, RunClosed, RunCompleted, RunFailed, RunStarted, emit
from tasktracker.core.llm import breaker
from tasktracker.core.models import User, Workspace
from tasktracker.core.words import counted_as

__all__ = [
    "cancel_run",
    "close_run",
    "create_run",
    "ensure_offline_provider",
    "fail_run",
    "keep_accuracy",
    "pause_run",
    "refuse_remote",
    "reopen_run",
    "resume_run",
    "review_run",
    "settle_run",
    "start_run",
]

CAPS: dict[str, type] = {"tokens": int, "cost": float, "calls": int}


@transaction.atomic
def create_run(
    *,
    workspace: Workspace,
    stage: str,
    by: User | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    source: Source | None = None,
    provider: str | Provider | None = None,
    caps: Mapping[str, Any] | None = None,
) -> AnalysisRun:
    """A pending run with its forecast, over messages sent in [`since`, `until`), of one source or of all.

    `caps` may hold `tokens` (in and out), `cost` (USD) and `calls`. Raises `Invalid` (a provider that is not known
    or can't serve), `Conflict` `run_live` (a run over the same messages is under way).
    """
    if stage not in Stage.values:
        raise Invalid(f"{stage!r} is no stage: use {' or '.join(Stage.values)}.")
    if since and until and since >= until:
        raise Invalid("`since` must be before `until`.")
    if source is not None and source.workspace_id != workspace.pk:
        raise Invalid("This source belongs to another workspace.")
    engine = choose_engine(workspace=workspace, purpose=PURPOSES[Stage(stage)], provider=provider)
    refuse_remote(source, engine)
    run = AnalysisRun(
        workspace=workspace,
        stage=stage,
        since=since,
        until=until,
        source=source,
        provider=engine.provider,
        agent=engine.agent,
        agent_version=engine.agent.version if engine.agent else None,
        prompt_version="" if engine.is_offline else prompt_version(stage),
        project_versions=projects.versions_now(workspace.pk),
        caps=check_caps(caps or {}),
        created_by=by,
    )
    _refuse_overlap(run)
    run.forecast = forecasts.forecast(run)
    run.save()
    return run


def refuse_remote(source: Source | None, engine: Engine) -> None:
    """Raise `Invalid` `local_only` where texts of the source would leave the house."""
    if source is not None and source.local_only and engine.is_remote:
        raise Invalid(
            f"{source.name} is for local models only, and {engine.provider.name} is not one.", code="local_only"
        )


def check_caps(caps: Mapping[str, Any]) -> dict[str, float]:
    """Known caps as positive numbers; `Invalid` for anything else."""
    checked: dict[str, float] = {}
    for name, value in caps.items():
        if name not in CAPS:
            raise Invalid(f"{name!r} is no cap: use {', '.join(CAPS)}.")
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
            raise Invalid(f"The cap {name} is a number from 0 on.")
        checked[name] = CAPS[name](value)
    return checked


def _refuse_overlap(run: AnalysisRun) -> None:
    """One run at a time over the same messages. A pending one holds nothing yet and is in nobody's way."""
    _lock_workspace(run.workspace_id)
    live = AnalysisRun.objects.filter(
        workspace_id=run.workspace_id, stage=run.stage, status__in=["running", "paused", "cancelling"]
    ).exclude(pk=run.pk)
    other = next((row for row in live if _overlap(row, run)), None)
    if other is not None:
        raise Conflict(
            f"Run {other.pk} is {other.status} over the same messages: wait for it, resume it or cancel it.",
            code="run_live",
            run=other.pk,
            status=other.status,
        )


def _overlap(one: AnalysisRun, two: AnalysisRun) -> bool:
    """Whether two runs of one stage could take up the same messages: by source and by range of time."""
    if None not in (one.source_id, two.source_id) and one.source_id != two.source_id:
        return False
    if one.stage != Stage.KNOWLEDGE:
        return True  # knowledge belongs together, whenever it was said
    apart = (one.until and two.since and one.until <= two.since) or (two.until and one.since and two.until <= one.since)
    return not apart


def _lock_workspace(workspace_id: int) -> None:
    """Two starts at once: the second waits here and then sees the first. Always taken before a run's lock."""
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace_id)


@transaction.atomic
def start_run(*, run_id: int, by: User | None = None) -> AnalysisRun:
    """pending → running; the worker hears of it after the commit. Twice is harmless."""
    run = AnalysisRun.objects.get(pk=run_id)
    if run.status == "pending":
        _refuse_overlap(run)
    moved = transitions.move_run(run, to="running", by=by, reason="", error="", started_at=run.started_at or _now())
    if moved.changed:
        emit(RunStarted(workspace_id=run.workspace_id, object_id=run.pk, stage=run.stage), by=by)
    return moved.row


def cancel_run(*, run_id: int, by: User | None = None) -> AnalysisRun:
    """End a run that is not over. What was found stays; an answer that is still under way is not written."""
    with transaction.atomic():
        run = AnalysisRun.objects.select_for_update().get(pk=run_id)
        if run.status == "pending":
            run = transitions.move_run(run, to="cancelled", by=by, finished_at=_now()).row
            emit(RunCancelled(workspace_id=run.workspace_id, object_id=run.pk, stage=run.stage), by=by)
        elif run.status not in ("cancelling", "cancelled"):
            transitions.move_run(run, to="cancelling", by=by, reason="")
            # Who holds a window finds its claim gone when it wants to write.
            transitions.revoke(run_id=run.pk)
    return settle_run(run_id=run_id, by=by)


@transaction.atomic
def resume_run(*, run_id: int, by: User | None = None, caps: Mapping[str, Any] | None = None) -> AnalysisRun:
    """Go on with what is not done: a paused run, or the failed windows of a partial or failed one.

    `caps` replaces the run's own (for one that stopped at its budget).
    """
    _lock_workspace(AnalysisRun.objects.get(pk=run_id).workspace_id)
    run = AnalysisRun.objects.select_for_update().get(pk=run_id)
    if run.status in ("partial", "failed"):
        if run.stage == Stage.KNOWLEDGE:
            transitions.skip_taken(run_id=run.pk)
        transitions.retry_failed(run_id=run.pk)
        run = transitions.move_run(run, to="pending", by=by, finished_at=None, error="").row
    elif run.status == "paused":
        transitions.clear_wait(run_id=run.pk)
        transaction.on_commit(lambda: breaker.forgive(run.workspace_id, run.provider.name))
    elif run.status != "pending":
        raise Conflict(f"This run is {run.status}: there is nothing to resume.", code="wrong_state", status=run.status)
    if caps is not None:
        run.caps = check_caps(caps)
        run.save(update_fields=["caps", "updated_at"])
    return start_run(run_id=run.pk, by=by)


@transaction.atomic
def close_run(*, run_id: int, by: User | None = None) -> AnalysisRun:
    """Put an ended run away; what people decided about its proposals is kept with it. Twice is harmless."""
    moved = transitions.move_run(AnalysisRun.objects.get(pk=run_id), to="closed", by=by)
    if moved.changed:
        run = moved.row
        emit(RunClosed(workspace_id=run.workspace_id, object_id=run.pk, stage=run.stage), by=by)
    return moved.row


def keep_accuracy(*, run_id: int, accuracy: Mapping[str, Any]) -> None:
    """Keep with a run what people decided about what it found."""
    AnalysisRun.objects.filter(pk=run_id).update(accuracy=dict(accuracy))


@transaction.atomic
def review_run(*, run_id: int, by: User | None = None) -> AnalysisRun:
    """completed or partial → reviewed: every proposal of the run is decided. Other states stay as they are."""
    run = AnalysisRun.objects.select_for_update().get(pk=run_id)
    return transitions.move_run(run, to="reviewed", by=by).row if run.status in ("completed", "partial") else run


@transaction.atomic
def reopen_run(*, run_id: int, by: User | None = None) -> AnalysisRun:
    """reviewed → completed: a decision was undone. Other states stay as they are."""
    run = AnalysisRun.objects.select_for_update().get(pk=run_id)
    return transitions.move_run(run, to="completed", by=by).row if run.status == "reviewed" else run


@transaction.atomic
def pause_run(*, run_id: int, reason: str, error: str = "", note: str = "") -> AnalysisRun:
    """Stop asking: `reason` is budget or provider, `note` is for the history. Only a running run is paused."""
    run = AnalysisRun.objects.select_for_update().get(pk=run_id)
    if run.status != "running":
        return run
    run = transitions.move_run(run, to="paused", note=note or reason, reason=reason, error=error[:500]).row
    emit_progress(run)
    return run


@transaction.atomic
def fail_run(*, run_id: int, error: str) -> AnalysisRun:
    """running → failed, for a run that can't be worked on at all. Other states stay as they are."""
    run = AnalysisRun.objects.select_for_update().get(pk=run_id)
    if run.status != "running":
        return run
    run = transitions.move_run(run, to="failed", finished_at=_now(), error=error[:500]).row
    emit(RunFailed(workspace_id=run.workspace_id, object_id=run.pk, stage=run.stage, reason="failed"))
    return run


@transaction.atomic
def settle_run(*, run_id: int, by: User | None = None) -> AnalysisRun:
    """End a run whose windows are all over (or that is being cancelled), once, as its windows say.

    completed: none failed · partial: some did · failed: all did. Does nothing while anything waits or runs.
    """
    # Under the lock: of two lanes that both found nothing left, one ends the run.
    run = AnalysisRun.objects.select_for_update().get(pk=run_id)
    event: dict[str, Any] = {"workspace_id": run.workspace_id, "object_id": run.pk, "stage": run.stage}
    if run.status == "cancelling":
        run = transitions.move_run(run, to="cancelled", by=by, finished_at=_now()).row
        emit(RunCancelled(**event), by=by)
        return run
    if run.status != "running" or run.planned_at is None:
        return run
    if Window.objects.filter(run=run, status__in=["waiting", "running"]).exists():
        return run
    progress = selectors.progress(run)
    status = "completed" if not progress.failed else "partial" if progress.done else "failed"
    error = "" if not progress.failed else f"{progress.failed} of {counted_as(progress.total, 'window')} failed."
    run = transitions.move_run(run, to=status, finished_at=_now(), error=error).row
    emit_progress(run)
    if status == "failed":
        emit(RunFailed(**event, reason="windows"))
    else:
        emit(RunCompleted(**event, status=status))
    return run


def _now() -> datetime:
    return timezone.now()
