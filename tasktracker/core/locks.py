"""One slow thing at a time for each person: what waits for somebody else's server holds a thread of the web process."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings
from redis.exceptions import RedisError

from tasktracker.core.errors import TooMany
from tasktracker.core.models import User
from tasktracker.core.throttling import counters

# Only the holder frees it: its lock may have run out, and be somebody else's by now.
FREE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


@contextmanager
def one_at_a_time(*, user: User, seconds: int) -> Iterator[None]:
    """Hold the person's one lock for what stands in the `with`, `seconds` at most.

    Raises `TooMany` (code `already_running`) while they hold it elsewhere. With Valkey away nobody is kept out.
    """
    key = f"{settings.CACHES['default']['KEY_PREFIX']}:running:{user.pk}"
    mine = secrets.token_hex(8)
    held = _take(key, mine, seconds)
    try:
        yield
    finally:
        if held:
            with suppress(RedisError):  # it runs out by itself
                counters().eval(FREE, 1, key, mine)


def _take(key: str, mine: str, seconds: int) -> bool:
    """Whether the lock is there and ours; False with Valkey away. Raises `TooMany`."""
    try:
        if counters().set(key, mine, nx=True, ex=seconds):
            return True
        left = int(counters().pttl(key)) / 1000
    except RedisError:
        return False
    raise TooMany(
        "Something that you started is still waiting for its answer.", retry_after=left, code="already_running"
    )
