"""How messages get into their table: one statement for any number of new ones, one way to take over an edit."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from ingestion.drafts import MessageDraft
from ingestion.models import Channel, Message, MessageRevision, Participant, Quote, Source
from ingestion.noise import NoiseVerdict
from ingestion.tidy import is_newer, judge
from tasktracker.core.events import MessageEdited, emit
from tasktracker.core.rows import columns, instances, planned_cursor

# Two copies of one message may come at the same moment: the unique constraint decides, not a look before.
# `{types}` and `{names}` are arrays beside those of the messages, `{where}` what they are joined to.
INSERTING = """
INSERT INTO ingestion_message (
    workspace_id, source_id, channel_id, author_id, external_id, kind, text, sent_at, edited_at, received_at,
    reply_to, thread, thread_title, forwarded_from, is_own, verdict, verdict_reason, verdict_score, verdict_by,
    category, metadata)
SELECT %b, %b, fresh.channel, fresh.author, fresh.external_id, fresh.kind, fresh.text, fresh.sent_at, fresh.edited_at,
       %b, fresh.reply_to, fresh.thread, fresh.thread_title, fresh.forwarded_from, fresh.own, fresh.verdict,
       fresh.reason, fresh.score, 'rule', '', fresh.metadata::jsonb
FROM unnest(%b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::timestamptz[], %b::timestamptz[],
            %b::text[], %b::text[], %b::text[], %b::text[], %b::bool[], %b::text[], %b::text[], %b::float8[],
            %b::text[]{types})
     AS fresh (channel, author, external_id, kind, text, sent_at, edited_at, reply_to, thread, thread_title,
               forwarded_from, own, verdict, reason, score, metadata{names})
{where}
ON CONFLICT (channel_id, external_id) DO NOTHING
RETURNING id, channel_id, external_id
"""
INSERT = INSERTING.format(types="", names="", where="")

# The rows of a message's channel and author, where they are there: one look instead of two.
FIND = f"""
SELECT {columns(Channel, "c")}, {columns(Participant, "p")}
FROM (SELECT) AS one
LEFT JOIN ingestion_channel c
    ON c.workspace_id = %(workspace)s AND c.platform = %(platform)s AND c.external_id = %(channel)s
LEFT JOIN ingestion_participant p
    ON p.workspace_id = %(workspace)s AND p.platform = %(platform)s AND p.external_id = %(author)s
