"""How often a person may call the API."""

import threading
import time
from contextlib import suppress
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError
from rest_framework import throttling
from rest_framework.request import Request

from tasktracker.core.models import User


@cache
def counters() -> "Redis":
    """One client for the process: Django's cache makes one for each request of an ASGI server, and connects anew."""
    return Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def count_in_window(key: str, seconds: int, more: int = 1) -> int:
    """Count `more` under `key` in a window that began with the first and lasts `seconds`; raises RedisError."""
    used = int(counters().incrby(key, more))
    if used == more:
        counters().expire(key, seconds)
    return used


class UserThrottle(throttling.SimpleRateThrottle):
    """A fixed window a user, counted in Valkey with INCR. With Valkey away, nobody is kept out."""

    scope = "user"
    duration: int
    num_requests: int
    _lock = threading.Lock()
    _held: ClassVar[dict[int, tuple[int, int]]] = {}  # user → slot, how many are counted already and not made yet

    def allow_request(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return True
        return self.admits(request.user, 1)

    def admits(self, user: User, times: int) -> bool:
        """Whether the person may call so many times more now; they are counted.

        A fiftieth of what is allowed is counted ahead and kept in this process, so that not every call asks Valkey:
        a person who calls several processes may be stopped that much early, and never late.
        """
        slot = int(time.time() // self.duration)
        with self._lock:
            counted_in, left = self._held.get(user.pk, (slot, 0))
            if counted_in == slot and left >= times:
                self._held[user.pk] = slot, left - times
                return True
        ahead = max(times, self.num_requests // 50)
        try:
            free = self.num_requests - (self._count(user, slot, ahead) - ahead)
            if free < times:
                self._count(user, slot, times - ahead)
                return False
        except RedisError:
            return True
        with self._lock:
            self._held[user.pk] = slot, min(ahead, free) - times
        return True

    def give_back(self, user: User, times: int) -> None:
        """So many calls that were counted are counted elsewhere."""
        with suppress(RedisError):  # then nobody counts
            self._count(user, int(time.time() // self.duration), -times)

    def _count(self, user: User, slot: int, more: int) -> int:
        if more == 0:
            return 0
        return count_in_window(
            f"{settings.CACHES['default']['KEY_PREFIX']}:rate:{user.pk}:{slot}", self.duration + 5, more
        )

    def wait(self) -> float:
        return float(self.duration - time.time() % self.duration)
