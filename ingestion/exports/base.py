"""What every export format shares: its options, its errors, and the iterator that the importer reads."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo
from types import TracebackType
from typing import Self

from ingestion.drafts import MessageDraft, NotThisFormat, Skipped
from ingestion.exports.files import Broken, Files

type Item = MessageDraft | Skipped


class CutFile(NotThisFormat):
    """The file breaks off or is damaged after `messages` whole ones, which were all handed out before."""

    def __init__(self, message: str, messages: int) -> None:
        super().__init__(message)
        self.messages = messages


@dataclass(frozen=True, slots=True)
class Options:
    """`timezone` is the zone of times that a file gives without one."""

    timezone: tzinfo = UTC


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


class Export:
    """An opened export: iterate it once, close it after. `position` of `size` bytes have been read so far."""

    def __init__(self, format_: Format, files: Files, members: list[str], options: Options) -> None:
        self.format = format_.name
        self.size = sum(files.size(member) for member in members)
        self._files = files
        self._items = format_.read(files, members, options)
        self._messages = 0

    @property
    def position(self) -> int:
        return min(self._files.position, self.size)

    def __iter__(self) -> Iterator[Item]:
        try:
            for item in self._items:
                self._messages += isinstance(item, MessageDraft)
                yield item
        except Broken as error:
            count = "1 message" if self._messages == 1 else f"{self._messages} messages"
            raise CutFile(f"{self._files.label} breaks off after {count}: {error}", self._messages) from error

    def close(self) -> None:
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