"""  # noqa: S608  # the columns are those of our models


class Placed(NamedTuple):
    """A tidy draft with the rows that it belongs to, and what the rules say of it."""

    draft: MessageDraft
    channel_id: int
    author_id: int | None
    verdict: NoiseVerdict
    is_own: bool = False

    @property
    def key(self) -> tuple[int, str]:
        """What makes a message the same one: channel and external id."""
        return self.channel_id, self.draft.external_id


class Place(NamedTuple):
    """The rows that a message belongs to, None for what is not known yet."""

    channel: Channel | None
    author: Participant | None

    def is_of(self, draft: MessageDraft) -> bool:
        """Whether these are the rows of a tidy draft, both of them."""
        channel, author = self.channel, self.author
        return (
            channel is not None
            and (channel.platform, channel.external_id) == (draft.channel.platform, draft.channel.external_id)
            and (author.external_id if author else None) == (draft.author.external_id if draft.author else None)
        )


def find_place(*, workspace_id: int, draft: MessageDraft) -> Place:
    """The channel and the author of a tidy draft."""
    channel, author = draft.channel, draft.author
    with planned_cursor() as cursor:
        cursor.execute(
            FIND,
            {
                "workspace": workspace_id,
                "platform": channel.platform,
                "channel": channel.external_id,
                "author": author.external_id if author else None,
            },
        )
        (row,) = cursor.fetchall()
    return Place(*instances((Channel, Participant), row))


def as_stored(place: Placed, pk: int, *, source: Source, channel: Channel, author: Participant | None) -> Message:
    """The message that `insert_new` has just stored under `pk`, not read again: `received_at` is about now."""
    draft, verdict = place.draft, place.verdict
    message = Message(
        id=pk,
        workspace_id=source.workspace_id,
        source=source,
        channel=channel,
        author=author,
        external_id=draft.external_id,
        kind=draft.kind,
        text=draft.text,
        sent_at=draft.sent_at,
        edited_at=draft.edited_at,
        reply_to=draft.reply_to,
        thread=draft.thread,
        thread_title=draft.thread_title,
        forwarded_from=draft.forwarded_from,
        is_own=place.is_own,
        verdict=verdict.verdict.value,
        verdict_reason=verdict.reason,
        verdict_score=verdict.score,
        metadata=draft.metadata,
    )
    message._state.adding, message._state.db = False, connection.alias
    return message


def insert_new(
    placed: Sequence[Placed], *, workspace_id: int, source_id: int, statement: str = INSERT, more: Sequence[object] = ()
) -> dict[tuple[int, str], int]:
    """Insert those that are not there yet; returns key → id of the new ones only.

    `statement` is one made of `INSERTING`, `more` what it asks for behind the messages.
    """
    drafts = [place.draft for place in placed]
    verdicts = [place.verdict for place in placed]
    with planned_cursor() as cursor:
        cursor.execute(
            statement,
            [
                workspace_id,
                source_id,
                timezone.now(),
                [place.channel_id for place in placed],
                [place.author_id for place in placed],
                [draft.external_id for draft in drafts],
                [draft.kind for draft in drafts],
                [draft.text for draft in drafts],
                [draft.sent_at for draft in drafts],
                [draft.edited_at for draft in drafts],
                [draft.reply_to for draft in drafts],
                [draft.thread for draft in drafts],
                [draft.thread_title for draft in drafts],
                [draft.forwarded_from for draft in drafts],
                [place.is_own for place in placed],
                [verdict.verdict.value for verdict in verdicts],
                [verdict.reason for verdict in verdicts],
                [verdict.score for verdict in verdicts],
                [json.dumps(draft.metadata) if draft.metadata else "{}" for draft in drafts],
                *more,
            ],
        )
        return {(channel, external_id): pk for pk, channel, external_id in cursor.fetchall()}


@transaction.atomic
def take_edit(*, message: Message, draft: MessageDraft) -> bool:
    """Take over a newer edit of a stored message that is locked; False when it is no newer or says the same.

    The old text is kept as a revision, and every passage that is no longer there is marked stale. What was deleted
    here stays deleted, whatever an older export says.
    """
    if message.deleted_at is not None or not is_newer(draft.edited_at, message.edited_at):
        return False
    if draft.text == message.text:
        Message.objects.filter(pk=message.pk).update(edited_at=draft.edited_at)
        return False
    MessageRevision.objects.create(message=message, text=message.text, edited_at=message.edited_at)
    # An edit says nothing of what was given to the message meanwhile.
    kept = {name: message.metadata[name] for name in ("reactions",) if name in message.metadata}
    message.text, message.edited_at, message.metadata = draft.text, draft.edited_at, {**kept, **draft.metadata}
    changed = ["text", "edited_at", "metadata"]
    if message.verdict_by == Message.VerdictBy.RULE:
        verdict = judge(draft, is_own=message.is_own)
        message.verdict, message.verdict_reason, message.verdict_score = verdict.verdict, verdict.reason, verdict.score
        changed += ["verdict", "verdict_reason", "verdict_score"]
    message.save(update_fields=changed)
    mark_stale(message=message)
    emit(edited_event(message))
    return True


def mark_stale(*, message: Message) -> None:
    """Compare each passage of the message with its text as it is now."""
    for quote in Quote.objects.filter(message=message):
        stale = message.text[quote.start : quote.end] != quote.text
        if quote.is_stale != stale:
            quote.is_stale = stale
            quote.save(update_fields=["is_stale"])


def edited_event(message: Message) -> MessageEdited:
    """What the socket is told when a message has changed."""
    return MessageEdited(
        workspace_id=message.workspace_id,
        object_id=message.pk,
        source=message.source_id,
        channel=message.channel_id,
        author=message.author_id,
    )
