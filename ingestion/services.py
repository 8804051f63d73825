"""Storing what was said. `record_message` is the one door for a live message; `importing` for many at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.db import connection, transaction

from ingestion import lessons, people_erased, storage
from ingestion.deleting import delete_message
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.importing import ImportReport, import_export, record_messages
from ingestion.models import Channel, Message, Participant, Quote, Source
from ingestion.storage import Place
from ingestion.text import clean_name
from ingestion.tidy import judge, tidy
from tasktracker.core.enums import Verdict
from tasktracker.core.errors import Invalid, NotFound
from tasktracker.core.events import MessageReceived, emit
from tasktracker.core.models import User, Workspace

__all__ = [
    "ImportReport",
    "Recorded",
    "delete_message",
    "ensure_channel",
    "ensure_participant",
    "ensure_source",
    "import_export",
    "quote_passage",
    "record_message",
    "record_messages",
    "set_categories",
    "set_model_verdicts",
    "set_verdict",
]

Outcome = Literal["created", "updated", "unchanged"]


CATEGORISE = """
WITH said AS (
    SELECT id, category FROM unnest(%(ids)s::bigint[], %(categories)s::text[]) AS given (id, category)
), free AS (
    SELECT id FROM ingestion_message WHERE id = ANY(%(ids)s::bigint[]) AND category = ''
    ORDER BY id FOR UPDATE SKIP LOCKED
)
UPDATE ingestion_message AS message SET category = said.category
FROM said JOIN free USING (id) WHERE message.id = said.id
"""


JUDGE = """
WITH said AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(verdicts)s::text[], %(scores)s::float8[]) AS given (id, verdict, score)
), free AS (
    SELECT id FROM ingestion_message WHERE id = ANY(%(ids)s::bigint[]) AND verdict_by = 'rule'
    ORDER BY id FOR UPDATE SKIP LOCKED
)
UPDATE ingestion_message AS message
SET verdict = said.verdict, verdict_score = said.score, verdict_reason = 'model', verdict_by = 'model'
FROM said JOIN free USING (id) WHERE message.id = said.id
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The stored message, and what the draft did to it."""

    message: Message
    outcome: Outcome


def ensure_source(*, workspace: Workspace, name: str, kind: str) -> Source:
    """The source with this name, made with `kind` when missing; its kind is never changed by a later caller."""
    name = clean_name(name, 120)
    if not name:
        raise Invalid("A source needs a name.")
    return Source.objects.get_or_create(workspace=workspace, name=name, defaults={"kind": kind})[0]


def ensure_channel(*, workspace_id: int, draft: ChannelDraft) -> Channel:
    """The channel of this identity; a newer title replaces the old one."""
    channel, made = Channel.objects.get_or_create(
        workspace_id=workspace_id,
        platform=draft.platform,
        external_id=draft.external_id,
        defaults={"title": draft.title},
    )
    if not made and draft.title and channel.title != draft.title:
        channel.title = draft.title
        channel.save(update_fields=["title", "updated_at"])
    return channel


def ensure_participant(*, workspace_id: int, platform: str, draft: PersonDraft) -> Participant:
    """The author of this identity; a newer name replaces the old one. Who was erased stays who they are now."""
    key = (platform, draft.external_id)
    gone = people_erased.find(workspace_id=workspace_id, people=[key]).get(key)
    if gone is not None:
        return gone
    person, made = Participant.objects.get_or_create(
        workspace_id=workspace_id,
        platform=platform,
        external_id=draft.external_id,
        defaults={"name": draft.name, "is_bot": draft.is_bot},
    )
    if not made and draft.name and person.name != draft.name:
        person.name = draft.name
        person.save(update_fields=["name", "updated_at"])
    return person


def record_message(
    *, source: Source, draft: MessageDraft, is_own: bool = False, place: Place | None = None
) -> Recorded:
    """Store one live message, exactly once however often and from wherever it comes.

    `place` is what the caller has just read in this transaction: it spares a look where it is that of the message.

    A message that is there already is `updated` when the draft was edited later than what is stored (the old text
    is kept as a revision), else `unchanged`. Emits message.received or message.edited.
    """
    return _record(source, tidy(draft, limit=settings.MESSAGE_TEXT_LIMIT), is_own, place)


# Without a savepoint: two steps less, and no caller goes on in its transaction after an error in here.
@transaction.atomic(savepoint=False)
def _record(source: Source, draft: MessageDraft, is_own: bool, place: Place | None) -> Recorded:
    workspace_id = source.workspace_id
    if place is None or not place.is_of(draft):
        place = storage.find_place(workspace_id=workspace_id, draft=draft)
    channel, author = place
    if channel is None or (draft.channel.title and channel.title != draft.channel.title):
        channel = ensure_channel(workspace_id=workspace_id, draft=draft.channel)
    if draft.author is not None and (author is None or (draft.author.name and author.name != draft.author.name)):
        author = ensure_participant(workspace_id=workspace_id, platform=draft.channel.platform, draft=draft.author)
    verdict = judge(draft, is_own=is_own)
    if author is not None and author.erased_at is not None:
        draft, verdict = people_erased.silenced(draft), people_erased.VERDICT
    placed = storage.Placed(draft, channel.pk, author.pk if author else None, verdict, is_own)
    new = storage.insert_new([placed], workspace_id=workspace_id, source_id=source.pk)
    if new:
        message = storage.as_stored(placed, new[placed.key], source=source, channel=channel, author=author)
        emit(
            MessageReceived(
                workspace_id=workspace_id,
                object_id=message.pk,
                source=source.pk,
                channel=channel.pk,
                author=placed.author_id,
            )
        )
        return Recorded(message, "created")
    stored = Message.objects.select_related("source", "channel", "author").select_for_update(of=("self",))
    message = stored.get(channel=channel, external_id=draft.external_id)
    return Recorded(message, "updated" if storage.take_edit(message=message, draft=draft) else "unchanged")


@transaction.atomic
def set_verdict(*, message_id: int, by: User, verdict: str) -> Message:
    """A person's verdict on a message: it stays, whatever rules and models say later."""
    if verdict not in Verdict.values:
        raise Invalid(f"{verdict!r} is no verdict: use one of {', '.join(Verdict.values)}.")
    message = Message.objects.select_for_update(of=("self",)).filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such message.")
    lessons.note_flip(message=message, verdict=verdict)
    message.verdict = verdict
    message.verdict_reason = "person"
    message.verdict_score = {Verdict.NOISE: 0.0, Verdict.WEAK: 0.5, Verdict.SIGNAL: 1.0}[Verdict(verdict)]
    message.verdict_by = Message.VerdictBy.PERSON
    message.save(update_fields=["verdict", "verdict_reason", "verdict_score", "verdict_by"])
    emit(storage.edited_event(message), by=by)
    return message


