"""Runs that go on by themselves: when their provider answers again, and on the day after a day's cap."""

from datetime import timedelta

from django.utils import timezone

from analysis import probing, services
from analysis.days import DAY, midnight
from analysis.models import AnalysisRun
from tasktracker.core.events import enqueue
from tasktracker.core.models import StatusChange

FIRST_WAIT = 60.0  # seconds after a pause, doubled with each one
LONGEST_WAIT = 1800.0


def look_after(run: AnalysisRun) -> None:
    """For a paused run: let it go on, or have its provider asked, when it is time; it needs no person for that."""
    pauses = StatusChange.objects.filter(kind=run._meta.label_lower, object_id=run.pk, to_status="paused")
    last = pauses.order_by("-id").first()
    if last is None:
        return
    if last.note == DAY and last.at < midnight(run.workspace):
        services.resume_run(run_id=run.pk)
    elif last.note == "provider":
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (pauses.filter(note="provider").count() - 1))
        if timezone.now() >= last.at + timedelta(seconds=wait):
            enqueue("analysis.tasks.revive_run", run.pk)


def revive(*, run_id: int) -> None:
    """Ask the provider of a run that waits for it whether it is there again, and let the run go on."""
    waiting = AnalysisRun.objects.filter(pk=run_id, status="paused", reason="provider").select_related("provider")
    run = waiting.first()
    if run is not None and run.provider.is_active and probing.probe(run.provider).ok:
        services.resume_run(run_id=run.pk)
