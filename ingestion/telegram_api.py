"""One call of the Bot API. The token is in the address of a call, so what is raised here never holds an address."""

from typing import Any

import httpx
from django.conf import settings

from tasktracker.core.tls import tls

TIMEOUT = 10.0  # seconds
LONGEST_REASON = 120  # characters of what Telegram says


class BotCallFailed(Exception):
    """No result: `http_status` of the answer, None where Telegram could not be reached; the text is for people.

    `retry_after` is how many seconds Telegram asks to wait, else 0. `never_sent` where nothing can have arrived.
    """

    def __init__(
        self, reason: str, *, status: int | None = None, retry_after: float = 0, never_sent: bool = False
    ) -> None:
        super().__init__(reason)
        self.http_status = status
        self.retry_after = retry_after
        self.never_sent = never_sent


def call_bot(*, token: str, method: str, **params: str) -> Any:
    """The `result` of https://core.telegram.org/bots/api `method`. Raises `BotCallFailed`. Never in a transaction."""
    try:
        answer = httpx.post(
            f"{settings.TELEGRAM_API_URL}/bot{token}/{method}", data=params, timeout=TIMEOUT, verify=tls()
        )
        body = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        kind = type(error).__name__  # and nothing more of it: it holds the address
        never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.InvalidURL)
    else:
        if isinstance(body, dict):
            if body.get("ok"):
                return body.get("result")
            reason = str(body.get("description", answer.status_code)).replace(token, "…")[:LONGEST_REASON]
            wait = (body.get("parameters") or {}).get("retry_after")
            asked = float(wait) if isinstance(wait, int | float) else 0.0
            raise BotCallFailed(reason, status=answer.status_code, retry_after=asked)
        kind, never_sent = "no answer of the Bot API", False
    # Out here the error of httpx is no context of this one either.
    raise BotCallFailed(f"Telegram could not be reached ({kind}).", never_sent=never_sent)
