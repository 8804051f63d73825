"""Where an export lies: one file, a folder, or a zip that is read as a stream and never unpacked to disk."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from ingestion.drafts import NotThisFormat

MAX_ENTRIES = 10_000
MAX_RATIO = 100
MAX_TOTAL = 500 * 1024 * 1024
_RATIO_FLOOR = 1024 * 1024  # a small file may be as repetitive as it likes
_MAX_DIRECTORY = 16 * 1024 * 1024
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_SIZE = 20
_ENTRY = struct.Struct("<4s24x3H12x")
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


class Broken(ValueError):
    """The bytes end or stop making sense; the importer adds after how many messages."""


class UnsafeArchive(NotThisFormat):
    """An archive that would cost more than it may hold: too many entries, too large, packed too densely."""


class Files(Protocol):
    """The members of an export, by relative name with `/` between folders."""

    label: str
    position: int

    def names(self) -> Sequence[str]: ...

    def size(self, name: str) -> int: ...

    def open(self, name: str) -> "CountedStream": ...

    def rewind(self) -> None:
        """Forget what was read to find out what this is."""

    def close(self) -> None: ...


class CountedStream:
    """A binary stream that counts what it gave into `files.position`, within the limits of an archive."""

    def __init__(
        self,
        raw: IO[bytes],
        files: "Files",
        limit: int | None = None,
        on_close: Callable[[int], None] | None = None,
    ) -> None:
        self._raw = raw
        self._files = files
        self._limit = limit
        self._given = 0
        self._on_close = on_close

    def read(self, size: int) -> bytes:
        """At most `size` bytes, empty at the end. Raises Broken for damaged data, UnsafeArchive beyond the limit."""
        try:
            data = self._raw.read(size)
        except _UNREADABLE as error:
            raise Broken(f"it cannot be read further ({error})") from error
        self._files.position += len(data)
        self._given += len(data)
        if self._limit is not None:
            self._limit -= len(data)
            if self._limit < 0:
                raise UnsafeArchive(f"{self._files.label} unpacks to more than an archive may: unpack it first")
        return data

    def forget(self) -> None:
        """What was read until now does not count: it was a look, and is read again."""
        self._files.position -= self._given
        if self._limit is not None:
            self._limit += self._given
        self._given = 0

    def close(self) -> None:
        self._raw.close()
        if self._on_close is not None:
            self._on_close(self._given)
            self._on_close = None

    def __enter__(self) -> "CountedStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FolderFiles:
    """A folder, or one file as a folder of one. Links that lead out of the folder are not followed."""

    def __init__(self, path: Path) -> None:
        self.label = path.name or str(path)
        self.position = 0
        self._root = path if path.is_dir() else path.parent
        self._only = None if path.is_dir() else path.name
        self._names: list[str] | None = None

    def names(self) -> Sequence[str]:
        """The file, or what lies in the folder and two folders below, sorted."""
        if self._only is not None:
            return [self._only]
        if self._names is None:
            found = [path for depth in ("*", "*/*", "*/*/*") for path in self._root.glob(depth) if path.is_file()]
            self._names = sorted(path.relative_to(self._root).as_posix() for path in found)
        return self._names

    def size(self, name: str) -> int:
        return (self._root / name).stat().st_size

    def open(self, name: str) -> CountedStream:
        path = self._root / name
        if self._only is None and not path.resolve().is_relative_to(self._root.resolve()):
            raise NotThisFormat(f"{name} leads out of its folder")
        try:
            return CountedStream(path.open("rb"), self)
        except OSError as error:
            raise NotThisFormat(f"{name} cannot be read: {error.strerror}") from error

    def rewind(self) -> None:
        self.position = 0

    def close(self) -> None:
        """Nothing stays open between reads."""


class ZipFiles:
    """A zip, refused when it has more than 10,000 entries, a name twice or one that leaves the archive."""

    def __init__(self, path: Path) -> None:
        self.label = path.name
        self.position = 0
        self._raw = path.open("rb")
        try:
            _count_entries(self._raw, self.label)
            self._zip = zipfile.ZipFile(self._raw)
            self._entries = _checked(self._zip.infolist(), self.label)
        except _UNREADABLE as error:
            self._raw.close()
            raise NotThisFormat(f"{self.label} is not a whole zip ({error})") from error
        except NotThisFormat:
            self._raw.close()
            raise
        self._left = MAX_TOTAL

    def names(self) -> Sequence[str]:
        return sorted(self._entries)

    def size(self, name: str) -> int:
        return self._entries[name].file_size

    def open(self, name: str) -> CountedStream:
        entry = self._entries[name]
        limit = min(self._left, max(_RATIO_FLOOR, entry.compress_size * MAX_RATIO))
        if entry.file_size > limit:
            raise UnsafeArchive(
                f"{self.label}: {name} unpacks to {entry.file_size:,} bytes, more than an archive may: unpack it first"
            )
        self._left -= entry.file_size

        def give_back(read: int) -> None:
            self._left += max(0, entry.file_size - read)

        try:
            return CountedStream(self._zip.open(entry), self, limit, give_back)
        except _UNREADABLE as error:
            raise Broken(f"{name} cannot be read from the archive ({error})") from error

    def rewind(self) -> None:
        self.position = 0
        self._left = MAX_TOTAL

    def close(self) -> None:
        self._zip.close()
        self._raw.close()


def open_files(path: Path) -> Files:
    """The members at `path`. Raises NotThisFormat for a path that is missing, unsafe or not readable."""
    try:
        if not path.exists():
            raise NotThisFormat(f"{path} does not exist")
        if path.is_dir():
            return FolderFiles(path)
        if not path.is_file():
            raise NotThisFormat(f"{path} is neither a file nor a folder")
        with path.open("rb") as raw:
            is_zip = raw.read(4) in _ZIP_STARTS
        return ZipFiles(path) if is_zip else FolderFiles(path)
    except OSError as error:
        raise NotThisFormat(f"{path.name} cannot be read: {error.strerror}") from error


def _checked(entries: list[zipfile.ZipInfo], label: str) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = entry.filename.replace("\\", "/")  # as some Windows tools write it
        is_link = stat.S_ISLNK(entry.external_attr >> 16)
        if is_link or ".." in PurePosixPath(name).parts or name.startswith("/") or name[1:2] == ":":
            raise UnsafeArchive(f"{label} holds a name that leads out of the archive: {name[:80]!r}")
        if name in members:
            raise UnsafeArchive(f"{label} holds the same name twice: {name[:80]!r}")
        if entry.flag_bits & 1:
            raise NotThisFormat(f"{label} is encrypted: unpack it first")
        if not entry.is_dir():
            members[name] = entry
    return members


def _count_entries(raw: IO[bytes], label: str) -> None:
    """Walk the central directory before `zipfile` does, which would hold a million entries in memory at once."""
    end = raw.seek(0, io.SEEK_END)
    start = max(0, end - 65_536 - _END.size - _LOCATOR_SIZE - _END64.size)
    raw.seek(start)
    tail = raw.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise NotThisFormat(f"{label} is not a whole zip: its directory is missing")
    size = int(_END.unpack_from(tail, at)[5])
    directory_end = start + at
    at64 = at - _LOCATOR_SIZE - _END64.size  # where `zipfile` looks for it, whatever the locator says
    if at64 >= 0 and tail.startswith(b"PK\x06\x07", at - _LOCATOR_SIZE) and tail.startswith(b"PK\x06\x06", at64):
        directory_end = start + at64
        size = int(_END64.unpack_from(tail, at64)[8])
    if size > _MAX_DIRECTORY or size > directory_end:
        raise UnsafeArchive(f"{label} has too large a directory: unpack it first")
    raw.seek(directory_end - size)
    directory = raw.read(size)
    raw.seek(0)
    count = offset = 0
    while offset + 46 <= len(directory):
        signature, name, extra, comment = _ENTRY.unpack_from(directory, offset)
        if signature != b"PK\x01\x02":
            break
        count += 1
        offset += 46 + name + extra + comment
    if count > MAX_ENTRIES:
        raise UnsafeArchive(f"{label} has more than {MAX_ENTRIES:,} entries: unpack it first")
