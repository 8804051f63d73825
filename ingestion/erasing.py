"""A person who is to be forgotten: their accounts at once, their words by the job that `proposals.erasing` does.

Names and ids wait sealed in the `Erasure` until the work is done: they are what the job looks for.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from ingestion import people, people_erased, people_log
from ingestion.models import BotCall, BotContact, Erasure, Message, Participant
from tasktracker.core import crypto
from tasktracker.core.errors import Conflict, NotFound
from tasktracker.core.events import enqueue
from tasktracker.core.models import IdempotentRequest, RememberedAnswer, User, Workspace

TASK = "proposals.tasks.erase_person"  # a name, because ingestion may not import proposals
LEFT_ALONE = timedelta(minutes=2)
SHORT = 5  # an id or a name below this is looked for as a whole JSON value only

COUNT_DELIVERIES = """
SELECT count(*) FROM ingestion_delivery d JOIN ingestion_source s ON s.id = d.source_id
WHERE s.workspace_id = %s AND d.raw <> '' AND EXISTS (
    SELECT FROM unnest(%s::text[]) AS one (needle) WHERE position(convert_to(needle, 'UTF8') IN d.raw) > 0)
"""
# Of what was worked off: a delivery that waits is read once more, and then its author is known to be erased.
EMPTY_DELIVERIES = """
UPDATE ingestion_delivery d SET raw = '', error = '' FROM ingestion_source s
WHERE s.id = d.source_id AND s.workspace_id = %s AND d.raw <> '' AND d.status <> 'received' AND EXISTS (
    SELECT FROM unnest(%s::text[]) AS one (needle) WHERE position(convert_to(needle, 'UTF8') IN d.raw) > 0)
"""


@dataclass(frozen=True, slots=True)
class Known:
    """By what somebody was known: the names of their accounts, and (platform, id) of each."""

    names: tuple[str, ...]
    ids: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, accounts: Iterable[Participant]) -> "Known":
        """What these accounts are known by."""
        rows = list(accounts)
        names = tuple(dict.fromkeys(row.name for row in rows if row.name.strip()))
        return cls(names, tuple((row.platform, row.external_id) for row in rows))

    def needles(self) -> list[str]:
        """What a raw delivery about them holds: as JSON has it, with and without escapes."""
        found: dict[str, None] = {}
        for word in (*self.names, *(native for _, native in self.ids)):
            plain, escaped = json.dumps(word, ensure_ascii=False), json.dumps(word)
            for form in (plain, escaped):
                found[form[1:-1] if len(word) >= SHORT else form] = None
        return list(found)


def deliveries_about(*, workspace_id: int, known: Known) -> int:
    """How many raw deliveries name this person or one of their ids."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_DELIVERIES, [workspace_id, known.needles()])
        return int(cursor.fetchone()[0])


@transaction.atomic
def begin_erasure(
    *, workspace: Workspace, participant_id: int, expected: dict[str, int], by: User | None = None
) -> Erasure:
    """Take away the name, ids and login of all accounts of a person, and have the rest done by a worker.

    `expected` are the figures that were shown before. Raises `NotFound`, and `Conflict` for who was erased already.
    """
    ids = people.accounts([participant_id]).filter(workspace=workspace).values_list("pk", flat=True)
    rows = list(Participant.objects.select_for_update(of=("self",)).filter(pk__in=list(ids)).order_by("pk"))
    if not rows:
        raise NotFound("There is no such person.")
    if any(row.erased_at for row in rows):
        raise Conflict("This person is erased already.", code="erased")
    known = Known.of(rows)
    erasure = Erasure.objects.create(
        workspace=workspace, by=by, participants=[row.pk for row in rows], expected=expected
    )
    erasure.sealed_names = crypto.seal(json.dumps([known.names, known.ids]), bind=_bind(erasure))
    erasure.save(update_fields=["sealed_names"])
    BotContact.objects.filter(participant__in=rows).delete()
    for row in rows:
        row.external_id = people_erased.digests(
            workspace_id=workspace.pk, platform=row.platform, external_id=row.external_id
        )[0]
        row.name, row.user, row.erased_at = people_erased.NAME, None, timezone.now()
        row.save(update_fields=["external_id", "name", "user", "erased_at", "updated_at"])
    changes = {"accounts": [[row.pk for row in rows], None], "erasure": [None, erasure.pk]}
    people_log.note(workspace_id=workspace.pk, participant_id=participant_id, verb="erased", by=by, changes=changes)
    transaction.on_commit(partial(enqueue, TASK, workspace.pk, erasure.pk))
    return erasure


def known_to(erasure: Erasure) -> Known:
    """What is looked for, of an erasure that is not done."""
    names, ids = json.loads(crypto.unseal(erasure.sealed_names, bind=_bind(erasure)))
    return Known(tuple(names), tuple((platform, native) for platform, native in ids))


def words_left(erasure: Erasure) -> list[int]:
    """Ids of the next messages of the person that are not deleted yet."""
    rows = Message.objects.filter(author__in=erasure.participants, deleted_at=None).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:100])


def count(*, erasure: Erasure, **more: int) -> None:
    """Add to the figures of what was done."""
    row = Erasure.objects.select_for_update().get(pk=erasure.pk)
    for name, number in more.items():
        row.counts[name] = row.counts.get(name, 0) + number
    row.save(update_fields=["counts", "updated_at"])


@transaction.atomic
def wipe_traces(*, erasure: Erasure, known: Known) -> dict[str, int]:
    """Raw deliveries, answers kept for a second asking and what a bot has said about the person; how many of each."""
    workspace_id = erasure.workspace_id
    with connection.cursor() as cursor:
        cursor.execute(EMPTY_DELIVERIES, [workspace_id, known.needles()])
        emptied = cursor.rowcount
    # What went with its message was emptied before.
    left = deliveries_about(workspace_id=workspace_id, known=known)
    emptied = max(emptied, erasure.expected.get("raw_deliveries", 0) - left)
    natives = [native for platform, native in known.ids if platform == "telegram"]
    calls, _ = BotCall.objects.filter(bot__workspace=workspace_id, chat_id__in=natives).delete()
    RememberedAnswer.objects.filter(workspace=workspace_id).delete()
    posts = IdempotentRequest.objects.filter(workspace=workspace_id, body__author__id__in=erasure.participants)
    kept, _ = posts.delete()
    return {"raw_deliveries": emptied, "kept_answers": kept, "bot_messages": calls}


@transaction.atomic
def finish(*, erasure: Erasure, counts: dict[str, int]) -> Erasure:
    """Keep the figures, and forget by what the person was known; the second time does nothing."""
    row = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure.pk)
    if row.finished_at is None:
        row.counts, row.sealed_names, row.finished_at = {**row.counts, **counts}, "", timezone.now()
        row.save(update_fields=["counts", "sealed_names", "finished_at", "updated_at"])
        changes: dict[str, Any] = {name: [None, number] for name, number in sorted(row.counts.items())}
        people_log.note(
            workspace_id=row.workspace_id,
            participant_id=row.participants[0],
            verb="finished",
            by=row.by,
            changes={"erasure": [None, row.pk], **changes},
        )
    return row


def at_work() -> Sequence[Erasure]:
    """Erasures on which nobody has worked for a while, for the sweep."""
    left = Erasure.objects.filter(finished_at=None, updated_at__lt=timezone.now() - LEFT_ALONE)
    return list(left.order_by("pk")[:20])


def _bind(erasure: Erasure) -> str:
    return f"erasure:{erasure.pk}"
