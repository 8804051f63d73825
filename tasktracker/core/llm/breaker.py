"""A provider that fails is left alone for a while, by every run and every worker; what the ledger says decides.

Calls that fail side by side are one failure: how many were under way says nothing about how bad it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from tasktracker.core.llm import limits
from tasktracker.core.llm.rates import Rate
from tasktracker.core.llm.types import CircuitOpen
from tasktracker.core.models import LLMCall
from tasktracker.core.throttling import counters

TROUBLE = (LLMCall.Outcome.DOWN, LLMCall.Outcome.TIMEOUT, LLMCall.Outcome.RATE_LIMITED)
FIRST_WAIT = 5.0  # seconds, doubled with each failure in a row
LONGEST_WAIT = 300.0
OPEN_FROM = 2  # failures in a row: one can be anything
LOOK_BACK = 60  # calls


@dataclass(frozen=True, slots=True)
class Streak:
    """Failures in a row, up to the newest call, and when the last one ended."""

    failures: int
    last: datetime | None

    @property
    def wait(self) -> float:
        """Seconds from the last failure in which nobody should call."""
        return min(LONGEST_WAIT, FIRST_WAIT * 2 ** (self.failures - 1)) if self.failures else 0.0


def streak(workspace_id: int, provider: str, *, since: datetime | None = None) -> Streak:
    """How a provider has failed last; from `since` on where that is given."""
    calls = LLMCall.objects.filter(workspace_id=workspace_id, provider=provider)
    if since is not None:
        calls = calls.filter(at__gte=since)
    failed: list[tuple[datetime, datetime]] = []
    for at, took, outcome in calls.order_by("-at").values_list("at", "duration_ms", "outcome")[:LOOK_BACK]:
        if outcome not in TROUBLE:
            break
        failed.append((at - timedelta(milliseconds=took), at))
    rounds = 0
    ended: datetime | None = None
    for began, at in reversed(failed):
        if ended is None or began >= ended:
            rounds, ended = rounds + 1, at
    return Streak(rounds, failed[0][1] if failed else None)


def forgive(workspace_id: int, provider: str) -> None:
    """A person wants the provider tried now: what it failed so far, and what it asked to wait, holds nobody back."""
    with suppress(RedisError):  # then they wait as long as everybody
        counters().set(_forgiven_key(workspace_id, provider), timezone.now().isoformat(), ex=int(2 * LONGEST_WAIT))
        Rate(f"{workspace_id}:{provider}").release()


def _forgiven(workspace_id: int, provider: str) -> datetime | None:
    try:
        found = counters().get(_forgiven_key(workspace_id, provider))
    except RedisError:
        return None
    return datetime.fromisoformat(found.decode()) if isinstance(found, bytes) else None


def _forgiven_key(workspace_id: int, provider: str) -> str:
    return f"{settings.CACHES['default']['KEY_PREFIX']}:forgiven:{workspace_id}:{provider}"


@contextmanager
def passage(workspace_id: int, provider: str) -> Iterator[None]:
    """Call in the `with`. Raises `CircuitOpen` while the provider is to be left alone; then one call tries first."""
    now = streak(workspace_id, provider)
    if now.failures >= OPEN_FROM:
        now = streak(workspace_id, provider, since=_forgiven(workspace_id, provider))
    if now.failures < OPEN_FROM or now.last is None:
        yield
        return
    left = now.wait - (timezone.now() - now.last).total_seconds()
    if left > 0:
        raise CircuitOpen("The provider has failed again and again, and is left alone for a while.", retry_after=left)
    with limits.place(f"{workspace_id}:{provider}:probe", 1, patience=0):
        yield
