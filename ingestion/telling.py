"""Telling a member something in private on Telegram, through a bot of their workspace."""

import httpx
from django.conf import settings

from ingestion.exports.telegram_message import PLATFORM
from ingestion.models import Participant, Source
from tasktracker.core.models import User, Workspace

TIMEOUT = 10.0
LONGEST = 4096  # characters of one message, https://core.telegram.org/bots/api#sendmessage


class NotTold(Exception):
    """It could not be delivered; the text says why and what to do. It never holds a token."""


def telegram_id(*, workspace: Workspace, user: User) -> str | None:
    """The person's id at Telegram, where a participant of the workspace is linked to them."""
    people = Participant.objects.filter(workspace=workspace, platform=PLATFORM, user=user, is_bot=False)
    ids = people.order_by("pk").values_list("external_id", flat=True)
    return next((number for number in ids if number.isdigit()), None)


def bot_of(workspace: Workspace) -> Source | None:
    """The bot that speaks for a workspace: the first that is switched on and has a token."""
    bots = Source.objects.filter(workspace=workspace, kind=Source.Kind.TELEGRAM, is_active=True)
    return bots.exclude(sealed_secret="").order_by("pk").first()


def tell(*, bot: Source, chat_id: str, text: str) -> None:
    """Send plain text, cut where Telegram would refuse it. Raises `NotTold`. Never inside a transaction."""
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    address = f"{settings.TELEGRAM_API_URL}/bot{bot.open_secret()}/sendMessage"
    # Without a parse mode: what people wrote is text, whatever it looks like; and no preview fetches a link in it.
    said = {"chat_id": chat_id, "text": text, "link_preview_options": '{"is_disabled":true}'}
    try:
        answer = httpx.post(address, data=said, timeout=TIMEOUT)
        body = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        # The address holds the token: only the kind of the error is told.
        raise NotTold(f"Telegram could not be reached ({type(error).__name__}).") from None
    if body.get("ok"):
        return
    if answer.status_code == 403:
        raise NotTold("Telegram lets a bot write only to who wrote to it first: send it /start.")
    raise NotTold(f"Telegram refused it: {str(body.get('description', answer.status_code))[:120]}.")
