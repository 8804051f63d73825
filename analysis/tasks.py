"""Celery's doors to the runs: ids in, one call. Every task may come twice, late, or never."""

from celery import shared_task

from analysis import execution, sweeping
from analysis.models import Agent


@shared_task(ignore_result=True)
def work_run(workspace_id: int, run_id: int) -> None:
    """Plan a started run and start its lanes."""
    execution.begin(run_id=run_id)


@shared_task(ignore_result=True)
def work_lane(run_id: int) -> None:
    """Do windows of a run until none is left or the lane's time is up."""
    execution.run_lane(run_id=run_id)


@shared_task(ignore_result=True)
def sweep_runs() -> None:
    """Bring home what was lost: leases, lanes, plans, ends."""
    sweeping.sweep_runs()


@shared_task(ignore_result=True)
def try_agent(agent_id: int, ticket: str) -> None:
    """Ask an agent's model about one text that a person typed in."""
    from analysis import probing  # with its HTTP client, which no other task needs

    agent = Agent.objects.select_related("provider").filter(pk=agent_id).first()
    if agent is not None:
        probing.answer_ticket(agent, ticket)
