"""How often a person may call the API."""

import time
from functools import cache
from typing import Any

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

    def allow_request(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return True
        return self.admits(request.user, 1)

    def admits(self, user: User, times: int) -> bool:
        """Whether the person may call so many times more now; they are counted."""
        slot = int(time.time() // self.duration)
        key = f"{settings.CACHES['default']['KEY_PREFIX']}:rate:{user.pk}:{slot}"
        try:
            used = count_in_window(key, self.duration + 5, times)
        except RedisError:
            return True
        return used <= self.num_requests

    def wait(self) -> float:
        return float(self.duration - time.time() % self.duration)
