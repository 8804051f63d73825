"""Telegram's webhook of a source: where it points, set and checked by the Bot API.

The token that Telegram has to send along is made of the source and its bot token: nothing has to be stored, and a new
bot token ends it.
"""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.crypto import constant_time_compare

from ingestion.bot_intro import introduce
from ingestion.channels.telegram import ALLOWED_UPDATES
from ingestion.models import Source
from ingestion.telegram_api import BotCallFailed, call_bot
from tasktracker.core import crypto
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.errors import Unavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hook:
    """What Telegram says of a bot's webhook; `url` is "" where it is polled."""

    url: str
    waiting: int
    error: str
    error_at: datetime | None


SALT = "telegram.webhook"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
WEBHOOK = "webhook"  # in a source's config: where Telegram brings the updates; without it the bot polls


def secret_token(source: Source) -> str:
    """What Telegram sends as X-Telegram-Bot-Api-Secret-Token with each update of this source."""
    return crypto.digest(SALT, f"{source.uid}:{source.open_secret()}")


def is_genuine(source: Source, given: str) -> bool:
    """Whether a call with this header is Telegram's, by each bot token that is valid now; never without one.

    Raises `DecryptionError`.
    """
    # As bytes, since a header may hold anything; each is compared, whatever the first one says.
    said = given.encode("utf-8", "surrogateescape")
    made = [one for token in source.open_secrets() for one in crypto.digests(SALT, f"{source.uid}:{token}")]
    matches = [constant_time_compare(said, one.encode()) for one in made]
    return any(matches)


def hook_info(*, source: Source) -> Hook:
    """`getWebhookInfo`. Raises `Unavailable` with what Telegram says."""
    found = _call(source, "getWebhookInfo")
    if not isinstance(found, dict):
        raise Unavailable("Telegram's answer is none that can be read.")
    at = found.get("last_error_date")
    return Hook(
        url=str(found.get("url", "")),
        waiting=int(found.get("pending_update_count", 0)),
        error=str(found.get("last_error_message", ""))[:300],
        error_at=datetime.fromtimestamp(at, UTC) if isinstance(at, int) else None,
    )


def set_hook(*, source: Source, url: str) -> None:
    """`setWebhook` to `url`, which has to be https; updates that wait are kept. Raises `Unavailable`.

    No poller will ask who the bot is, so that this does.
    """
    _call(
        source,
        "setWebhook",
        url=url,
        secret_token=secret_token(source),
        allowed_updates=json.dumps(ALLOWED_UPDATES),
    )
    _remember(source, url)
    try:
        introduce(source=source)
    except BotCallFailed as error:
        log.warning("source %d: who the bot is was not told (%s)", source.pk, error)


def remove_hook(*, source: Source) -> None:
    """`deleteWebhook`: from here on the bot is polled. Raises `Unavailable`."""
    _call(source, "deleteWebhook")
    _remember(source, "")


def by_webhook() -> list[Source]:
    """The active bots whose updates Telegram brings; they are not polled."""
    active = Source.objects.filter(kind=Source.Kind.TELEGRAM, is_active=True, config__has_key=WEBHOOK)
    return list(active.exclude(sealed_secret="").select_related("workspace").order_by("pk"))


@transaction.atomic
def _remember(source: Source, url: str) -> None:
    row = Source.objects.select_for_update().get(pk=source.pk)
    row.config = {name: value for name, value in row.config.items() if name != WEBHOOK}
    if url:
        row.config[WEBHOOK] = url
    row.save(update_fields=["config", "updated_at"])
    source.config = row.config


def _call(source: Source, method: str, **params: str) -> Any:
    try:
        token = source.open_secret()
    except DecryptionError as error:
        raise Unavailable(str(error)) from None
    if not token:
        raise Unavailable("No bot token yet: enter it first.")
    try:
        return call_bot(token=token, method=method, **params)
    except BotCallFailed as error:
        raise Unavailable(str(error) if error.http_status is None else f"Telegram refused: {error}.") from None
