"""Jobs of the desk: ids in, one call; done already means return."""

from celery import shared_task

from analysis.models import Finding
from proposals import services

RUNS_AT_ONCE = 20


@shared_task(ignore_result=True)
def propose_for_run(workspace_id: int, run_id: int) -> None:
    """Take in what the run has found so far (started by run.progress and run.completed)."""
    services.take_in(run_id=run_id)


@shared_task(ignore_result=True)
def sweep_findings() -> None:
    """Whatever a lost message left behind: findings that nobody took in, proposals whose quotes are gone."""
    left = Finding.objects.filter(intake=None).order_by("run_id").values_list("run_id", flat=True).distinct()
    for run_id in list(left[:RUNS_AT_ONCE]):
        services.take_in(run_id=run_id)
    services.set_aside_unproven()


@shared_task(ignore_result=True)
def wake_snoozed() -> None:
    """Bring back what was put off until now."""
    services.wake_snoozed()
