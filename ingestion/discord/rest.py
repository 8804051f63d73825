"""Calls of Discord's REST API. What is raised here never holds the token."""

from typing import Any

import httpx
from django.conf import settings

from tasktracker.core.tls import tls

TIMEOUT = 20.0  # seconds
LONGEST_WAIT = 3_600.0
PAGE = 100
AGENT = "DiscordBot (task-tracker, 1)"  # the form that Discord asks for
BAD_TOKEN = (
    "Discord refuses the bot's token: make a new one on the Bot page of your application at "  # noqa: S105 (a sentence)
    "discord.com/developers, and enter it here."
)


class DiscordAway(Exception):
    """No answer to use; the text is for people.

    `is_final` where only a person can help, `is_closed` where this one thing is not shown to the bot; `retry_after`
    is how many seconds Discord asks to wait, else 0.
    """

    def __init__(self, reason: str, *, is_final: bool = False, is_closed: bool = False, retry_after: float = 0) -> None:
        super().__init__(reason)
        self.is_final = is_final
        self.is_closed = is_closed
        self.retry_after = retry_after


class Rest:
    """Calls with one bot's token, over one connection. Not for several threads at once."""

    def __init__(self, token: str) -> None:
        self._client = httpx.Client(
            base_url=settings.DISCORD_API_URL,
            headers={"Authorization": f"Bot {token}", "User-Agent": AGENT},
            timeout=TIMEOUT,
            verify=tls(),
        )
        self.pause = 0.0  # seconds before the next call, where the last answer used up what is allowed

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def gateway(self) -> str:
        """The address of the gateway. Raises `DiscordAway`, too where no session may be begun for now."""
        told = self._get("/gateway/bot")
        url = told.get("url") if isinstance(told, dict) else None
        if not isinstance(url, str) or not url.startswith(("wss://", "ws://")):
            raise DiscordAway("Discord names no gateway.")
        limit = told.get("session_start_limit")
        if isinstance(limit, dict) and limit.get("remaining") == 0:
            wait = limit.get("reset_after")
            seconds = wait / 1000 if isinstance(wait, int | float) else 60.0
            raise DiscordAway("Discord lets this bot connect no more today.", retry_after=min(seconds, LONGEST_WAIT))
        return url

    def me(self) -> str:
        """The bot's name. Raises `DiscordAway`."""
        told = self._get("/users/@me")
        return str(told.get("username", "?")) if isinstance(told, dict) else "?"

    def messages(self, channel: str, **where: str) -> list[dict[str, Any]]:
        """Up to `PAGE` messages of a channel, oldest first: those that follow `after`, or end before `before`."""
        told = self._get(f"/channels/{channel}/messages", limit=str(PAGE), **where)
        rows = (
            [row for row in told if isinstance(row, dict) and _is_id(row.get("id"))] if isinstance(told, list) else []
        )
        return sorted(rows, key=lambda row: int(row["id"]))

    def _get(self, path: str, **params: str) -> Any:
        try:
            answer = self._client.get(path, params=params)
            body = answer.json() if answer.is_success else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            reason = type(error).__name__
        else:
            self.pause = 0.0
            if answer.headers.get("X-RateLimit-Remaining") == "0":
                self.pause = _seconds(answer.headers.get("X-RateLimit-Reset-After"))
            if answer.is_success:
                return body
            raise _refused(answer)
        raise DiscordAway(f"Discord could not be reached ({reason}).")


def _refused(answer: httpx.Response) -> DiscordAway:
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return DiscordAway(BAD_TOKEN, is_final=True)
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        wait = max(_seconds(answer.headers.get("Retry-After")), 0.1)
        return DiscordAway("Discord asks to wait.", retry_after=wait)
    if answer.is_client_error:
        return DiscordAway(f"Discord does not show this to the bot ({answer.status_code}).", is_closed=True)
    return DiscordAway(f"Discord answers with {answer.status_code}.")


def _seconds(header: str | None) -> float:
    try:
        return min(max(float(header or 0), 0.0), LONGEST_WAIT)
    except ValueError:
        return 0.0


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit()
