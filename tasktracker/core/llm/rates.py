"""What a provider allows in a minute, counted for all workers in Valkey; and how long it asked everybody to wait.

Any 60 seconds are looked at, not the minutes of the clock. With Valkey away nobody is held back: the provider itself
says when it is too much.
"""

import secrets
import time
from dataclasses import dataclass

from django.conf import settings
from redis.exceptions import RedisError

from tasktracker.core.llm.types import RateLimited
from tasktracker.core.throttling import counters

WAIT_HERE = 5.0  # seconds that a call waits by itself; for longer its caller has better things to do

# One row for each call of the last minute, `id:tokens` by its time. 0, or the milliseconds to wait.
_ADMIT = """
local clock = redis.call('time')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('zremrangebyscore', KEYS[1], '-inf', now - 60000)
local rows = redis.call('zrange', KEYS[1], 0, -1, 'withscores')
local requests, tokens, mine = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local count, sum = #rows / 2, 0
for i = 1, #rows, 2 do sum = sum + tonumber(string.match(rows[i], ':(%d+)$')) end
local wait, i = 0, 1
while i <= #rows and ((requests > 0 and count >= requests) or (tokens > 0 and sum + mine > tokens)) do
  wait = tonumber(rows[i + 1]) + 60000 - now
  count, sum = count - 1, sum - tonumber(string.match(rows[i], ':(%d+)$'))
  i = i + 2
end
if wait > 0 then return math.max(1, math.ceil(wait)) end
redis.call('zadd', KEYS[1], now, ARGV[1] .. ':' .. ARGV[4])
redis.call('pexpire', KEYS[1], 61000)
return 0
"""
_SETTLE = """
local at = redis.call('zscore', KEYS[1], ARGV[1] .. ':' .. ARGV[2])
if at then
  redis.call('zrem', KEYS[1], ARGV[1] .. ':' .. ARGV[2])
  redis.call('zadd', KEYS[1], at, ARGV[1] .. ':' .. ARGV[3])
end
return 0
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """The limits of one provider; 0 is none. `key` tells providers apart."""

    key: str
    requests: int = 0
    tokens: int = 0

    def admit(self, tokens: int) -> "Ticket":
        """Count a call of about so many tokens, after a short wait where one is due.

        Raises `RateLimited` where the wait would be long. A call that is larger than a minute's tokens goes alone.
        """
        ticket = Ticket(self, secrets.token_hex(6), tokens)
        deadline = time.monotonic() + WAIT_HERE
        while True:
            wait = self._wait(ticket)
            if not wait:
                return ticket
            if time.monotonic() + wait > deadline:
                raise RateLimited("The provider's limit for a minute is reached.", retry_after=wait)
            time.sleep(wait)

    def hold(self, seconds: float) -> None:
        """The provider asked to wait: until then nobody calls it."""
        try:
            counters().set(self._held, "1", px=max(1, int(seconds * 1000)))
        except RedisError:
            return

    def release(self) -> None:
        """Nobody needs to wait any longer for what the provider asked; raises RedisError."""
        counters().delete(self._held)

    def _wait(self, ticket: "Ticket") -> float:
        try:
            held = int(counters().pttl(self._held))
            if held > 0:
                return held / 1000
            if not (self.requests or self.tokens):
                return 0
            found = counters().eval(_ADMIT, 1, self._calls, ticket.name, self.requests, self.tokens, ticket.tokens)
        except RedisError:
            return 0
        return int(found) / 1000

    @property
    def _calls(self) -> str:
        return f"{settings.CACHES['default']['KEY_PREFIX']}:calls:{self.key}"

    @property
    def _held(self) -> str:
        return f"{settings.CACHES['default']['KEY_PREFIX']}:held:{self.key}"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A call that was counted with its estimate."""

    rate: Rate
    name: str
    tokens: int

    def settle(self, tokens: int) -> None:
        """Count what the call really took."""
        if not self.rate.tokens or tokens == self.tokens:
            return
        try:
            counters().eval(_SETTLE, 1, self.rate._calls, self.name, self.tokens, tokens)
        except RedisError:
            return
