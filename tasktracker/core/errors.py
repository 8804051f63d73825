"""What services raise: a stable code, a sentence for a person, and the HTTP status that says the same."""

import math
from http import HTTPStatus
from typing import Any, ClassVar

PROBLEM = "application/problem+json"


class DomainError(Exception):
    """A refusal that a caller can act on. `code` is stable; `extra` holds JSON values for the body."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400

    def __init__(self, detail: str, *, code: str | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.error_code = code or self.code
        self.extra = extra


class Invalid(DomainError):
    """The input can't be taken; `detail` says what to change."""

    code = "invalid"


class NotFound(DomainError):
    """There is no such thing, or not for this person: the two look the same."""

    code = "not_found"
    status = 404


class Forbidden(DomainError):
    """The person's role does not reach."""

    code = "forbidden"
    status = 403


class Conflict(DomainError):
    """The world is not as the caller thought: `code` says how, `extra` what it is now."""

    code = "conflict"
    status = 409


class TooMany(DomainError):
    """Too often, or too much at once. `retry_after` (whole seconds) is told in the header Retry-After too."""

    code = "too_many"
    status = 429

    def __init__(self, detail: str, *, retry_after: float, code: str | None = None) -> None:
        super().__init__(detail, code=code, retry_after=max(1, math.ceil(retry_after)))


class Unavailable(DomainError):
    """A part that this needs is down; nothing was lost, try again."""

    code = "unavailable"
    status = 503


def problem_body(code: str, detail: str, http_status: int, **extra: Any) -> dict[str, Any]:
    """The body of an `application/problem+json` (RFC 9457): title, status, detail, our stable `code`, and more."""
    title = HTTPStatus(http_status).phrase
    return {"type": "about:blank", "title": title, "status": http_status, "code": code, "detail": detail, **extra}
