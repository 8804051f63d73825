"""CSV: one message to a row, the columns named in the first one. What a file does not say of itself is guessed.

The channel of a row is one of the importing source's own, as for what is posted; a row without an id goes by what it
says, so that the same file twice is one message each.
"""

import csv
from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from ingestion.drafts import ChannelDraft, MessageDraft, NotThisFormat, PersonDraft, Skipped
from ingestion.exports.base import Format, Item, Options
from ingestion.exports.csv_columns import (
    Columns,
    byte_order_mark,
    day_first,
    find_columns,
    find_delimiter,
    find_encoding,
    moment,
)
from ingestion.exports.files import Broken, CountedStream, Files
from ingestion.exports.jsonstream import Head, Stream
from ingestion.exports.lines import TextLines
from ingestion.exports.twice import Occurrences, hashed
from ingestion.text import clean_id, clean_name, clean_text
from ingestion.tidy import API_PLATFORM

_CHUNK = 256 * 1024
_HEAD = 64 * 1024
_LOOKED_AT = 200  # rows, for the order of day and month
_ENDINGS = (".csv", ".tsv")
_NO_TEXT = (b"\x89PNG", b"\xff\xd8\xff", b"%PDF", b"\x1f\x8b", b"SQLite", b"<", b"{", b"[")


class _Table(NamedTuple):
    """How a file is to be read."""

    encoding: str
    delimiter: str
    columns: Columns
    is_day_first: bool


def find(files: Files) -> list[str]:
    """The `.csv` and `.tsv` members; else the single file, when its first line names what a message needs."""
    found = find_named(files)
    if any(name.lower().endswith(_ENDINGS) for name in found):
        return found
    return [name for name in found if _columns_of(files, name, Options())]


def find_named(files: Files) -> list[str]:
    """The `.csv` and `.tsv` members, or the single file, whose first line has more than one column."""
    names = list(files.names())
    named = [name for name in names if name.lower().endswith(_ENDINGS)]
    return [name for name in named or (names if len(names) == 1 else []) if len(_header(files, name, Options())) > 1]


def check(files: Files, members: list[str], options: Options) -> None:
    """Raises NotThisFormat for an encoding that is none, and where needed columns are missing."""
    try:
        if options.encoding:
            getincrementaldecoder(options.encoding)("replace").decode(bytes(range(256))).encode()
    except (LookupError, ValueError, TypeError, AttributeError, AssertionError) as error:  # "zip" and "hex" are codecs
        raise NotThisFormat(f"{clean_name(options.encoding, 40)!r} is no encoding: use one such as cp1251") from error
    for member in members:
        columns = find_columns(_header(files, member, options), options.columns)
        if isinstance(columns, str):
            raise NotThisFormat(f"{files.label}: {columns}")


def read(files: Files, members: list[str], options: Options) -> Iterator[Item]:
    """Drafts in the order of the rows. Raises NotThisFormat without the needed columns, Broken for a cut last row."""
    for member in members:
        where = f"{member} " if len(members) > 1 else ""
        table = _table(files, member, options, where)
        with files.open(member) as stream:
            yield from _Rows(table, options, where).read(stream)


