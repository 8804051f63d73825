"""Celery's doors to the runs: ids in, one call. Every task may come twice, late, or never."""

from celery import shared_task

from analysis import execution, schedules, sweeping
from analysis.models import Agent, Provider


@shared_task(ignore_result=True)
def work_run(workspace_id: int, run_id: int) -> None:
    """Plan a started run and start its lanes."""
    execution.begin(run_id=run_id)


@shared_task(ignore_result=True)
def work_lane(run_id: int) -> None:
    """Do windows of a run until none is left or the lane's time is up."""
    execution.run_lane(run_id=run_id)


@shared_task(ignore_result=True)
def start_due_runs() -> None:
    """Start the runs whose time has come."""
    schedules.start_due()


@shared_task(ignore_result=True)
def revive_run(run_id: int) -> None:
    """Let a run go on that waits for its provider, if that answers again."""
    from analysis import reviving  # with its HTTP client, which no other task needs

    reviving.revive(run_id=run_id)


@shared_task(ignore_result=True)
def sweep_runs() -> None:
    """Bring home what was lost: leases, lanes, plans, ends."""
    sweeping.sweep_runs()


@shared_task(ignore_result=True)
def try_agent(agent_id: int, ticket: str) -> None:
    """Ask an agent's model about one text that a person typed in."""
    from analysis import trying  # with an HTTP client, which no other task needs

    agent = Agent.objects.select_related("provider").filter(pk=agent_id).first()
    if agent is not None:
        trying.answer_agent(agent, ticket)


@shared_task(ignore_result=True)
def try_provider(provider_id: int, ticket: str) -> None:
    """Ask a provider's default model for the smallest answer with a schema."""
    from analysis import trying

    provider = Provider.objects.filter(pk=provider_id).first()
    if provider is not None:
        trying.answer_provider(provider, ticket)
