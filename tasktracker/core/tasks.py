"""Heartbeats: beat's goes through the queue, so that it proves beat, broker and worker together."""

from celery import shared_task
from celery.signals import beat_init, heartbeat_sent, worker_ready
from django.db import DatabaseError, connection

from tasktracker.core import services
from tasktracker.core.llm import remembered


@shared_task(ignore_result=True)
def beat_heartbeat() -> None:
    """Sent by beat, done by a worker."""
    services.beat(name="beat")


@beat_init.connect
def first_heartbeat(**_: object) -> None:
    """Beat's first heartbeat at once: the schedule alone would keep the start waiting for a third of a sweep."""
    beat_heartbeat.delay()


@worker_ready.connect
@heartbeat_sent.connect
def worker_heartbeat(**_: object) -> None:
    """Written by the worker's main process about every two seconds; the connection is not kept for the children."""
    try:
        services.beat(name="worker")
    except DatabaseError:
        # The heartbeat is what reports that the database is away: its absence says it.
        return
    finally:
        connection.close()


@shared_task(ignore_result=True)
def forget_old_answers() -> None:
    """Let go of answers of models that are remembered for too long."""
    remembered.forget_old()