class _Rows:
    """Turns the rows of one file into drafts."""

    def __init__(self, table: _Table, options: Options, where: str) -> None:
        self._table = table
        self._options = options
        self._where = where
        self._met = Occurrences()

    def read(self, stream: CountedStream) -> Iterator[Item]:
        lines = TextLines(stream, self._table.encoding)
        reader = csv.reader(lines, delimiter=self._table.delimiter)
        width = 0
        while True:
            number = reader.line_num + 1
            place = f"{self._where}line {number}"
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Skipped(place, f"not CSV: {error}")
                continue
            if not any(cell.strip() for cell in row):
                continue
            if not width:
                width = len(row)
                continue
            if lines.is_over or (not lines.is_ended and len(row) < width):
                raise Broken(f"{place} ends in its middle")
            yield self._item(row, place, width)

    def _item(self, row: list[str], place: str, width: int) -> Item:
        if len(row) < width or any(cell.strip() for cell in row[width:]):
            return Skipped(place, f"{len(row)} columns, not {width}")
        cells = {name: row[at].strip() for name, at in self._table.columns.places.items()}
        text, cut = clean_text(cells["text"])
        if not text.strip():
            return Skipped(place, "text is empty")
        written = f"{cells['sent_at']} {cells.get('time', '')}".strip()
        sent_at = moment(
            written,
            self._options.timezone,
            date_format=self._options.date_format,
            is_day_first=self._table.is_day_first,
        )
        if sent_at is None:
            given = clean_name(written, 40).replace(": ", ":")
            return Skipped(f"{place} ({given})" if given else place, "sent_at is not a time")
        channel, author = clean_id(cells.get("channel")), clean_name(cells.get("author"))
        person = clean_id(cells.get("author_id")) or clean_id(author)
        return MessageDraft(
            channel=ChannelDraft(API_PLATFORM, channel, clean_name(channel)),
            external_id=clean_id(cells.get("id")) or self._hashed(channel, person, written, text),
            author=PersonDraft(person, author or person) if person else None,
            text=text,
            sent_at=sent_at,
            reply_to=clean_id(cells.get("reply_to")),
            thread=clean_id(cells.get("thread")),
            metadata={"cut": True} if cut else {},
        )

    def _hashed(self, *parts: str) -> str:
        key = hashed(*parts)
        before = self._met.before(key)
        return f"{key}-{before + 1}" if before else key


def _table(files: Files, member: str, options: Options, where: str) -> _Table:
    """How to read a file, from a look at all of its bytes and at its first rows; notes what was guessed."""
    encoding = options.encoding
    with files.open(member) as stream:
        if not encoding:
            encoding, note = _encoding(stream)
            if note:
                options.notes.append(f"{where}{note}")
        stream.forget()
    delimiter, rows = _first_rows(files, member, encoding)
    columns = find_columns(rows[0] if rows else [], options.columns)
    if isinstance(columns, str):
        raise NotThisFormat(f"{files.label}: {columns}")
    at = columns.places["sent_at"]
    order = True if options.date_format else day_first(row[at] for row in rows[1:] if len(row) > at)
    if order is None:
        options.notes.append(
            f"{where}dates such as 01/02/2026 are read with the day first; a date format says otherwise"
        )
    options.notes.append(f"{where}columns: {columns.told}")
    return _Table(encoding, delimiter, columns, order is not False)


def _encoding(stream: Stream) -> tuple[str, str]:
    decoder = getincrementaldecoder("utf-8")(errors="replace")
    good = bad = 0
    sample = b""
    while data := stream.read(_CHUNK):
        if not good and not bad and not sample and (named := byte_order_mark(data)):
            return named, ""
        text = decoder.decode(data)
        replaced = text.count("\ufffd")
        bad += replaced
        good += len(text) - len(text.encode("ascii", "ignore")) - replaced
        if not data.isascii() and len(sample) < _CHUNK:
            sample += data
    return find_encoding(good, bad, sample)


def _first_rows(files: Files, member: str, encoding: str) -> tuple[str, list[list[str]]]:
    """The delimiter and the first rows, the header among them; a row that is not CSV ends them."""
    with files.open(member) as stream:
        lines = TextLines(stream, encoding)
        head = [line for line in islice(lines, _LOOKED_AT) if line.strip()]
        stream.forget()
    delimiter = find_delimiter(head[0] if head else "")
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(head, delimiter=delimiter))
    except csv.Error:
        return delimiter, rows
    return delimiter, rows


def _header(files: Files, member: str, options: Options) -> Sequence[str]:
    """The cells of the first line; none for what is no text."""
    with files.open(member) as stream:
        head = stream.read(_HEAD)
        stream.forget()
    if head.startswith(_NO_TEXT) or (b"\0" in head and not byte_order_mark(head)):
        return []
    _, rows = _first_rows(files, member, options.encoding or _encoding(Head(head))[0])
    return rows[0] if rows else []


def _columns_of(files: Files, member: str, options: Options) -> bool:
    return isinstance(find_columns(_header(files, member, options), options.columns), Columns)


FORMAT = Format("csv", "CSV with columns for text and time", find, read, find_named, check)
