"""Guessing passwords: ten wrong ones for a user name from an address, then a quarter of an hour of nothing.

Not django-axes: with Valkey away its cache handler would let nobody in, its count may be passed by guesses made at the
same time, and each further guess begins its waiting time anew.
"""

import hashlib
import math
import unicodedata
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from redis.exceptions import RedisError
from unfold.forms import AuthenticationForm as UnfoldAuthenticationForm

from tasktracker.core.errors import TooMany
from tasktracker.core.throttling import count_in_window, counters

LIMIT = 10
WINDOW = 15 * 60  # seconds from the first wrong one


def count_guess(*, username: str, address: str) -> None:
    """Count one guess before it is looked at; raises `TooMany` from the eleventh on, the right password included.

    Known and unknown names are counted alike. With Valkey away nobody is kept out.
    """
    key = _key(username, address)
    try:
        if count_in_window(key, WINDOW) <= LIMIT:
            return
        left = counters().ttl(key)
        if left < 0:  # it was counted and then not given an end: whoever counted it died in between
            counters().expire(key, WINDOW)
            left = WINDOW
    except RedisError:
        return
    minutes = math.ceil(max(left, 1) / 60)
    raise TooMany(
        f"Too many wrong passwords. Try again in {minutes} minute{'' if minutes == 1 else 's'}.",
        retry_after=left,
        code="locked_out",
    )


def forget_guesses(*, username: str, address: str) -> None:
    """The right password came: begin to count anew."""
    with suppress(RedisError):
        counters().delete(_key(username, address))


def _key(username: str, address: str) -> str:
    who = f"{unicodedata.normalize('NFKC', username).casefold()}\n{address}"
    return f"{settings.CACHES['default']['KEY_PREFIX']}:guesses:{hashlib.sha256(who.encode()).hexdigest()}"


class CountedForm(AuthenticationForm):
    """A login form whose guesses are counted by user name and address of the connection (never a header's word)."""

    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        request: Any = self.request
        address = request.META.get("REMOTE_ADDR", "")
        if username is not None and password:
            count_guess(username=username, address=address)
        cleaned: dict[str, Any] = super().clean()
        if username is not None and self.user_cache is not None:
            forget_guesses(username=username, address=address)
        return cleaned


class AdminLoginForm(CountedForm, UnfoldAuthenticationForm):
    """The same for the administration's own login."""
