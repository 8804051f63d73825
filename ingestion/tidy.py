"""From a draft to what may be stored: cleaned strings, the rule tier's verdict. Pure."""

from datetime import datetime

from ingestion import noise
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.text import clean_id, clean_json, clean_name, clean_text
from tasktracker.core.errors import Invalid


def tidy(draft: MessageDraft, *, limit: int) -> MessageDraft:
    """The draft with every string cleaned and cut to its column, and metadata that jsonb takes.

    A text longer than `limit` code points is cut, and `metadata["cut"]` says so. Raises `Invalid` without an id.
    """
    text, was_cut = clean_text(draft.text, limit)
    metadata = clean_json(draft.metadata).value if draft.metadata else {}
    if was_cut:
        metadata = {**metadata, "cut": True}
    external_id = clean_id(draft.external_id)
    if not external_id:
        raise Invalid("A message needs an external_id.")
    edited_at = draft.edited_at
    if edited_at is not None and edited_at < draft.sent_at:
        edited_at = draft.sent_at
    return MessageDraft(
        channel=tidy_channel(draft.channel),
        external_id=external_id,
        author=tidy_person(draft.author) if draft.author is not None and draft.author.external_id else None,
        text=text,
        sent_at=draft.sent_at,
        kind=draft.kind,
        edited_at=edited_at,
        reply_to=clean_id(draft.reply_to),
        thread=clean_id(draft.thread),
        thread_title=clean_name(draft.thread_title, 255),
        forwarded_from=clean_name(draft.forwarded_from, 255),
        metadata=metadata,
    )


def tidy_channel(channel: ChannelDraft) -> ChannelDraft:
    """The channel with its strings cleaned and cut to their columns."""
    return ChannelDraft(clean_name(channel.platform, 20), clean_id(channel.external_id), clean_name(channel.title, 255))


def tidy_person(person: PersonDraft) -> PersonDraft:
    """The author with their strings cleaned and cut to their columns."""
    return PersonDraft(clean_id(person.external_id), clean_name(person.name, 255), person.is_bot)


def judge(draft: MessageDraft, *, is_own: bool = False) -> noise.NoiseVerdict:
    """The rule tier's verdict on a tidy draft."""
    return noise.judge(
        noise.NoiseInput(
            kind=draft.kind,
            text=draft.text,
            author_is_bot=bool(draft.author and draft.author.is_bot),
            is_own=is_own,
            is_reply=bool(draft.reply_to),
        )
    )


def is_newer(edited_at: datetime | None, than: datetime | None) -> bool:
    """Whether a copy edited at the first time is newer than one edited at the second (None: never edited)."""
    return edited_at is not None and (than is None or edited_at > than)
