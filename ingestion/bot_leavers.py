"""Who was a member and is none any more: what they write to the bot in private is not kept, and they are told so once.

In a group the words stay everybody's, as those of people who never had a login.
"""

from typing import Any

from ingestion import transitions
from ingestion.bot_outbox import say
from ingestion.bot_texts import language, texts
from ingestion.channels.base import Reading
from ingestion.drafts import ChannelDraft
from ingestion.exports.telegram_message import PLATFORM
from ingestion.models import BotContact, Delivery, LinkedChat, Participant, Source
from tasktracker.core.models import Membership

WHY = "A private chat of somebody who is no member any more."
LEFT = "They are no member any more."


def has_left(*, bot: Source, home: Source, channel: ChannelDraft) -> bool:
    """Whether this is the private chat of somebody whose login has left the workspace that the chat belongs to.

    Known by the login that their account was linked to, or, where that login is gone, by who linked the chat.
    """
    if channel.platform != PLATFORM or channel.external_id.startswith("-"):
        return False
    person = _person(home, channel)
    if person is not None and person.user_id is not None:
        user_id: int | None = person.user_id
    else:
        links = LinkedChat.objects.filter(bot=bot, external_id=channel.external_id)
        link = links.filter(source__workspace=home.workspace_id).first()
        if link is None:
            return False
        user_id = link.linked_by_id
    here = Membership.objects.filter(workspace=home.workspace_id, user=user_id, user__is_active=True)
    if not here.exists():
        return True
    if person is not None:  # who has come back is told again if they leave again
        BotContact.objects.filter(participant=person, stopped=LEFT).update(stopped="")
    return False


def leave_out(delivery: Delivery, reading: Reading, *, home: Source, channel: ChannelDraft, content: Any) -> None:
    """Keep nothing of it, in the caller's transaction, and say so the first time after they left.

    A command is read and answered still: they may have a new code for /link. `content` is the delivery as JSON.
    """
    transitions.ignored(delivery, WHY)
    if reading.asks:
        return
    Delivery.objects.filter(pk=delivery.pk).update(raw=b"")
    message = content.get("message") if isinstance(content, dict) else None
    author = message.get("from") if isinstance(message, dict) else None
    spoken = language(str(author.get("language_code") or "")) if isinstance(author, dict) else "en"
    person = _person(home, channel)
    if person is None:
        return  # erased: nothing is to be known of them
    wanted = {"bot": delivery.source, "notify": False, "language": spoken}
    contacts = BotContact.objects.select_for_update(of=("self",))
    contact, _ = contacts.get_or_create(participant=person, defaults=wanted)
    if contact.stopped == LEFT:
        return
    contact.stopped = LEFT
    contact.save(update_fields=["stopped"])
    words = texts(contact.language).left.format(workspace=home.workspace.name)
    say(bot=delivery.source, chat_id=channel.external_id, text=words, contact=contact)


def _person(home: Source, channel: ChannelDraft) -> Participant | None:
    """The id of a private chat is its person's."""
    ours = Participant.objects.filter(workspace_id=home.workspace_id, platform=PLATFORM)
    return ours.filter(external_id=channel.external_id).first()