def set_model_verdicts(*, verdicts: Mapping[int, tuple[Verdict, float]]) -> None:
    """A model's verdict and how sure it is (0 to 1), by the message's id, over that of the rules; a person's stays.

    The score that is kept says how much of a signal it is: 0 for a sure noise, 1 for a sure signal.
    """
    if not verdicts:
        return
    middle = {Verdict.NOISE: -0.5, Verdict.WEAK: 0.0, Verdict.SIGNAL: 0.5}
    with connection.cursor() as cursor:
        cursor.execute(
            JUDGE,
            {
                "ids": list(verdicts),
                "verdicts": [verdict.value for verdict, _ in verdicts.values()],
                "scores": [0.5 + middle[verdict] * sure for verdict, sure in verdicts.values()],
            },
        )


def set_categories(*, categories: Mapping[int, str]) -> None:
    """What kind of message each one is, by id, where that is not known yet; no event, nothing that people see moves.

    A row that somebody else writes at this moment is left to the next run rather than waited for.
    """
    if categories:
        with connection.cursor() as cursor:
            cursor.execute(CATEGORISE, {"ids": list(categories), "categories": list(categories.values())})


def quote_passage(*, message: Message, start: int, end: int) -> Quote:
    """The Quote of a passage of the message's stored text, made once."""
    return Quote.objects.get_or_create(
        message=message,
        start=start,
        end=end,
        text=message.text[start:end],
        defaults={"workspace_id": message.workspace_id},
    )[0]
