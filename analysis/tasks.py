"""Celery's doors to the runs: ids in, one call. Every task may come twice, late, or never."""

from celery import shared_task
from celery.signals import worker_init
from django.db import DatabaseError, connection

from analysis import execution, probing, sweeping
from analysis.models import Agent, Provider
from tasktracker.core.enums import ProviderKind
from tasktracker.core.llm import live


@worker_init.connect
def load_model_libraries(**_: object) -> None:
    """Where models are asked at all, before the worker forks: its children then share the libraries' memory."""
    try:
        if Provider.objects.filter(is_active=True).exclude(kind=ProviderKind.OFFLINE).exists():
            live.load()
    except DatabaseError:
        return  # not migrated yet, or away: the first call loads them
    finally:
        connection.close()


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
    agent = Agent.objects.select_related("provider").filter(pk=agent_id).first()
    if agent is not None:
        probing.answer_ticket(agent, ticket)
