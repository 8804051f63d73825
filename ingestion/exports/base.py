"""What every export format shares: its options, its errors, and the iterator that the importer reads."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from types import TracebackType
from typing import Self, TypedDict

from ingestion.drafts import MessageDraft, NotThisFormat, Skipped
from ingestion.exports.files import Broken, Files
from tasktracker.core.words import counted_as

type Item = MessageDraft | Skipped


class CutFile(NotThisFormat):
    """The file breaks off or is damaged after `messages` whole ones, which were all handed out before."""

    def __init__(self, message: str, messages: int) -> None:
        super().__init__(message)
        self.messages = messages


@dataclass(frozen=True, slots=True)
class Options:
    """What a reader is told, and `notes`, where it says what a person should know of the whole file.

    `timezone` is the zone of times that a file gives without one; `label` what the file is called, where it lies under
    another name, for what goes by that. Only mail reads `mailbox`: the address, or
    address/folder, that its live source goes by. Only CSV reads the others: `columns` names the columns by what they
    hold, `encoding` and `date_format` (as `strptime` takes it) stand in for guesses.
    """

    timezone: tzinfo = UTC
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    date_format: str = ""
    mailbox: str = ""
    label: str = ""
    notes: list[str] = field(default_factory=list)


class Told(TypedDict, total=False):
    """The fields of `Options` that somebody may give, to be handed on as they are."""

    timezone: tzinfo
    columns: Mapping[str, str]
    encoding: str
    date_format: str
    mailbox: str
    label: str


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of export.

    `name` is what `--format` takes. `find(files)` returns the members that hold messages, in reading order, or
    nothing when this is not such an export; it may read a little of them. `read(files, members, options)` yields
    drafts and skipped records; it raises `NotThisFormat` before the first item when the file turns out to be
    something else, and `Broken` when it ends too early.
    """

    name: str
    label: str
    find: Callable[[Files], list[str]]
    read: Callable[[Files, list[str], Options], Iterator[Item]]
    find_named: Callable[[Files], list[str]] | None = None
    check: Callable[[Files, list[str], Options], None] | None = None


class Export:
    """An opened export: iterate it once, close it after. `position` of `size` bytes have been read so far."""

    def __init__(self, format_: Format, files: Files, members: list[str], options: Options) -> None:
        self.format = format_.name
        self.size = sum(files.size(member) for member in members)
        self._files = files
        self._options = options
        self._items = format_.read(files, members, options)
        self._messages = 0

    @property
    def notes(self) -> list[str]:
        """What the reader has found out about the file so far, such as its encoding; one line each."""
        return list(self._options.notes)

    @property
    def position(self) -> int:
        return min(self._files.position, self.size)

    def __iter__(self) -> Iterator[Item]:
        try:
            for item in self._items:
                self._messages += isinstance(item, MessageDraft)
                yield item
        except Broken as error:
            count = counted_as(self._messages, "message")
            raise CutFile(f"{self._files.label} breaks off after {count}: {error}", self._messages) from error

    def close(self) -> None:
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
