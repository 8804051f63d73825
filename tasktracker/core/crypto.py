"""Secrets at rest: Fernet with a list of keys, each token bound to its row, failing closed; and keyed digests."""

import functools
import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

PREFIX = "v1:"


class DecryptionError(Exception):
    """No configured key opens this value, or it belongs to another row. The value is never shown as it is."""


@functools.lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _keys() -> MultiFernet:
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS))


def seal(value: str, *, bind: str) -> str:
    """Encrypt `value` with the first key, bound to `bind` (such as `provider.api_key:UUID`)."""
    return PREFIX + _keys().encrypt(json.dumps({"b": bind, "v": value}).encode()).decode()


def unseal(sealed: str, *, bind: str) -> str:
    """The clear value; raises `DecryptionError` on a lost key, a damaged value or one moved from another row."""
    if not sealed.startswith(PREFIX):
        raise DecryptionError("This is not a sealed value. Enter the secret again.")
    try:
        content = json.loads(_keys().decrypt(sealed.removeprefix(PREFIX).encode()))
    except InvalidToken:
        raise DecryptionError("No key in FIELD_ENCRYPTION_KEYS opens this secret. Enter it again.") from None
    if content["b"] != bind:
        raise DecryptionError("This secret belongs to another row. Enter it again.")
    return str(content["v"])


def reseal(sealed: str) -> str:
    """The same value under the first key, for rotation; raises `DecryptionError`."""
    try:
        return PREFIX + _keys().rotate(sealed.removeprefix(PREFIX).encode()).decode()
    except InvalidToken:
        raise DecryptionError("No key in FIELD_ENCRYPTION_KEYS opens this secret. Enter it again.") from None


def digest(salt: str, value: str) -> str:
    """What stands for `value` where nobody without SECRET_KEY may find out which it is: 64 hexadecimal digits."""
    return digests(salt, value)[0]


def digests(salt: str, value: str) -> Sequence[str]:
    """`digest` by SECRET_KEY, then by each of SECRET_KEY_FALLBACKS: any of them may be what was stored."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [salted_hmac(salt, value, secret=key, algorithm="sha256").hexdigest() for key in keys]


def key_names() -> Sequence[str]:
    """What each key of `digests` may be called beside what was made with it: eight digits, of which none is made."""
    return [one[:8] for one in digests("tasktracker.key_name", "")]
