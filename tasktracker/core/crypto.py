"""Secrets at rest: Fernet with a list of keys, each token bound to its row, failing closed."""

import functools
import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

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
