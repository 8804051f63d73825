"""What goes into the gateway and what comes out: endpoints, prompts, replies, and the ways in which a call fails."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Protocol, runtime_checkable

from tasktracker.core.enums import ProviderKind, Purpose
from tasktracker.core.errors import DomainError
from tasktracker.core.models import LLMCall

Outcome = LLMCall.Outcome


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A model and where it answers. `url` may be empty for a vendor with one address of its own.

    `context_tokens` is what the model reads and writes at once, `timeout_seconds` the wall-clock limit of one whole
    `ask`, its retries included. `name` is what the ledger calls the provider; empty means `kind`. `concurrency` is how
    many calls the provider gets at once from all workers of the workspace, and the two limits are for any 60 seconds; 0
    is as many as come.
    """

    kind: ProviderKind
    model: str
    url: str = ""
    key: str = field(default="", repr=False)
    is_local: bool = False
    context_tokens: int = 8192
    timeout_seconds: float = 120
    name: str = ""
    concurrency: int = 0
    requests_per_minute: int = 0
    tokens_per_minute: int = 0


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One question, complete: `name` and `version` say in the ledger which text of ours asked it."""

    name: str
    version: str
    purpose: Purpose
    system: str = field(repr=False)
    user: str = field(repr=False)
    temperature: float = 0.0
    max_tokens: int = 4000


@dataclass(frozen=True, kw_only=True)
class Reply[T]:
    """A checked answer and its price.

    Tokens are the server's own count over all attempts (None when it gave none), `cost` is in USD (None when the
    price is not known, 0 on hardware of one's own), `dropped` counts the items that were not valid.
    """

    value: T
    tokens_in: int | None
    tokens_out: int | None
    cost: Decimal | None
    duration_ms: int
    attempts: int
    call_id: int
    dropped: int = 0


@runtime_checkable
class Countable(Protocol):
    """An answer that knows how many items it holds; the ledger and the check for "nothing was valid" ask it."""

    @property
    def item_count(self) -> int: ...


class LLMError(DomainError):
    """A call that gave no answer. Its text is ours alone: never a key, never a word of prompt or answer.

    `outcome` is what the ledger says of it, `call_id` the row in the ledger (None when no row was written).
    """

    code = "llm_error"
    status = 502
    outcome: ClassVar[Outcome] = Outcome.DOWN
    call_id: int | None = None


class ProviderDown(LLMError):
    """Not reachable, failing, too slow or not speaking its own protocol: try again later."""

    code = "provider_down"
    status = 503


class ProviderTimeout(ProviderDown):
    """The deadline of the whole call passed, however busily the server dripped."""

    code = "provider_timeout"
    outcome = Outcome.TIMEOUT


class RateLimited(LLMError):
    """Asked to wait. `retry_after` is in seconds, None when the server did not say."""

    code = "rate_limited"
    status = 503
    outcome = Outcome.RATE_LIMITED

    def __init__(self, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.retry_after = retry_after


class CircuitOpen(RateLimited):
    """The provider failed again and again: nobody calls it until `retry_after` is over. Nothing was sent."""

    code = "circuit_open"


class InvalidAnswer(LLMError):
    """No valid answer after all attempts. With `cut` the answer ran into its length limit: ask for less at once."""

    code = "invalid_answer"
    outcome = Outcome.INVALID

    def __init__(self, detail: str, *, cut: bool = False) -> None:
        super().__init__(detail, cut=cut)
        self.cut = cut


class PromptCut(LLMError):
    """The server read less than was sent, so its answer was thrown away: its context is smaller than configured."""

    code = "prompt_cut"
    outcome = Outcome.CUT


class PromptTooLong(LLMError):
    """Refused before it was sent, or by the server, because it does not fit the model's context."""

    code = "prompt_too_long"
    status = 400
    outcome = Outcome.TOO_LONG


class Refused(LLMError):
    """The request itself will not be taken: key, model, address or the vendor's policy. Trying again is no use."""

    code = "provider_refused"
    outcome = Outcome.REFUSED


class LocalOnly(LLMError):
    """The text may go to local models only, and this endpoint is not one. Nothing was sent."""

    code = "local_only"
    status = 409


class NotWanted(LLMError):
    """Nobody wants the answer any more: it was called off while the call waited for its place. Nothing was sent."""

    code = "not_wanted"
    status = 409


class InTransaction(LLMError):
    """Asked inside an open database transaction: a slow model would hold its locks. Nothing was sent."""

    code = "in_transaction"
    status = 500
