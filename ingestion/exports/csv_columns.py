"""Which column of a CSV file holds what, and how its bytes and dates are to be read: named, or guessed. Pure."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from ingestion.drafts import NotThisFormat
from ingestion.text import clean_name

FIELDS = ("text", "author", "sent_at", "time", "id", "author_id", "channel", "thread", "reply_to")
NEEDED = ("text", "sent_at")
DELIMITERS = (",", ";", "\t", "|")

# Headers as they are compared: lower case, letters and digits alone.
_HEADERS = {
    "text": "text message messagetext messagebody body content msg description comment текст повідомлення сообщение "
    "nachricht mensaje wiadomość contenu mensagem",
    "author": "author authorname from fromname sender sendername user username name nick nickname displayname автор "
    "відправник отправитель від от autor auteur absender von",
    "sent_at": "sentat date datetime dateandtime time timestamp createdat created ts posted postedat when дата час "
    "время датаічас датаивремя datum zeit zeitpunkt fecha data",
    "id": "id messageid externalid msgid uid",
    "author_id": "authorid userid senderid fromid",
    "channel": "channel channelname room chat group conversation канал чат група группа kanal",
    "thread": "thread threadid topic topicid threadts",
    "reply_to": "replyto replytoid inreplyto parent parentid parentmessageid",
}
_GUESSES = {header: name for name, headers in _HEADERS.items() for header in headers.split()}
# A table may have the time of day in a column of its own.
_DAYS = frozenset(["date", "дата", "datum", "fecha"])
_TIMES = frozenset(["time", "час", "время", "zeit", "uhrzeit", "hora"])
_NUMBERS = re.compile(
    r"(\d{1,4})\s?([./-])\s?(\d{1,2})\s?[./-]\s?(\d{1,4})(?:[\s,T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp]\.?[Mm]\.?)?)?",
    re.ASCII,
)


class Columns(NamedTuple):
    """Positions by what they hold, and the columns that were named or guessed, for a note."""

    places: dict[str, int]
    told: str


def parse_mapping(given: str) -> dict[str, str]:
    """`text=Body,author=From,sent_at=Date` as a mapping. Raises NotThisFormat with what is wrong."""
    found: dict[str, str] = {}
    for part in next(csv.reader([given]), []) if given else []:
        name, equals, column = part.partition("=")
        name = name.strip().lower()
        if not equals or name not in FIELDS or not column.strip():
            raise NotThisFormat(f"columns are named as text=Body,author=From,…; known are {', '.join(FIELDS)}")
        found[name] = column.strip()
    return found


def find_columns(header: Sequence[str], named: Mapping[str, str]) -> Columns | str:
    """Where each field stands: what is named must be there, the rest is guessed; or what is missing."""
    bare = [_bare(cell) for cell in header]
    places: dict[str, int] = {}
    for name, column in named.items():
        wanted = _bare(column)
        if name not in FIELDS:
            return f"there is no field {name!r}; known are {', '.join(FIELDS)}"
        if wanted not in bare:
            return f"there is no column {clean_name(column, 60)!r}; there are {_listed(header)}"
        places[name] = bare.index(wanted)
    has_day = not _DAYS.isdisjoint(bare)
    for at, cell in enumerate(bare):
        guess = "time" if has_day and cell in _TIMES else _GUESSES.get(cell)
        if guess and guess not in places and at not in places.values():
            places[guess] = at
    if "sent_at" in named and "time" not in named:
        places.pop("time", None)
    if missing := [name for name in NEEDED if name not in places]:
        example = ",".join(f"{name}=…" for name in missing)
        return f"no column is known to hold {' or '.join(missing)}; there are {_listed(header)}; name it: {example}"
    told = ", ".join(f"{name} from {clean_name(header[at], 60)!r}" for name, at in places.items())
    return Columns(places, told)


def find_delimiter(head: str) -> str:
    """What parts the columns: of the usual ones that which parts the first line into most."""
    line = next((line for line in head.splitlines() if line.strip()), "")[:100_000]  # the most of a field
    return max(DELIMITERS, key=lambda one: len(next(csv.reader(io.StringIO(line), delimiter=one), [])))


def find_encoding(good: int, bad: int, sample: bytes) -> tuple[str, str]:
    """The encoding and a note, from how many characters beyond ASCII are good UTF-8 and how many bytes are not.

    What is not UTF-8 is Windows' Cyrillic where its high bytes stand in words, else Windows' Latin: each byte of it
    means something, so the note says that it was taken for that.
    """
    if bad == 0:
        return "utf-8-sig", ""
    if bad * 10 <= good:
        return "utf-8-sig", f"{bad:,} bytes that are no UTF-8 are shown as \ufffd"
    high = len(re.findall(rb"[\x80-\xff]", sample))
    in_words = len(re.findall(rb"(?<=[\xc0-\xff])[\xc0-\xff]", sample))
    if in_words * 2 > high:
        return "cp1251", "it is no UTF-8: taken for Windows-1251 (Cyrillic)"
    return "cp1252", "it is no UTF-8: taken for Windows-1252 (Latin 1)"


def byte_order_mark(head: bytes) -> str:
    """The encoding that the first bytes name; "" where they name none."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else ""


def day_first(dates: Iterable[str]) -> bool | None:
    """Whether dates such as 02/01/2026 begin with the day, as far as these tell; None where they do not."""
    found = [match for match in (_NUMBERS.match(date.strip()) for date in dates) if match]
    found = [match for match in found if len(match[1]) < 3]
    if any(match[2] == "." or int(match[1]) > 12 for match in found):
        return True
    if any(int(match[3]) > 12 for match in found):
        return False
    return None if found else True


def moment(value: str, timezone: tzinfo, *, date_format: str = "", is_day_first: bool = True) -> datetime | None:
    """A time in UTC: by `date_format`, else ISO 8601, epoch seconds or milliseconds, numbers of a date, RFC 5322."""
    value = value.strip()
    try:
        if date_format:
            when = datetime.strptime(value, date_format)  # noqa: DTZ007  # its zone is set below
        else:
            when = _epoch(value) or _iso(value) or _numbers(value, is_day_first) or parsedate_to_datetime(value)
        return (when if when.tzinfo else when.replace(tzinfo=timezone)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, OSError, re.error):  # the last: %d twice in a format
        return None


def _epoch(value: str) -> datetime | None:
    if not re.fullmatch(r"\d{9,13}(?:\.\d{1,9})?", value, re.ASCII):
        return None
    seconds = float(value)
    return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)


def _iso(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value.removesuffix(" UTC") + "+00:00" if value.endswith(" UTC") else value)
    except ValueError:
        return None


def _numbers(value: str, is_day_first: bool) -> datetime | None:
    found = _NUMBERS.fullmatch(value)
    if found is None:
        return None
    one, two, three = int(found[1]), int(found[3]), int(found[4])
    if len(found[1]) == 4:
        year, month, day = one, two, three
    else:
        year, month, day = three, two, one
        if not is_day_first:
            month, day = day, month
    hour = int(found[5] or 0)
    if found[8]:
        hour = hour % 12 + (12 if found[8].lower().startswith("p") else 0)
    return datetime(year + 2000 if year < 100 else year, month, day, hour, int(found[6] or 0), int(found[7] or 0))  # noqa: DTZ001  # its zone is set by the caller


def _bare(header: str) -> str:
    return "".join(char for char in header.casefold() if char.isalnum())


def _listed(header: Sequence[str]) -> str:
    shown = ", ".join(repr(clean_name(cell, 40)) for cell in header[:12])
    return shown + (", …" if len(header) > 12 else "")
