"""The button beside the text field in a chat with the bot: it opens the Mini App."""

import json
import logging

from django.conf import settings
from django.urls import reverse

from ingestion.models import Source
from ingestion.telegram_api import BotCallFailed, call_bot
from tasktracker.core.crypto import DecryptionError

log = logging.getLogger(__name__)


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
