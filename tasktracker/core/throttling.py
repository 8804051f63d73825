"""How often a person may call the API."""

import time
from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError
from rest_framework import throttling
from rest_framework.request import Request


@cache
def counters() -> "Redis":
    """One client for the process: Django's cache makes one for each request of an ASGI server, and connects anew."""
    return Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def count_in_window(key: str, seconds: int) -> int:
    """Count one more under `key` in a window that began with the first and lasts `seconds`; raises RedisError."""
    used = int(counters().incr(key))
    if used == 1:
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
        slot = int(time.time() // self.duration)
        key = f"{settings.CACHES['default']['KEY_PREFIX']}:rate:{request.user.pk}:{slot}"
        try:
            used = count_in_window(key, self.duration + 5)
        except RedisError:
            return True
        return used <= self.num_requests

    def wait(self) -> float:
        return float(self.duration - time.time() % self.duration)
