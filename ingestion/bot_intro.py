"""A bot and Telegram get to know each other: what it is called, its menu of commands, its button for the Mini App.

Without the name a bot that is reached by a webhook would not know that `/task@its_name` is meant for it.
"""

import json
import logging

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from ingestion.bot_texts import LANGUAGES, menu
from ingestion.models import Source
from ingestion.telegram_api import BotCallFailed, call_bot
from tasktracker.core.crypto import DecryptionError

log = logging.getLogger(__name__)


def introduce(*, source: Source) -> str:
    """Ask Telegram who the source's bot is, remember it, set its menu and button; its name, without an @.

    Raises `BotCallFailed` or `DecryptionError` where the bot is not to be reached at all; without its menu and its
    button it works all the same, so that a refusal of those is only logged. Never in a transaction.
    """
    token = source.open_secret()
    me = call_bot(token=token, method="getMe")
    if not isinstance(me, dict) or "id" not in me:
        raise BotCallFailed("its answer is none that can be read")
    username = str(me.get("username") or "")
    remember_bot(source_id=source.pk, bot_id=str(me["id"]), username=username)
    source.refresh_from_db(fields=["config"])
    try:
        for language in LANGUAGES:
            commands = [{"command": name, "description": told} for name, told in menu(language)]
            of_language = {} if language == "en" else {"language_code": language}
            call_bot(token=token, method="setMyCommands", commands=json.dumps(commands), **of_language)
    except BotCallFailed as error:
        log.warning("source %d: no menu of commands (%s)", source.pk, error)
    offer_app(source_id=source.pk)
    return username


@transaction.atomic
def remember_bot(*, source_id: int, bot_id: str, username: str) -> None:
    """Note in the source's config who its bot is, as Telegram says."""
    source = Source.objects.select_for_update().filter(pk=source_id).first()
    told = {"bot_id": bot_id, "bot_username": username}
    if source is not None and not told.items() <= source.config.items():
        source.config = {**source.config, **told}
        source.save(update_fields=["config", "updated_at"])


def offer_app(*, source_id: int) -> None:
    """Have the bot of the source show the button, where this installation is reached by https. Never in a transaction.

    Without the button the bot works all the same, so that a refusal is only logged.
    """
    origin = next((one for one in settings.CSRF_TRUSTED_ORIGINS if one.startswith("https://") and "*" not in one), "")
    source = Source.objects.filter(pk=source_id).first()
    if not origin or source is None:
        return
    address = f"{origin.rstrip('/')}{reverse('tg')}?source={source.uid}"
    button = {"type": "web_app", "text": "Review", "web_app": {"url": address}}
    try:
        call_bot(token=source.open_secret(), method="setChatMenuButton", menu_button=json.dumps(button))
    except (BotCallFailed, DecryptionError) as error:
        log.warning("source %d: no menu button (%s)", source_id, error)
