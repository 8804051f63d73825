"""Somebody speaks to the bot: a command or a pressed button, read from a delivery. Pure, but for whose it is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingestion import bot_homes
from ingestion.bot_texts import Texts, language, texts
from ingestion.channels.telegram_content import person_name
from ingestion.drafts import ChannelDraft
from ingestion.exports.telegram_ids import message_id
from ingestion.exports.telegram_message import PLATFORM
from ingestion.models import BotContact, Participant, Source
from ingestion.text import clean_name
from tasktracker.core.permissions import Access, access_of


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A command (`name` without its slash, `words` after it), or a button (`name` is "", `words` its data).

    `bot` heard it; `home` is the source that the chat belongs to, None for nobody's. `message` is the Bot API's.
    """

    bot: Source
    home: Source | None
    message: dict[str, Any]
    person: dict[str, Any]
    name: str
    words: str
    query_id: str = ""

    @property
    def chat_id(self) -> str:
        return str(self.message["chat"]["id"])

    @property
    def chat_title(self) -> str:
        return clean_name(str(self.message["chat"].get("title") or "")) or person_name(self.person)

    @property
    def is_private(self) -> bool:
        return str(self.message["chat"].get("type")) == "private"

    @property
    def thread(self) -> str:
        """The forum topic in which it was said, so that the answer stands there too."""
        return str(self.message.get("message_thread_id") or "") if self.message.get("is_topic_message") else ""

    @property
    def person_id(self) -> str:
        return str(self.person.get("id") or "")

    @property
    def language(self) -> str:
        return language(self.person.get("language_code"))

    @property
    def said(self) -> Texts:
        """What the bot says, in the person's language."""
        return texts(self.language)

    @property
    def at(self) -> datetime:
        """When it was said; a button is pressed now."""
        return datetime.fromtimestamp(int(self.message.get("date") or 0), UTC)

    def participant(self) -> Participant | None:
        """The person as the chat's workspace knows them."""
        if self.home is None:
            return None
        known = Participant.objects.filter(workspace_id=self.home.workspace_id, platform=PLATFORM)
        return known.select_related("user", "contact").filter(external_id=self.person_id).first()

    def access(self) -> Access | None:
        """What the person may do in the chat's workspace, by the login that they are linked to; asked each time."""
        person = self.participant()
        if person is None or person.user is None or not person.user.is_active or self.home is None:
            return None
        return access_of(person.user, workspace_id=self.home.workspace_id)


def contact_of(person: Participant) -> BotContact | None:
    """How the person is written to, where they are."""
    return BotContact.objects.select_related("bot").filter(participant=person).first()


def read(update: Any, *, bot: Source) -> Asked | None:
    """Who asks what; None for what is not for this bot."""
    if not isinstance(update, dict):
        return None
    query = update.get("callback_query")
    if isinstance(query, dict):
        under, presser = query.get("message"), query.get("from")
        if _are_whole(under, presser) and isinstance(data := query.get("data"), str):
            return _asked(bot, under, presser, "", data, str(query.get("id") or ""))
        return None
    message: Any = update.get("message")
    person: Any = message.get("from") if isinstance(message, dict) else None
    if not _are_whole(message, person) or message.get("sender_chat") or person.get("is_bot"):
        return None  # whoever speaks as the group has no name to go by
    first, _, words = str(message.get("text") or "").partition(" ")
    first, newline, rest = first.partition("\n")
    name, _, whose = first.removeprefix("/").partition("@")
    if whose and whose.lower() != str(bot.config.get("bot_username", "")).lower():
        return None
    words = f"{rest} {words}" if newline else words
    return _asked(bot, message, person, name.lower(), words.strip())


def _are_whole(message: Any, person: Any) -> bool:
    chat = message.get("chat") if isinstance(message, dict) else None
    return isinstance(chat, dict) and message_id(chat.get("id")) is not None and isinstance(person, dict)


def _asked(bot: Source, message: Any, person: Any, name: str, words: str, query_id: str = "") -> Asked:
    channel = ChannelDraft(PLATFORM, str(message["chat"]["id"]), "")
    home = bot_homes.home_of(source=bot, channel=channel)
    return Asked(bot=bot, home=home, message=message, person=person, name=name, words=words, query_id=query_id)
