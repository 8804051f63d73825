"""Runs that start by themselves: at times, or when enough new messages wait. Beat looks; each start happens once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cronsim import CronSim, CronSimError
from django.db import transaction
from django.utils import timezone

from analysis import selectors, services
from analysis.models import AnalysisRun, Schedule, Window
from analysis.providers import PURPOSES, choose_engine
from knowledge.models import Atom
from tasktracker.core.enums import Stage
from tasktracker.core.errors import Conflict, DomainError, Invalid
from tasktracker.core.models import Workspace

LOOK_SECONDS = 60  # between two looks at how many messages wait
FIELDS = 5  # of a cron expression


@transaction.atomic
def save_schedule(*, schedule: Schedule, values: Mapping[str, Any]) -> Schedule:
    """Write `values` to a new or stored schedule and say when it is due; raises `Invalid`, `Conflict`."""
    # Two people who save at the same time would both find the name free.
    Workspace.objects.select_for_update(no_key=True).get(pk=schedule.workspace_id or values["workspace"].pk)
    if schedule.pk:
        schedule = Schedule.objects.select_for_update().get(pk=schedule.pk)
    for name, value in values.items():
        setattr(schedule, name, value)
    schedule.cron = " ".join(schedule.cron.split())
    if not schedule.cron and schedule.at_least is None:
        raise Invalid("Say when: times (cron), or how many new messages have to wait.", field="cron")
    if schedule.cron:
        _first_time(schedule, timezone.now())
    if schedule.at_least == 0:
        raise Invalid("At least one new message has to wait.", field="at_least")
    if schedule.at_least is not None and schedule.stage != Stage.KNOWLEDGE:
        raise Invalid("Messages wait for stage knowledge only: give times for the other one.", field="at_least")
    for row in (schedule.source, schedule.provider):
        if row is not None and row.workspace_id != schedule.workspace_id:
            raise Invalid(f"{row} belongs to another workspace.")
    twin = Schedule.objects.filter(workspace=schedule.workspace, name=schedule.name).exclude(pk=schedule.pk)
    if twin.exists():
        raise Conflict(f"There is a schedule {schedule.name} already.", code="name_taken", field="name")
    schedule.next_at = next_time(schedule, timezone.now())
    schedule.last_error = ""
    schedule.save()
    return schedule


def next_time(schedule: Schedule, after: datetime) -> datetime | None:
    """When a schedule is due for the first time after `after`; for one without times, when to look again."""
    if not schedule.is_active:
        return None
    if not schedule.cron:
        return after + timedelta(seconds=LOOK_SECONDS)
    return _first_time(schedule, after)


def _first_time(schedule: Schedule, after: datetime) -> datetime:
    """The next time of the cron expression; raises `Invalid` for what is none."""
    try:
        if len(schedule.cron.split()) != FIELDS:
            raise CronSimError("a sixth field would be seconds")
        return next(CronSim(schedule.cron, after.astimezone(schedule.workspace.zone)))
    except (CronSimError, StopIteration):
        raise Invalid(
            "This is no cron expression: write minute, hour, day of the month, month, weekday, such as 0 7 * * 1-5.",
            field="cron",
        ) from None


def start_due() -> list[AnalysisRun]:
    """Start what is due, each schedule once however many ask at the same time; the runs that were started."""
    started = []
    for pk in Schedule.objects.filter(is_active=True, next_at__lte=timezone.now()).values_list("pk", flat=True):
        run = _start(pk)
        if run is not None:
            started.append(run)
    return started


@transaction.atomic
def _start(pk: int) -> AnalysisRun | None:
    due = Schedule.objects.select_for_update(of=("self",), skip_locked=True).select_related("workspace", "source")
    schedule = due.filter(pk=pk, is_active=True, next_at__lte=timezone.now()).first()
    if schedule is None:
        return None
    schedule.next_at = None  # one whose times can't be read rests, and holds up no other
    schedule.last_error = ""
    run = None
    try:
        schedule.next_at = next_time(schedule, timezone.now())
        with transaction.atomic():
            run = _run(schedule)
    except DomainError as error:
        schedule.last_error = error.detail[:300]
    if run is not None:
        schedule.last_run = run
    schedule.save()
    return run


def _run(schedule: Schedule) -> AnalysisRun | None:
    """The started run of a schedule; None where too little waits for it."""
    if schedule.stage == Stage.KNOWLEDGE:
        wanted = schedule.at_least or 1
        engine = choose_engine(
            workspace=schedule.workspace, purpose=PURPOSES[Stage.KNOWLEDGE], provider=schedule.provider
        )
        services.refuse_remote(schedule.source, engine)  # else it would find nothing to read, and never say why
        asked = AnalysisRun(
            workspace=schedule.workspace, stage=schedule.stage, source=schedule.source, provider=engine.provider
        )
        if len(selectors.fresh_messages(asked).values_list("pk", flat=True)[:wanted]) < wanted:
            return None
    elif _has_failed_with_all(schedule):
        return None
    run = services.create_run(
        workspace=schedule.workspace, stage=schedule.stage, source=schedule.source, provider=schedule.provider
    )
    if not run.forecast["windows"]:
        run.delete()
        return None
    return services.start_run(run_id=run.pk)


def _has_failed_with_all(schedule: Schedule) -> bool:
    """Whether the last run of stage tasks left failed groups, and no knowledge has changed since it began.

    To start it again would fail again, and cost as much, at each time; a person may resume it.
    """
    last = schedule.last_run
    if last is None or not Window.objects.filter(run=last, status="failed").exists():
        return False
    return not Atom.objects.filter(workspace=schedule.workspace, updated_at__gt=last.created_at).exists()
