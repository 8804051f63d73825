"""Standard Webhooks: signatures as https://www.standardwebhooks.com describes them. Pure."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from ingestion.webhooks.calls import Admitted, Call, delivery_key, is_timely, same, signed_by

PREFIX = "whsec_"
MOST_SIGNATURES = 20


def key_of(secret: str) -> bytes:
    """The key in a secret, base64 with or without `whsec_`; b"" for what is none."""
    text = secret.strip().removeprefix(PREFIX)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def verify(call: Call, secrets: Sequence[str]) -> Admitted | None:
    """By `webhook-id`, `webhook-timestamp` and `webhook-signature`, of which a sender may give several."""
    number, at = call.header("webhook-id"), call.header("webhook-timestamp")
    given = call.header("webhook-signature").split(" ")[:MOST_SIGNATURES]
    signed = f"{number}.{at}.".encode("utf-8", "replace") + call.body

    def matches(secret: str) -> bool:
        key = key_of(secret)
        if not key:
            return False
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return any(same(one, expected) for one in given)

    if not signed_by(secrets, matches) or not number or not is_timely(at, call.at):
        return None
    return Admitted(delivery_key(number, call.body), call.body)
