"""Guessing passwords: ten wrong ones for a user name from an address, then a quarter of an hour of nothing.

Whoever is kept out is mailed a link that ends it (unlocking.py).

Not django-axes: with Valkey away its cache handler would let nobody in, its count may be passed by guesses made at the
same time, and each further guess begins its waiting time anew.
"""

import hashlib
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest
from redis.exceptions import RedisError
from unfold.forms import AuthenticationForm as UnfoldAuthenticationForm

from tasktracker.core import unlocking
from tasktracker.core.enums import Guess
from tasktracker.core.errors import TooMany, Unavailable
from tasktracker.core.models import User
from tasktracker.core.passwords import mail_is_on
from tasktracker.core.throttling import count_in_window, counters
from tasktracker.core.words import counted_as

LIMIT = 10
WINDOW = 15 * 60  # seconds from the first wrong one


def count_guess(
    *, username: str, address: str, strictly: bool = False, at_lock: Callable[[str], None] | None = None
) -> None:
    """Count one guess before it is looked at; raises `TooMany` from the eleventh on, the right one included.

    Known and unknown names are counted alike. The eleventh calls `at_lock` with the lock's key in Valkey. With Valkey
    away nobody is kept out: a password is slow to try. What is `strictly` counted is not looked at then, and raises
    `Unavailable`: a code of six digits is soon guessed by whoever may try all of them.
    """
    key = _key(username, address)
    try:
        used = count_in_window(key, WINDOW)
        left = counters().ttl(key) if used > LIMIT else 0
        if left < 0:  # it was counted and then not given an end: whoever counted it died in between
            counters().expire(key, WINDOW)
            left = WINDOW
    except RedisError:
        if strictly:
            raise Unavailable(
                "Codes of an app can't be counted at the moment, so none is looked at. Try again in a minute, "
                "or use a passkey or a recovery code."
            ) from None
        return
    if used <= LIMIT:
        return
    if at_lock is not None and used == LIMIT + 1:
        at_lock(key)
    minutes = math.ceil(max(left, 1) / 60)
    mailed = " If your login has an e-mail address, a link in your mail lets you try again at once."
    raise TooMany(
        f"Too many wrong guesses. Try again in {counted_as(minutes, 'minute')}."
        f"{mailed if at_lock is not None and mail_is_on() else ''}",
        retry_after=left,
        code="locked_out",
    )


def forget_guesses(*, username: str, address: str) -> None:
    """The right one came: begin to count anew."""
    with suppress(RedisError):
        counters().delete(_key(username, address))


def count_password(request: HttpRequest, username: str) -> dict[str, str]:
    """Count a guess at a password, by name and address of the connection (never a header's word).

    Returns the arguments of `forget_guesses`. Whoever has the name is told by mail when they are locked out.
    """
    who = {"username": username, "address": request.META.get("REMOTE_ADDR", "")}

    def tell(key: str) -> None:
        if mail_is_on():
            people = unlocking.people_named(username)
            unlocking.offer(people, lock=key, guess=Guess.FIRST_STEP, address=who["address"], base=_base(request))

    count_guess(**who, at_lock=tell)
    return who


def count_second_step(request: HttpRequest, user: User, *, strictly: bool) -> dict[str, str]:
    """Count a guess at a person's second step, wherever it comes from. Otherwise as `count_password`."""
    address = request.META.get("REMOTE_ADDR", "")

    def tell(key: str) -> None:
        if mail_is_on():
            unlocking.offer([user.pk], lock=key, guess=Guess.SECOND_STEP, address=address, base=_base(request))

    who = {"username": f"second step of {user.pk}", "address": ""}
    count_guess(**who, strictly=strictly, at_lock=tell)
    return who


def _base(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


def _key(username: str, address: str) -> str:
    who = f"{unlocking.plain(username)}\n{address}"
    return f"{settings.CACHES['default']['KEY_PREFIX']}:guesses:{hashlib.sha256(who.encode()).hexdigest()}"


class CountedForm(AuthenticationForm):
    """A login form whose guesses are counted by user name and address of the connection (never a header's word)."""

    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        request: Any = self.request
        who = count_password(request, username) if username is not None and password else None
        cleaned: dict[str, Any] = super().clean()
        if who is not None and self.user_cache is not None:
            forget_guesses(**who)
        return cleaned


class AdminLoginForm(CountedForm, UnfoldAuthenticationForm):
    """The same for the administration's own login."""
