"""Codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds). Pure."""

import base64
import hmac
import secrets
import time

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

PERIOD = 30  # seconds
DIGITS = 6
DRIFT = 1  # steps that a clock may be off, either way
ISSUER = "Task Tracker"


def new_key() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def _totp(key: str) -> TOTP:
    return TOTP(base64.b32decode(key), DIGITS, SHA1(), PERIOD)  # noqa: S303  (what the apps speak)


def code_at(key: str, moment: float) -> str:
    """The code of a moment (seconds since 1970)."""
    return _totp(key).generate(int(moment)).decode()


def step_of(key: str, code: str, *, after: int, now: float | None = None) -> int | None:
    """The step (30 seconds since 1970) whose code this is, if it is about now and later than `after`; else None."""
    present = int((time.time() if now is None else now) // PERIOD)
    for step in range(present - DRIFT, present + DRIFT + 1):
        if step > after and hmac.compare_digest(code_at(key, step * PERIOD).encode(), code.encode()):
            return step
    return None


def address(key: str, username: str) -> str:
    """The `otpauth://` address that a QR code holds."""
    return _totp(key).get_provisioning_uri(username, ISSUER)
