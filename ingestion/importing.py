"""Many messages at once: batches in, counts out. The same file twice changes nothing."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, tzinfo
from operator import itemgetter
from pathlib import Path

from django.conf import settings
from django.db import transaction

from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft, Skipped
from ingestion.exports import CutFile, open_export
from ingestion.models import Channel, Message, Participant, Source
from ingestion.storage import Placed, insert_new, take_edit
from ingestion.tidy import is_newer, tidy
from tasktracker.core.errors import Invalid
from tasktracker.core.events import MessagesImported, emit

BATCH = 2_000
REASONS_KEPT = 20

type Progress = Callable[[int, int, int], None]
"""(bytes read, bytes in all, messages seen)"""


@dataclass(slots=True)
class ImportReport:
    """What became of the records of an import; `reasons` names the first that were skipped or in error."""

    seen: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    errors: int = 0
    reasons: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """The six figures that scripts read."""
        return {name: value for name, value in asdict(self).items() if name != "reasons"}

    def note(self, reason: str) -> None:
        """Keep a reason for the report, up to a limit."""
        if len(self.reasons) < REASONS_KEPT:
            self.reasons.append(reason)


class Recorder:
    """Stores batches of drafts for one source, remembering the channels and people that it has met."""

    def __init__(self, source: Source, report: ImportReport) -> None:
        self.source = source
        self.report = report
        self._channels: dict[tuple[str, str], int] = {}
        self._people: dict[tuple[str, str], int] = {}

    @transaction.atomic(savepoint=False)
    def record(self, drafts: Iterable[MessageDraft]) -> dict[tuple[int, str], int]:
        """Store a batch in one transaction, with one event; returns key → id of the new messages."""
        placed = self._place(drafts)
        if not placed:
            return {}
        # The last copy within a batch is the newest one in every format.
        unique = {place.key: place for place in placed}
        self.report.unchanged += len(placed) - len(unique)
        workspace_id = self.source.workspace_id
        new = insert_new(list(unique.values()), workspace_id=workspace_id, source_id=self.source.pk)
        self.report.created += len(new)
        known = [place for key, place in unique.items() if key not in new]
        updated = self._take_edits(known)
        self.report.updated += updated
        self.report.unchanged += len(known) - updated
        if new:
            emit(
                MessagesImported(
                    workspace_id=workspace_id,
                    object_id=self.source.pk,
                    count=len(new),
                    first=min(new.values()),
                    last=max(new.values()),
                )
            )
        return new

    def _place(self, drafts: Iterable[MessageDraft]) -> list[Placed]:
        tidied: list[MessageDraft] = []
        limit = settings.MESSAGE_TEXT_LIMIT
        for draft in drafts:
            try:
                tidied.append(tidy(draft, limit=limit))
            except Invalid as error:
                self.report.errors += 1
                self.report.note(f"{draft.external_id or 'a message without an id'}: {error.detail}")
        self._meet(tidied)
        channels, people = self._channels, self._people
        return [
            Placed(
                draft,
                channels[draft.channel.platform, draft.channel.external_id],
                people[draft.channel.platform, draft.author.external_id] if draft.author else None,
            )
            for draft in tidied
        ]

    def _meet(self, drafts: list[MessageDraft]) -> None:
        """Make sure of the rows of the channels and people that were not met before; the newest name stays."""
        channels: dict[tuple[str, str], ChannelDraft] = {}
        people: dict[tuple[str, str], PersonDraft] = {}
        for draft in drafts:
            channel, author = draft.channel, draft.author
            if (place := (channel.platform, channel.external_id)) not in self._channels:
                channels[place] = channel
            if author is not None and (place := (channel.platform, author.external_id)) not in self._people:
                people[place] = author
        workspace_id = self.source.workspace_id
        # In one order everywhere: two imports that meet the same people must not wait for each other in a ring.
        if channels:
            rows = Channel.objects.bulk_create(
                [
                    Channel(workspace_id=workspace_id, platform=platform, external_id=key, title=channel.title)
                    for (platform, key), channel in sorted(channels.items(), key=itemgetter(0))
                ],
                update_conflicts=True,
                unique_fields=["workspace", "platform", "external_id"],
                update_fields=["title", "updated_at"],
            )
            self._channels |= {(row.platform, row.external_id): row.pk for row in rows}
        if people:
            persons = Participant.objects.bulk_create(
                [
                    Participant(
                        workspace_id=workspace_id, platform=platform, external_id=key, name=a.name, is_bot=a.is_bot
                    )
                    for (platform, key), a in sorted(people.items(), key=itemgetter(0))
                ],
                update_conflicts=True,
                unique_fields=["workspace", "platform", "external_id"],
                update_fields=["name", "updated_at"],
            )
            self._people |= {(row.platform, row.external_id): row.pk for row in persons}

    def _take_edits(self, known: list[Placed]) -> int:
        edits = {place.key: place.draft for place in known if place.draft.edited_at is not None}
        if not edits:
            return 0
        stored = Message.objects.select_for_update().filter(
            channel_id__in={channel for channel, _ in edits}, external_id__in={key for _, key in edits}
        )
        updated = 0
        for message in stored.order_by("pk"):
            draft = edits.get((message.channel_id, message.external_id))
            if draft is not None and is_newer(draft.edited_at, message.edited_at):
                updated += take_edit(message=message, draft=draft)
        return updated


def record_messages(*, source: Source, drafts: Iterable[MessageDraft]) -> ImportReport:
    """Store many messages in one transaction with one event (a bulk post)."""
    report = ImportReport()
    batch = list(drafts)
    report.seen = len(batch)
    Recorder(source, report).record(batch)
    return report


def import_export(
    *,
    source: Source,
    path: str | Path,
    format_name: str = "auto",
    zone: tzinfo = UTC,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import an export as a stream, batch by batch; each batch is kept when a later one fails.

    Raises `NotThisFormat` (or its `CutFile`, after everything whole was stored) with one clear line.
    """
    report = ImportReport()
    recorder = Recorder(source, report)
    with open_export(path, format_name, timezone=zone) as export:

        def drafts() -> Iterable[MessageDraft]:
            for item in export:
                report.seen += 1
                if isinstance(item, Skipped):
                    report.skipped += 1
                    report.note(f"{item.reference}: {item.reason}")
                else:
                    yield item

        pending: list[MessageDraft] = []
        try:
            for draft in drafts():
                pending.append(draft)
                if len(pending) == BATCH:
                    flush(recorder, pending, dry_run=dry_run)
                    if progress:
                        progress(export.position, export.size, report.seen)
        except CutFile:
            # A file that breaks off has still given whole messages: they are stored before the error is told.
            flush(recorder, pending, dry_run=dry_run)
            raise
        flush(recorder, pending, dry_run=dry_run)
        if progress:
            progress(export.size, export.size, report.seen)
    return report


def flush(recorder: Recorder, pending: list[MessageDraft], *, dry_run: bool) -> None:
    """Store what is pending and empty the list; a dry run stores it in a transaction that is rolled back."""
    if not pending:
        return
    with transaction.atomic():
        recorder.record(pending)
        if dry_run:
            transaction.set_rollback(True)
    pending.clear()
