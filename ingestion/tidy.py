"""From a draft to what may be stored: cleaned strings, the rule tier's verdict. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ingestion import noise
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.text import clean_id, clean_json, clean_name, clean_text
from tasktracker.core.errors import Invalid

if TYPE_CHECKING:
    from ingestion.models import Message

API_PLATFORM = "api"


class Judged(NamedTuple):
    """A tidy draft, what the rules say of it, and why its source's filters leave it out, where they do."""

    draft: MessageDraft
    verdict: noise.NoiseVerdict
    left_out: str = ""


def tidy(draft: MessageDraft, *, limit: int) -> MessageDraft:
    """The draft with every string cleaned and cut to its column, and metadata that jsonb takes.

    A text longer than `limit` code points is cut, and `metadata["cut"]` says so. Raises `Invalid` without an id.
    """
    external_id = clean_id(draft.external_id)
    if not external_id:
        raise Invalid("A message needs an external_id.")
    text, was_cut = clean_text(draft.text, limit)
    metadata = clean_json(draft.metadata).value if draft.metadata else draft.metadata
    author, edited_at = draft.author, draft.edited_at
    if author is not None:
        author = tidy_person(author) if author.external_id else None
    clean = {
        "channel": tidy_channel(draft.channel),
        "external_id": external_id,
        "author": author,
        "text": text,
        "edited_at": draft.sent_at if edited_at is not None and edited_at < draft.sent_at else edited_at,
        "reply_to": draft.reply_to and clean_id(draft.reply_to),
        "thread": draft.thread and clean_id(draft.thread),
        "thread_title": draft.thread_title and clean_name(draft.thread_title, 255),
        "forwarded_from": draft.forwarded_from and clean_name(draft.forwarded_from, 255),
        "metadata": {**metadata, "cut": True} if was_cut else metadata,
    }
    # What is clean comes back as the same object: most drafts were cleaned where they were read, and need no copy.
    changed: dict[str, Any] = {name: value for name, value in clean.items() if value is not getattr(draft, name)}
    return replace(draft, **changed) if changed else draft


def tidy_channel(channel: ChannelDraft) -> ChannelDraft:
    """The channel with its strings cleaned and cut to their columns."""
    platform, external_id = clean_name(channel.platform, 20), clean_id(channel.external_id)
    title = clean_name(channel.title, 255)
    if platform is channel.platform and external_id is channel.external_id and title is channel.title:
        return channel
    return ChannelDraft(platform, external_id, title)


def api_channel(source_id: int, name: str, title: str) -> ChannelDraft:
    """The channel of what is posted: `name` within one source, or "" for all that the source posts without one."""
    return ChannelDraft(API_PLATFORM, f"{source_id}/{name}", title)


def tidy_person(person: PersonDraft) -> PersonDraft:
    """The author with their strings cleaned and cut to their columns."""
    external_id, name = clean_id(person.external_id), clean_name(person.name, 255)
    if external_id is person.external_id and name is person.name:
        return person
    return PersonDraft(external_id, name, person.is_bot)


def judge(draft: "MessageDraft | Message", *, is_own: bool = False) -> noise.NoiseVerdict:
    """The rule tier's verdict on a tidy draft, or on the message that was made of one."""
    command = draft.metadata.get("command")
    return noise.judge(
        noise.NoiseInput(
            kind=draft.kind,
            text=draft.text,
            author_is_bot=draft.author is not None and draft.author.is_bot,
            is_command=command if isinstance(command, bool) else None,
            is_own=is_own,
            is_reply=bool(draft.reply_to),
        )
    )


def is_newer(edited_at: datetime | None, than: datetime | None) -> bool:
    """Whether a copy edited at the first time is newer than one edited at the second (None: never edited)."""
    return edited_at is not None and (than is None or edited_at > than)
