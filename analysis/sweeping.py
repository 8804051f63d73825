"""Pull for truth: whatever the broker or a worker lost is found here, from the rows alone."""

from django.db.models import Count, Q

from analysis import execution, reviving, selectors, services, transitions
from analysis.lanes import lanes_of
from analysis.models import AnalysisRun, Window


def sweep_runs() -> None:
    """Take back expired windows, then give every live run what it lacks: a plan, lanes, or its end.

    Safe to run twice at once, and at any time.
    """
    transitions.expire_leases()
    for run in AnalysisRun.objects.filter(status__in=["running", "cancelling"]).select_related("provider"):
        if run.status == "cancelling":
            services.settle_run(run_id=run.pk)
        elif run.planned_at is None:
            execution.enqueue_plan(run)
        else:
            _sweep_run(run)
    for run in AnalysisRun.objects.filter(status="paused").select_related("workspace"):
        reviving.look_after(run)


def _sweep_run(run: AnalysisRun) -> None:
    open_windows = Window.objects.filter(run=run, status__in=["waiting", "running"])
    found = open_windows.aggregate(
        waiting=Count("pk", filter=Q(status="waiting")),
        lanes=Count("claimed_by", distinct=True, filter=Q(status="running")),
    )
    if not found["waiting"] and not found["lanes"]:
        services.settle_run(run_id=run.pk)
    elif found["waiting"] and selectors.seconds_to_wait(run) == 0:
        execution.enqueue_lanes(run, lanes_of(run) - found["lanes"])
