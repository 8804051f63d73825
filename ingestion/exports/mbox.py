"""An mbox (RFC 4155) split into its mails as a stream. Pure.

A line begins a mail when it says "From ", who and when, stands after an empty line and before a header: what people
write in their mails does not.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from ingestion.exports.files import Broken, CountedStream

LONGEST = 3 * 1024 * 1024  # bytes of a mail that are kept; its words come before its attachments
LOOK = 1_200  # bytes that tell whether a line begins a mail
_CHUNK = 256 * 1024

POSTMARK = re.compile(rb"From [^\n]{0,400}?\d\d?:\d\d[^\n]{0,80}\r?\n(?:[!-9;-~]{1,200}[ \t]*:|>From )")
_WHEN = re.compile(rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*", re.ASCII)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_BOUNDARY = re.compile(rb'^Content-Type:[^\n]*(?:\n[ \t][^\n]*)*?boundary="?([^"\r\n;]+)', re.MULTILINE | re.IGNORECASE)


class Raw(NamedTuple):
    """One mail of an mbox: its bytes, what its first line says of the time, and whether bytes were left out."""

    number: int
    data: bytes
    received: datetime | None
    is_cut: bool


def split(stream: CountedStream) -> Iterator[Raw]:
    """The mails of an mbox one by one, at most `LONGEST` bytes of each. Raises Broken when the last one is cut."""
    buffer, at, number = b"\n\n", 1, 0
    collected = _Collected()
    is_end = False
    while not is_end:
        data = stream.read(_CHUNK)
        is_end = not data
        buffer += data
        sure = len(buffer) if is_end else max(at, len(buffer) - LOOK)
        start = at
        while (found := buffer.find(b"\nFrom ", start, sure + 6)) >= 0 and found < sure:
            start = found + 6
            if _begins(buffer, found):
                collected.add(buffer[at : found + 1])
                if collected.began:
                    number += 1
                    yield collected.mail(number)
                collected = _Collected(began=True)
                at = found + 1
        collected.add(buffer[at:sure])
        buffer, at = buffer[max(0, sure - 2) :], min(2, sure)
    if collected.began:
        mail = collected.mail(number + 1)
        if not mail.is_cut and not _is_whole(mail.data):
            raise Broken(f"mail {mail.number} is not whole")
        yield mail


class _Collected:
    """The bytes of a mail so far, with the line that begins it."""

    def __init__(self, *, began: bool = False) -> None:
        self.began = began
        self._parts: list[bytes] = []
        self._size = 0
        self._is_cut = False

    def add(self, data: bytes) -> None:
        kept = data[: max(0, LONGEST - self._size)]
        self._is_cut = self._is_cut or len(kept) < len(data)
        self._size += len(kept)
        if kept and self.began:
            self._parts.append(kept)

    def mail(self, number: int) -> Raw:
        mark, _, data = b"".join(self._parts).partition(b"\n")
        if b"\n>" in data:
            data = _QUOTED.sub(rb"\1", data)
        return Raw(number, data, _when(mark), self._is_cut)


def _begins(buffer: bytes, newline: int) -> bool:
    """Whether the line after `newline` begins a mail."""
    before = buffer[max(0, newline - 2) : newline]
    return (before.endswith(b"\n") or before == b"\n\r") and POSTMARK.match(buffer, newline + 1) is not None


def _is_whole(data: bytes) -> bool:
    """Whether the last mail of a file has its end: a line end, a body, and the last line of its parts."""
    if not data.endswith(b"\n"):
        return False
    head, _, _ = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    boundary = _BOUNDARY.search(head)
    return boundary is None or b"--" + boundary[1].strip() + b"--" in data


def _when(mark: bytes) -> datetime | None:
    """The time in the line that begins a mail."""
    found = _WHEN.search(mark)
    try:
        date = parsedate_to_datetime(found[0].decode("ascii", "replace")) if found else None
        return date and (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
