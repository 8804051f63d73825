"""What services raise: a stable code, a sentence for a person, and the HTTP status that says the same."""

from typing import Any, ClassVar


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


class Unavailable(DomainError):
    """A part that this needs is down; nothing was lost, try again."""

    code = "unavailable"
    status = 503
