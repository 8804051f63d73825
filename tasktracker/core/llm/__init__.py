"""The gateway to language models: `ask` for a checked answer, `embed` for vectors; both keep the ledger.

It knows no provider row, no run and no message: who asks hands over an endpoint, a prompt and a subject for the ledger.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from tasktracker.core.enums import ProviderKind
from tasktracker.core.llm import breaker, budget, ledger, limits, remembered, salvage
from tasktracker.core.llm.rates import Rate
from tasktracker.core.llm.types import (
    CircuitOpen,
    Endpoint,
    InTransaction,
    InvalidAnswer,
    LLMError,
    LocalOnly,
    NotWanted,
    Outcome,
    Prompt,
    PromptCut,
    PromptTooLong,
    ProviderDown,
    ProviderTimeout,
    RateLimited,
    Refused,
    Reply,
)

__all__ = [
    "CircuitOpen",
    "Endpoint",
    "InTransaction",
    "InvalidAnswer",
    "LLMError",
    "LocalOnly",
    "NotWanted",
    "Prompt",
    "PromptCut",
    "PromptTooLong",
    "ProviderDown",
    "ProviderTimeout",
    "RateLimited",
    "Refused",
    "Reply",
    "ask",
    "embed",
    "embeds_locally",
]

EMBED_PURPOSE = "embed"  # in the ledger only: no agent serves it


def ask[T: BaseModel](
    prompt: Prompt,
    answer: type[T],
    *,
    endpoint: Endpoint,
    workspace_id: int,
    subject: str,
    local_only: bool = False,
    context: dict[str, Any] | None = None,
    wanted: Callable[[], bool] | None = None,
    remember: bool = False,
) -> Reply[T]:
    """Ask a model and give back a valid `answer` with its price; each call leaves one row in the ledger.

    `subject` says in the ledger what it was for (`run:41`), `local_only` refuses endpoints that are not local, and
    `context` reaches the answer's validators. With `remember` an answer to the very same question is given again, free
    and without a row. The call first waits for its turn by the provider's limits, for as long as a call may take, and
    asks `wanted` whether it still is; then, corrections included, it ends at `endpoint.timeout_seconds`. Errors of
    transport are not tried again here, the caller waits and does.

    Raises LLMError: InTransaction, LocalOnly, NotWanted, CircuitOpen, RateLimited by our own limits (nothing sent, no
    row); PromptTooLong, ProviderDown, RateLimited, InvalidAnswer, PromptCut, Refused (each with its row in `call_id`).
    """
    from tasktracker.core.llm import live  # here, and in embed: HTTP and its libraries are a third of a start

    ledger.refuse_inside_transaction()
    if local_only and not endpoint.is_local:
        raise LocalOnly("This text may go to local models only, and the provider is not one.")
    key = remembered.key_of(prompt, answer, endpoint) if remember and not prompt.temperature else ""
    known = remembered.find(workspace_id, key) if key else None
    if known is not None:
        return Reply(
            value=answer.model_validate_json(known.body, context=context),
            tokens_in=0,
            tokens_out=0,
            cost=Decimal(0),
            duration_ms=0,
            attempts=0,
            call_id=known.call_id,
        )
    bill = ledger.Bill()
    value: T | None = None
    failure: LLMError | None = None
    provider = f"{workspace_id}:{endpoint.name}"
    rate = Rate(provider, endpoint.requests_per_minute, endpoint.tokens_per_minute)
    with ExitStack() as held:
        if endpoint.name:
            held.enter_context(breaker.passage(workspace_id, endpoint.name))
        ticket = rate.admit(budget.estimate_tokens(prompt.system) + budget.estimate_tokens(prompt.user))
        held.enter_context(limits.place(provider, endpoint.concurrency, patience=endpoint.timeout_seconds))
        if wanted is not None and not wanted():
            raise NotWanted("It was called off while it waited.")
        try:
            value = live.Ask(
                prompt=prompt,
                endpoint=endpoint,
                max_tokens=_room(prompt, answer, endpoint),
                bill=bill,
            ).answer(answer, context)
        except LLMError as error:
            failure = error
            if isinstance(error, RateLimited) and error.retry_after:
                rate.hold(error.retry_after)
        ticket.settle((bill.tokens_in or 0) + (bill.tokens_out or 0) or ticket.tokens)
    if endpoint.is_local:
        bill.cost = Decimal(0)
    call_id = ledger.write_call(
        workspace_id=workspace_id,
        subject=subject,
        purpose=prompt.purpose,
        endpoint=endpoint,
        name=prompt.name,
        version=prompt.version,
        bill=bill,
        outcome=_outcome(failure, bill),
        error="" if failure is None else failure.detail,
    )
    if failure is not None:
        failure.call_id = call_id
        raise failure
    assert value is not None  # noqa: S101 - one of the two is there
    if key:
        remembered.keep(workspace_id, key, body=value.model_dump_json(), call_id=call_id)
    return Reply(
        value=value,
        tokens_in=bill.tokens_in,
        tokens_out=bill.tokens_out,
        cost=bill.cost,
        duration_ms=bill.duration_ms,
        attempts=bill.attempts,
        call_id=call_id,
        dropped=bill.dropped,
    )


def embeds_locally(model: str) -> bool:
    """Whether texts stay on this machine with this embedding model; `offline` is one."""
    return model == ProviderKind.OFFLINE or _embedding_endpoint(model).is_local


def embed(
    texts: Sequence[str],
    *,
    model: str,
    workspace_id: int,
    local_only: bool = False,
    subject: str = "embed",
    timeout_seconds: float = 60,
) -> list[list[float]]:
    """One vector for each text, in order, by a litellm embedding model such as `ollama/nomic-embed-text`.

    `local_only` refuses models that are not local. The offline embedding needs no gateway and is refused here. Raises
    LLMError as `ask` does; one row in the ledger.
    """
    from tasktracker.core.llm import live

    ledger.refuse_inside_transaction()
    if model == ProviderKind.OFFLINE:
        raise Refused("The offline embedding is no model server's.")
    endpoint = _embedding_endpoint(model, timeout_seconds)
    if local_only and not endpoint.is_local:
        raise LocalOnly("This text may go to local models only, and the embedding model is not one.")
    if not texts:
        return []
    bill = ledger.Bill()
    vectors: list[list[float]] = []
    failure: LLMError | None = None
    try:
        vectors = live.embed(texts, endpoint=endpoint, bill=bill)
    except LLMError as error:
        failure = error
    call_id = ledger.write_call(
        workspace_id=workspace_id,
        subject=subject,
        purpose=EMBED_PURPOSE,
        endpoint=endpoint,
        name=EMBED_PURPOSE,
        version="1",
        bill=bill,
        outcome=_outcome(failure, bill),
        error="" if failure is None else failure.detail,
    )
    if failure is not None:
        failure.call_id = call_id
        raise failure
    return vectors


def _room(prompt: Prompt, answer: type[BaseModel], endpoint: Endpoint) -> int:
    needed = sum(
        budget.estimate_tokens(text) for text in (prompt.system, prompt.user, salvage.wire_schema_text(answer))
    )
    room = budget.answer_room(
        needed + 2 * budget.MESSAGE_OVERHEAD, context_tokens=endpoint.context_tokens, max_tokens=prompt.max_tokens
    )
    if not room:
        raise PromptTooLong(f"About {needed} tokens do not fit a context of {endpoint.context_tokens} with an answer.")
    return room


def _outcome(failure: LLMError | None, bill: ledger.Bill) -> Outcome:
    if failure is None:
        return Outcome.PARTIAL if bill.dropped else Outcome.OK
    return Outcome.CUT if isinstance(failure, InvalidAnswer) and failure.cut else failure.outcome


def _embedding_endpoint(model: str, timeout_seconds: float = 60) -> Endpoint:
    """litellm's `vendor/name`; a vendor without a route of ours keeps the whole name."""
    vendor, _, name = model.partition("/")
    if name and vendor in {ProviderKind.OLLAMA, ProviderKind.OPENAI}:
        if vendor == ProviderKind.OLLAMA:
            return Endpoint(
                kind=ProviderKind.OLLAMA, model=name, is_local=True, timeout_seconds=timeout_seconds, name=vendor
            )
        # EMBEDDING_MODEL is the operator's, and so are the variables that litellm documents beside it.
        return Endpoint(
            kind=ProviderKind.OPENAI,
            model=name,
            url=os.environ.get("OPENAI_BASE_URL", ""),
            key=os.environ.get("OPENAI_API_KEY", ""),
            timeout_seconds=timeout_seconds,
            name=vendor,
        )
    kind = ProviderKind(vendor) if vendor in ProviderKind.values else ProviderKind.OPENAI
    return Endpoint(kind=kind, model=model, timeout_seconds=timeout_seconds, name=vendor)
