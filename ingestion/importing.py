"""History and bulk posts: batches in, counts out. The same file twice changes nothing."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Unpack

from django.db import transaction

from ingestion.ahead import ahead
from ingestion.drafts import ChannelDraft, MessageDraft, Skipped
from ingestion.exports import CutFile, Export, open_export
from ingestion.exports.base import Told
from ingestion.models import Source
from ingestion.recorder import REASONS_KEPT, ImportReport, Recorder, prepare
from ingestion.tidy import API_PLATFORM, Judged, api_channel

__all__ = ["BATCH", "ImportReport", "import_export", "record_messages"]

BATCH = 2_000
_MOST_CHARS = 2_000_000  # of the texts in a batch: mails are long, and three batches are in memory at once
_MOST_SEEN = 10_000  # records of a batch, however many of them are skipped: progress is told between batches

type Progress = Callable[[int, int, int], None]
"""(bytes read, bytes in all, messages seen), after each batch; what it raises ends the import, and is raised again."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is stored in one transaction: messages, what was met while they were read, and how far that was."""

    messages: list[Judged]
    part: ImportReport
    position: int


def record_messages(*, source: Source, drafts: Iterable[MessageDraft]) -> ImportReport:
    """Store many messages in one transaction with one event (a bulk post)."""
    report = ImportReport()
    given = list(drafts)
    report.seen = len(given)
    Recorder(source, report).record(prepare(given, report, source.filters))
    return report


def import_export(
    *,
    source: Source,
    path: str | Path,
    format_name: str = "auto",
    dry_run: bool = False,
    progress: Progress | None = None,
    report: ImportReport | None = None,
    **told: Unpack[Told],
) -> ImportReport:
    """Import an export as a stream, batch by batch; each batch is kept when a later one fails or `progress` stops it.

    What was stopped goes on by another import of the same file: what is stored already changes nothing.

    `told` is for `open_export`. The file is read in a thread of its own while the batch before is stored. `report` is
    one of the caller's, which has its figures whatever happens, and keeps as many reasons as it says. Raises
    `NotThisFormat` (or its `CutFile`, after everything whole was stored) with one clear line.
    """
    report = ImportReport() if report is None else report
    recorder = Recorder(source, report)
    with (
        open_export(path, format_name, **told) as export,
        fewer_collections(),
        ahead(batches(export, source, report.kept)) as read,
    ):
        try:
            for batch in read:
                report.add(batch.part)
                with transaction.atomic():
                    recorder.record(batch.messages)
                    transaction.set_rollback(dry_run)
                if progress:
                    progress(batch.position, export.size, report.seen)
        finally:
            report.notes = export.notes
    return report


@contextmanager
def fewer_collections() -> Iterator[None]:
    """Let the garbage collector look at every 20,000th new object, not at every 700th, for the time of an import.

    It makes thousands of small things a second, none of which refers to itself in a ring: looking was a fifth of its
    time, and found nothing.
    """
    before = gc.get_threshold()
    gc.set_threshold(20_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def batches(export: Export, source: Source, kept: int = REASONS_KEPT) -> Iterator[Batch]:
    """The export in parts of BATCH messages or fewer; a file that breaks off gives what is whole first."""
    channels: dict[ChannelDraft, ChannelDraft] = {}
    pending: list[MessageDraft] = []
    part = ImportReport(kept=kept)
    chars = 0

    def batch() -> Batch:
        nonlocal pending, part, chars
        found = Batch(prepare(pending, part, source.filters), part, export.position)
        pending, part, chars = [], ImportReport(kept=kept), 0
        return found

    try:
        for item in export:
            part.seen += 1
            if isinstance(item, Skipped):
                part.skipped += 1
                part.note(f"{item.reference}: {item.reason}")
                if part.seen >= _MOST_SEEN:
                    yield batch()
                continue
            if item.channel.platform == API_PLATFORM:
                channel = channels.get(item.channel) or channels.setdefault(item.channel, own(item.channel, source))
                item = replace(item, channel=channel)
            pending.append(item)
            chars += len(item.text)
            if len(pending) >= BATCH or chars >= _MOST_CHARS or part.seen >= _MOST_SEEN:
                yield batch()
    except CutFile:
        yield batch()
        raise
    yield batch()


def own(channel: ChannelDraft, source: Source) -> ChannelDraft:
    """The channel that a post of the same message would go to: those of the API are each a source's own.

    A line that names no channel, and the importing source or none as its source, means the one for the whole source.
    """
    if channel.external_id:
        return api_channel(source.pk, channel.external_id, channel.title)
    is_other = channel.title and channel.title not in (source.name, str(source.pk))
    return api_channel(source.pk, channel.title if is_other else "", channel.title if is_other else source.name)
