"""What Telegram hands to a Mini App, checked. Pure. See https://core.telegram.org/bots/webapps#validating-data

aiogram's own check takes data of any age, and of a doubled key the last one; so neither is left to it.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.utils.crypto import constant_time_compare

from tasktracker.core.paths import is_number

LONGEST = 8 * 1024  # characters; Telegram's are about 600
FIELDS = 40
MAX_AGE = 60 * 60  # seconds
AHEAD = 60  # seconds that Telegram's clock may be before ours
HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


class NotGenuine(Exception):
    """Not what Telegram signed a short time ago for a person."""


@dataclass(frozen=True, slots=True)
class InitData:
    """Read, and fresh, but not proven yet: that takes the token of the bot. `at` is seconds since 1970."""

    fields: dict[str, str]
    hash: str
    at: int

    def is_signed_by(self, tokens: Iterable[str]) -> bool:
        """Whether one of these bot tokens made the hash; each is tried, whatever the first one says."""
        said = "\n".join(f"{name}={value}" for name, value in sorted(self.fields.items())).encode()
        matches = [constant_time_compare(self.hash, _sign(said, token)) for token in tokens if token]
        return any(matches)

    def person(self) -> dict[str, Any]:
        """Telegram's `user`: who opened the app; empty where nobody is named."""
        try:
            user: Any = json.loads(self.fields.get("user", ""))
        except (ValueError, RecursionError):
            user = None
        return user if isinstance(user, dict) else {}

    def person_id(self) -> str:
        """The Telegram id of who opened the app; raises `NotGenuine` where nobody is named."""
        number = self.person().get("id")
        if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**63:
            raise NotGenuine("It names nobody.")
        return str(number)


def read(raw: str, *, now: float) -> InitData:
    """The fields of initData. Raises `NotGenuine` for what is too old, ahead of time, ambiguous or no such data."""
    if len(raw) > LONGEST:
        raise NotGenuine("It is too long.")
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=FIELDS)
    except ValueError:
        raise NotGenuine("It can't be read.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise NotGenuine("A key stands in it twice.")
    made = fields.pop("hash", "")
    at = fields.get("auth_date", "")
    if not HASH.fullmatch(made) or not is_number(at, digits=12):
        raise NotGenuine("It has no hash, or no date.")
    if not now - MAX_AGE <= int(at) <= now + AHEAD:
        raise NotGenuine("It is too old, or ahead of time.")
    return InitData(fields, made, int(at))


def _sign(said: bytes, token: str) -> str:
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return hmac.new(key, said, hashlib.sha256).hexdigest()
