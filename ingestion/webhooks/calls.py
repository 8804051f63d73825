"""What every webhook shares: the call as it came, what a verifier makes of it, and how secrets are compared. Pure."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tasktracker.core.paths import is_number

TOLERANCE = 300  # seconds that a signed time may be off, by our clock
LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Call:
    """One POST: header names are in lower case, `at` is when it came (Unix seconds)."""

    headers: Mapping[str, str]
    body: bytes
    at: float

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class Admitted:
    """A genuine call.

    `key` is the platform's own id of this delivery. `raw` is what is stored: the body, without a secret that stood in
    it. `reply` is text to answer with where the call is a question and nothing is stored.
    """

    key: str
    raw: bytes = field(repr=False)
    reply: str | None = None


# The verifier of a platform: looks at each valid secret, and says None for what none of them signed.
type Verify = Callable[[Call, Sequence[str]], Admitted | None]


@dataclass(frozen=True, slots=True)
class Door:
    """An address: whose sources may come in by it, and who looks at what comes.

    `format` is that of `Source.config["format"]`, for the kind that has several.
    """

    kind: str
    verify: Verify
    format: str = ""


def same(given: str, expected: str) -> bool:
    """Constant-time comparison; headers may hold anything."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def signed_by(secrets: Sequence[str], matches: Callable[[str], bool]) -> bool:
    """Whether one of them matches; all are looked at, and an empty one never matches."""
    found = [bool(secret) and matches(secret) for secret in secrets]
    return any(found)


def hmac_hex(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def is_timely(seconds: str, now: float) -> bool:
    """Whether a time that the sender signed (Unix seconds) is near ours."""
    return is_number(seconds, digits=15) and abs(now - int(seconds)) <= TOLERANCE


def delivery_key(given: str, body: bytes) -> str:
    """The platform's id of a delivery as it may be stored; where it has none, one that is made of the body."""
    if given and len(given) <= LONGEST_ID and given.isascii() and given.isprintable() and given == given.strip():
        return given
    return "sha256:" + hashlib.sha256(given.encode("utf-8", "replace") + b"\0" + body).hexdigest()


def json_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object of a body, also where a form holds it in its field `payload`; None where it is none."""
    if body.startswith(b"payload="):
        body = form_fields(body).get("payload", "").encode("utf-8", "replace")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def form_fields(body: bytes) -> dict[str, str]:
    """The fields of a form, the first of each name."""
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
