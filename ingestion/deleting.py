"""A message that its author deleted: gone from sight at once, its words out of every table a moment later.

`delete_message` marks it and says so; `proposals.redacting` takes its words out of all that was made of them, the
rightmost room that knows them, and calls `wipe` at the end. The row stays, without words: an import does not bring
the message back, and what stood on it can say so.
"""

import json
from collections import defaultdict
from datetime import timedelta
from urllib.parse import quote_plus

from django.db import connection, transaction
from django.utils import timezone

from ingestion.bot_homes import BEFORE_MOVE
from ingestion.models import Message, MessageRevision, Quote
from tasktracker.core.errors import NotFound
from tasktracker.core.events import MessageDeleted, emit
from tasktracker.core.models import IdempotentRequest, RememberedAnswer, User
from tasktracker.core.paths import is_number

DELIVERED_BEFORE = timedelta(minutes=5)  # a delivery is stored before its message, at most so long on a slow day

# Of processed deliveries alone: one that still waits is needed, and is read once more when it is processed. What is
# said to a bot of another workspace is delivered to that bot.
EMPTY_DELIVERIES = """
UPDATE ingestion_delivery SET raw = '', error = ''
WHERE source_id IN (
    SELECT bot.id FROM ingestion_source AS own JOIN ingestion_source AS bot
        ON bot.id = own.id OR bot.uid::text = own.config ->> 'through'
    WHERE own.id = %(source)s
  ) AND status <> 'received' AND received_at >= %(since)s
  AND (external_id = ANY(%(keys)s)
       OR EXISTS (SELECT 1 FROM unnest(%(names)s::text[]) AS name WHERE position(convert_to(name, 'UTF8') IN raw) > 0))
"""


@transaction.atomic
def delete_message(*, message_id: int, by: User | None = None) -> Message:
    """Mark a message as deleted, by a person here or by its platform (`by` is None); the second time does nothing.

    Emits message.deleted, which has its words taken out everywhere. Raises `NotFound`.
    """
    message = Message.objects.select_for_update(of=("self",), no_key=True).filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such message.")
    if message.deleted_at is None:
        message.deleted_at = timezone.now()
        message.save(update_fields=["deleted_at"])
        Quote.objects.filter(message=message).update(is_stale=True)
        emit(
            MessageDeleted(
                workspace_id=message.workspace_id,
                object_id=message.pk,
                source=message.source_id,
                channel=message.channel_id,
                author=message.author_id,
            ),
            by=by,
        )
    return message


def words_of(message: Message) -> list[str]:
    """All that the message ever said: its text, its earlier texts, and each passage of it. Longest first."""
    said = {message.text, *message.revisions.values_list("text", flat=True)}
    said.update(Quote.objects.filter(message=message).values_list("text", flat=True))
    return sorted((text for text in said if text.strip()), key=len, reverse=True)


@transaction.atomic
def wipe(*, message: Message) -> None:
    """Take the words of a deleted message out of what ingestion keeps; the rows and their places stay."""
    MessageRevision.objects.filter(message=message).delete()
    places: dict[tuple[int, int], int] = defaultdict(int)
    for quote in Quote.objects.filter(message=message).order_by("pk"):
        # Passages of several versions at one place must stay apart: the constraint compares their texts.
        quote.text = " " * places[quote.start, quote.end]
        places[quote.start, quote.end] += 1
        quote.save(update_fields=["text"])
    with connection.cursor() as cursor:
        cursor.execute(
            EMPTY_DELIVERIES,
            {
                "source": message.source_id,
                "since": message.received_at - DELIVERED_BEFORE,
                "keys": [message.external_id, str(message.metadata.get("post_id", ""))],
                "names": _names(message.external_id),
            },
        )
    # Answers kept for a second asking hold what was quoted, under keys that tell nothing of which message.
    RememberedAnswer.objects.filter(workspace_id=message.workspace_id).delete()
    posts = IdempotentRequest.objects.filter(workspace_id=message.workspace_id, body__has_key="external_id")
    posts.filter(body__id=message.pk).delete()  # of anything else with this number the answer stays
    message.text, message.metadata, message.forwarded_from = "", {}, ""
    message.save(update_fields=["text", "metadata", "forwarded_from"])


def _names(number: str) -> list[str]:
    """A message's id as it may stand in what was delivered: as it is, in a form, in JSON, from before a chat moved."""
    names = {number, quote_plus(number), json.dumps(number)[1:-1]}
    if number.startswith("-") and is_number(number[1:]):
        names.add(str(int(number) + BEFORE_MOVE))
    return sorted(names)
