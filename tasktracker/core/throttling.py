"""How often a person may call the API."""

import time
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework import throttling
from rest_framework.request import Request


class UserThrottle(throttling.SimpleRateThrottle):
    """A fixed window a user, counted in Valkey with INCR. With Valkey away, nobody is kept out."""

    scope = "user"
    duration: int
    num_requests: int

    def allow_request(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return True
        slot = int(time.time() // self.duration)
        key = f"rate:{request.user.pk}:{slot}"
        try:
            used = cache.incr(key) if not cache.add(key, 1, self.duration + 5) else 1
        except (RedisError, ValueError):
            return True
        return bool(used <= self.num_requests)

    def wait(self) -> float:
        return float(self.duration - time.time() % self.duration)
