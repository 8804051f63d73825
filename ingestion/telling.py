"""Telling a member something in private on Telegram, through a bot of their workspace."""

from ingestion.exports.telegram_message import PLATFORM
from ingestion.models import BotContact, Participant, Source
from ingestion.telegram_api import BotCallFailed, call_bot
from tasktracker.core.models import User, Workspace

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
    own = bots.exclude(sealed_secret="").order_by("pk").first()
    if own is not None:
        return own
    # One of another workspace, which serves this one too: its people have linked themselves to it.
    served = BotContact.objects.filter(participant__workspace=workspace, bot__is_active=True).select_related("bot")
    contact = served.order_by("pk").first()
    return contact.bot if contact else None


def tell(*, bot: Source, chat_id: str, text: str) -> None:
    """Send plain text, cut where Telegram would refuse it. Raises `NotTold`. Never inside a transaction."""
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    # Without a parse mode: what people wrote is text, whatever it looks like; and no preview fetches a link in it.
    said = {"chat_id": chat_id, "text": text, "link_preview_options": '{"is_disabled":true}'}
    try:
        call_bot(token=bot.open_secret(), method="sendMessage", **said)
    except BotCallFailed as error:
        raise NotTold(_reason(error)) from None


def _reason(error: BotCallFailed) -> str:
    if error.http_status is None:
        return str(error)
    if error.http_status == 403:
        return "Telegram lets a bot write only to who wrote to it first: send it /start."
    return f"Telegram refused it: {error}."
