"""What a bot has to say: written down with what it is about, in one transaction, and sent afterwards (once)."""

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from ingestion.models import BotCall, BotContact, Source

LONGEST = 4096  # characters of one message, https://core.telegram.org/bots/api#sendmessage
ANSWERS, WITHIN = 5, timedelta(seconds=30)  # answers to one chat; Telegram itself allows 20 a minute in a group


def say(
    *,
    bot: Source,
    chat_id: str,
    text: str,
    thread: str = "",
    html: bool = False,
    keyboard: list[list[dict[str, str]]] | None = None,
    about: dict[str, Any] | None = None,
    contact: BotContact | None = None,
    key: str | None = None,
) -> None:
    """Say `text` in a chat (and forum topic): plain, cut where Telegram would refuse it; whole where it is `html`.

    One with a `key` that was said already is not said again.
    """
    params = _content(text, html=html, keyboard=keyboard)
    if thread:
        params["message_thread_id"] = thread
    call(bot=bot, method="sendMessage", chat_id=chat_id, params=params, about=about, contact=contact, key=key)


def change(
    *,
    bot: Source,
    chat_id: str,
    message_id: int,
    text: str,
    keyboard: list[list[dict[str, str]]] | None = None,
    about: dict[str, Any] | None = None,
) -> None:
    """Put other HTML into a message of the bot's; without a keyboard it loses its buttons."""
    params = {**_content(text, html=True, keyboard=keyboard or []), "message_id": str(message_id)}
    call(bot=bot, method="editMessageText", chat_id=chat_id, params=params, about=about)


def nod(*, bot: Source, query_id: str, text: str = "") -> None:
    """Answer a pressed button: its clock stops, and `text` comes up."""
    params = {"callback_query_id": query_id, "text": text[:200], "show_alert": "true" if text else "false"}
    call(bot=bot, method="answerCallbackQuery", params=params)


def call(
    *,
    bot: Source,
    method: str,
    params: dict[str, str],
    chat_id: str = "",
    about: dict[str, Any] | None = None,
    contact: BotContact | None = None,
    key: str | None = None,
) -> None:
    """Put a call into the outbox; `chat_id` is added to what is sent."""
    row = BotCall(bot=bot, method=method, chat_id=chat_id, params=params, about=about or {}, contact=contact, key=key)
    BotCall.objects.bulk_create([row], ignore_conflicts=key is not None)


def may_answer(*, bot: Source, chat_id: str) -> bool:
    """Whether a chat that asks gets one more answer: not too many in a short time."""
    lately = BotCall.objects.filter(bot=bot, chat_id=chat_id, created_at__gt=timezone.now() - WITHIN)
    return lately.order_by()[:ANSWERS].count() < ANSWERS


def _content(text: str, *, html: bool, keyboard: list[list[dict[str, str]]] | None) -> dict[str, str]:
    if not html and len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    # No preview: Telegram would fetch what people wrote. Plain text has no parse mode, whatever it looks like.
    content = {"text": text, "link_preview_options": '{"is_disabled":true}'}
    if html:
        content["parse_mode"] = "HTML"
    if keyboard is not None:
        content["reply_markup"] = json.dumps({"inline_keyboard": keyboard})
    return content
