"""When a job that could go on for long gives way: others wait for a process of the worker, or the worker is to end."""

import mmap
import time
from typing import Any

from celery.signals import worker_shutting_down
from django.conf import settings
from redis.exceptions import RedisError

from tasktracker.core.throttling import counters

OWN_SECONDS = 15  # that a job has in any case
LONGEST_SECONDS = 300  # long before the time limit of a task
LOOK_SECONDS = 1
STUCK_SECONDS = 3

# Memory that a worker's parent shares with the children that it forks: nothing else tells them of a warm shutdown.
_ending = mmap.mmap(-1, 1)


@worker_shutting_down.connect
def _end(**_: Any) -> None:
    _ending[0] = 1


class Turn:
    """A job's turn at a process of the worker. One for each thread that asks."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._look_at = self._began + OWN_SECONDS
        self._next: object = None
        self._next_since = self._began

    def is_over(self) -> bool:
        """Whether to end here and leave the rest to another job.

        That is where the worker ends, where the job that waits longest is the same one for STUCK_SECONDS, so no
        process is free for it, and where the broker is away.
        """
        now = time.monotonic()
        if _ending[0] or now - self._began > LONGEST_SECONDS:
            return True
        if now < self._look_at:
            return False
        self._look_at = now + LOOK_SECONDS
        try:
            waiting = counters().lindex(settings.BROKER_QUEUE_KEY, -1)
        except RedisError:
            return True
        if waiting is None or waiting != self._next:
            self._next, self._next_since = waiting, now
            return False
        return now - self._next_since >= STUCK_SECONDS
