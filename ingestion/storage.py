"""How messages get into their table: one statement for any number of new ones, one way to take over an edit."""

import json
from collections.abc import Sequence
from typing import NamedTuple

import psycopg
from django.db import connection, transaction
from django.utils import timezone

from ingestion.drafts import MessageDraft
from ingestion.models import Message, MessageRevision, Quote
from ingestion.noise import NoiseVerdict
from ingestion.tidy import is_newer, judge
from tasktracker.core.events import MessageEdited, emit

# Two copies of one message may come at the same moment: the unique constraint decides, not a look before.
INSERT = """
INSERT INTO ingestion_message (
    workspace_id, source_id, channel_id, author_id, external_id, kind, text, sent_at, edited_at, received_at,
    reply_to, thread, thread_title, forwarded_from, is_own, verdict, verdict_reason, verdict_score, verdict_by,
    category, metadata)
SELECT %b, %b, channel, author, external_id, kind, text, sent_at, edited_at, %b, reply_to, thread, thread_title,
       forwarded_from, own, verdict, reason, score, 'rule', '', metadata::jsonb
FROM unnest(%b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::timestamptz[], %b::timestamptz[],
            %b::text[], %b::text[], %b::text[], %b::text[], %b::bool[], %b::text[], %b::text[], %b::float8[],
            %b::text[])
     AS fresh (channel, author, external_id, kind, text, sent_at, edited_at, reply_to, thread, thread_title,
               forwarded_from, own, verdict, reason, score, metadata)
ON CONFLICT (channel_id, external_id) DO NOTHING
RETURNING id, channel_id, external_id
"""


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


def insert_new(placed: Sequence[Placed], *, workspace_id: int, source_id: int) -> dict[tuple[int, str], int]:
    """Insert those that are not there yet; returns key → id of the new ones only."""
    drafts = [place.draft for place in placed]
    verdicts = [place.verdict for place in placed]
    connection.ensure_connection()
    # Django's own cursor writes parameters into the statement as text; arrays that go beside it in binary cost a third.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            INSERT,
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
            ],
        )
        return {(channel, external_id): pk for pk, channel, external_id in cursor.fetchall()}


@transaction.atomic
def take_edit(*, message: Message, draft: MessageDraft) -> bool:
    """Take over a newer edit of a stored message that is locked; False when it is no newer or says the same.

    The old text is kept as a revision, and every passage that is no longer there is marked stale.
    """
    if not is_newer(draft.edited_at, message.edited_at):
        return False
    if draft.text == message.text:
        Message.objects.filter(pk=message.pk).update(edited_at=draft.edited_at)
        return False
    MessageRevision.objects.create(message=message, text=message.text, edited_at=message.edited_at)
    message.text, message.edited_at, message.metadata = draft.text, draft.edited_at, draft.metadata
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
