"""What a failed call means, read off the wire; pure, and without a word of what the server wrote."""

import re
from collections.abc import Iterator

from pydantic import ValidationError

from tasktracker.core.llm.types import LLMError, PromptTooLong, ProviderDown, ProviderTimeout, RateLimited, Refused
from tasktracker.core.llm.wire import Trace

_SCHEMA_WORDS = re.compile(r"response_format|json_schema|schema|grammar|structured output", re.IGNORECASE)
_LENGTH_WORDS = re.compile(
    r"context.{0,12}(length|window|size)|maximum context|too many tokens|prompt is too long"
    r"|exceed\w* .{0,30}(token|context)",
    re.IGNORECASE,
)
_NO_USE = {
    401: "The provider does not accept the key.",
    402: "The provider wants to be paid first.",
    403: "The provider does not allow this with the key.",
    404: "The provider knows no such model or address.",
}


def from_wire(trace: Trace) -> LLMError:
    """The error that stands for what `trace` saw of a call that gave no usable answer."""
    status = trace.status
    if trace.refused:
        return Refused(trace.refused)
    if trace.timed_out:
        return ProviderTimeout("The provider did not answer in time.")
    if trace.too_big:
        return ProviderDown("The provider's answer was far too big.")
    if status is None:
        return ProviderDown("The connection broke." if trace.connected else "The provider could not be reached.")
    if status == 429 or (status == 503 and trace.retry_after is not None):
        return RateLimited("The provider asks to wait.", retry_after=trace.retry_after)
    if status >= 500 or status == 408:
        return ProviderDown(f"The provider failed (HTTP {status}).")
    if status in _NO_USE:
        return Refused(_NO_USE[status])
    if status >= 400:
        if _LENGTH_WORDS.search(trace.error_body) or status == 413:
            return PromptTooLong("The provider says that the prompt is too long.")
        return Refused(f"The provider refused the request (HTTP {status}).")
    if status >= 300:
        return Refused("The provider's address redirects to another one; redirects are not followed.")
    return ProviderDown("What answers at this address is not the provider's API.")


def refuses_schema(trace: Trace) -> bool:
    """Whether the server refused a request because it carried a JSON Schema."""
    return trace.status in {400, 404, 422, 501} and bool(_SCHEMA_WORDS.search(trace.error_body))


def is_validation(error: BaseException) -> bool:
    """Whether the server answered as it should and only the answer's content was not valid."""
    return isinstance(error, ValidationError) or type(error).__name__ == "ResponseParsingError"


def find(error: BaseException, kind: type[BaseException]) -> bool:
    """Whether `error` was raised by, or while handling, an error of that kind."""
    return any(isinstance(link, kind) for link in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
