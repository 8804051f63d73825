"""What an import would bring, read from the file alone: nothing is stored, no database is asked. Pure."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Unpack

from ingestion.drafts import MessageDraft, Skipped
from ingestion.exports import CutFile, Export, detect, open_export
from ingestion.exports.base import Told
from tasktracker.core.words import counted_as

__all__ = ["Preview", "Progress", "detect_format", "preview"]

detect_format = detect

type Progress = Callable[[int, int, dict[str, int]], None]
"""(bytes read, bytes in all, counts so far); what it raises ends the reading, and is raised again."""

_EVERY = 2_000
_REASONS = 20
_TITLES = 10


@dataclass(slots=True)
class Preview:
    """What a file holds.

    `first` and `last` are the times of the oldest and the newest message, None where there is none. `reasons` has why
    records would be skipped, each with how many, the most frequent first; `channel_titles` the first channels; `cut`
    how the file breaks off, where it does: what comes before that would be imported.
    """

    format: str
    messages: int = 0
    people: int = 0
    channels: int = 0
    skipped: int = 0
    first: datetime | None = None
    last: datetime | None = None
    size: int = 0
    reasons: list[tuple[str, int]] = field(default_factory=list)
    channel_titles: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cut: str = ""

    def counts(self) -> dict[str, int]:
        return {
            "messages": self.messages,
            "people": self.people,
            "channels": self.channels,
            "skipped": self.skipped,
        }

    def __str__(self) -> str:
        """`1,218 messages, 41 people, 3 channels, from 2026-01-02 to 2026-01-31; 12 would be skipped, because …`."""
        told = ", ".join(
            [
                counted_as(self.messages, "message"),
                counted_as(self.people, "person", "people"),
                counted_as(self.channels, "channel"),
            ]
        )
        if self.first is not None and self.last is not None:
            told += f", from {self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}"
        if self.skipped:
            why = [f"{reason} ({count:,})" if len(self.reasons) > 1 else reason for reason, count in self.reasons[:5]]
            told += f"; {self.skipped:,} would be skipped, because: {', '.join(why)}"
            told += ", …" if len(self.reasons) > 5 else ""
        return told


def preview(
    path: str | Path,
    format: str = "auto",
    *,
    progress: Progress | None = None,
    **told: Unpack[Told],
) -> Preview:
    """Read all of an export and count. `told` is for `open_export`.

    Raises `NotThisFormat` with one line for what cannot be imported at all; a file that breaks off is counted as far
    as it is whole.
    """
    with open_export(path, format, **told) as export:
        found = _Count(Preview(format=export.format, size=export.size))
        try:
            _count(export, found, progress)
        except CutFile as error:
            found.preview.cut = str(error)
        return found.result(export)


def _count(export: Export, found: "_Count", progress: Progress | None) -> None:
    for number, item in enumerate(export, start=1):
        found.add(item)
        if progress is not None and number % _EVERY == 0:
            progress(export.position, export.size, found.so_far().counts())
    if progress is not None:
        progress(export.size, export.size, found.so_far().counts())


class _Count:
    """Counts items; of people and channels it keeps 8 bytes each, of reasons the first thousand."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview
        self._people: set[int] = set()
        self._channels: set[int] = set()
        self._reasons: Counter[str] = Counter()

    def add(self, item: MessageDraft | Skipped) -> None:
        seen = self.preview
        if isinstance(item, Skipped):
            seen.skipped += 1
            reason = item.reason if item.reason in self._reasons or len(self._reasons) < 1_000 else "other reasons"
            self._reasons[reason] += 1
            return
        seen.messages += 1
        seen.first = item.sent_at if seen.first is None else min(seen.first, item.sent_at)
        seen.last = item.sent_at if seen.last is None else max(seen.last, item.sent_at)
        if item.author is not None:
            self._people.add(hash((item.channel.platform, item.author.external_id)))
        channel = hash((item.channel.platform, item.channel.external_id or item.channel.title))
        if channel not in self._channels:
            self._channels.add(channel)
            if len(seen.channel_titles) < _TITLES:
                seen.channel_titles.append(item.channel.title)

    def so_far(self) -> Preview:
        self.preview.people, self.preview.channels = len(self._people), len(self._channels)
        return self.preview

    def result(self, export: Export) -> Preview:
        self.preview.reasons = self._reasons.most_common(_REASONS)
        self.preview.notes = export.notes
        return self.so_far()
