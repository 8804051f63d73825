"""Headers of a mail as they are found in the wild: broken encodings, bad dates, ids of any length. Pure."""

import binascii
import codecs
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from itertools import islice

from ingestion.text import ID_LIMIT, clean_name

HEADER_LIMIT = 20_000  # characters of one header that are looked at
REFERENCES_KEPT = 50
EARLIEST = datetime(1982, 8, 13, tzinfo=UTC)  # RFC 822: there was no mail of this form before
FUTURE = timedelta(days=1)

_ID = re.compile(r"<\s*([^<>\s]+(?:[ \t]+[^<>\s]+)*)\s*>")
_BARE_ID = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_LIST_ID = re.compile(r"(.*)<\s*([^<>\s]+)\s*>", re.S)
# What mailers and old archives call what they mean.
_CHARSETS = {
    "": "utf-8",
    "ansi_x3.4-1968": "ascii",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "unknown-8bit": "utf-8",
    "x-unknown": "utf-8",
    "unknown": "utf-8",
    "default": "utf-8",
    "utf8mb4": "utf-8",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "windows-874": "cp874",
    "x-mac-roman": "mac_roman",
    "x-sjis": "cp932",
}

# Python's own ways of writing, for names and source code; some take time by the square of the length.
_NO_CHARSETS = frozenset(("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"))


def decode_bytes(raw: bytes, charset: str) -> str:
    """Text in a charset that may be wrong or unknown: as named, else UTF-8 where it is that, else Windows' Latin."""
    named = charset.strip(" \"'").lower()
    for name in (_CHARSETS.get(named, named), "utf-8"):
        try:
            # Only what turns bytes into text: "zip" and "hex" are codecs too.
            codec = codecs.lookup(name)
            if codec._is_text_encoding and codec.name not in _NO_CHARSETS:
                return raw.decode(name)
        except (LookupError, ValueError):
            continue
    return raw.decode("cp1252", "replace")


def charset_of(part: Message) -> str:
    """The charset that a part names, "" for none that can be read."""
    try:
        return part.get_content_charset("") or ""
    except (ValueError, LookupError, TypeError):
        return ""


def header(message: Message, name: str) -> str:
    """A header's words on one line, "" without it; encoded words and bare 8-bit are decoded, never an error."""
    return decode_words(raw_header(message, name), charset=charset_of(message))


def raw_header(message: Message, name: str) -> str:
    """A header as it stands, unfolded; bytes beyond ASCII are lone surrogates in it."""
    name = name.lower()
    for key, value in message.raw_items():
        if key.lower() == name:
            return _FOLD.sub(" ", str(value)[:HEADER_LIMIT]).strip()
    return ""


def decode_words(value: str, *, charset: str = "") -> str:
    """What `=?utf-8?B?…?=` spells; text that is broken comes out as it can be read."""
    if "\udc80" <= max(value, default="") <= "\udcff":
        value = decode_bytes(value.encode("utf-8", "surrogateescape"), charset)
    if "=?" not in value:
        return value
    try:
        parts = decode_header(value)
    except (HeaderParseError, binascii.Error, ValueError):
        return value
    return "".join(
        part if isinstance(part, str) else decode_bytes(part, named or charset or "utf-8") for part, named in parts
    )


def addresses(message: Message, name: str) -> list[tuple[str, str]]:
    """(name, address) of everybody in a header, the addresses in lower case; [] where none can be read.

    The address is found before words are decoded: a name that spells "<boss@bank.example>" is a name.
    """
    value = raw_header(message, name)
    if not value:
        return []
    try:
        found = getaddresses([value])
    except (IndexError, ValueError, MessageError):
        return []
    charset = charset_of(message)
    return [
        (clean_name(decode_words(called, charset=charset)), address)
        for called, given in found
        if "@" in (address := clean_name(decode_words(given, charset=charset), ID_LIMIT).replace(" ", "").lower())
    ]


def sent_at(message: Message, *, received: datetime | None) -> tuple[datetime, bool]:
    """When it was sent, in UTC, and whether its `Date` says so.

    A date that is missing, unreadable or impossible gives way to when the mail was received: as `received` says, else
    as the last server's `Received` does, else the earliest date that there is, which nobody takes for a real one.
    """
    known = received or _received(message)
    date = parse_date(raw_header(message, "Date"))
    if date is None or date < EARLIEST or (known is not None and date > known + FUTURE):
        return known or EARLIEST, False
    return date, True


def parse_date(value: str) -> datetime | None:
    """An RFC 5322 date in UTC; one without a zone counts as UTC, as RFC 5322 has it for "-0000"."""
    try:
        date = parsedate_to_datetime(value)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def mail_id(value: str) -> str:
    """An id from a `Message-ID` as it is stored, without "<>", "" where there is none; a very long one is folded.

    What stands left of the "@" may differ by case alone, what stands right of it names a domain.
    """
    found = _ID.search(value)
    given = found[1] if found else value.strip("<> \t")
    given = "".join(given.split())
    if len(given) <= ID_LIMIT:
        return clean_name(given, ID_LIMIT)
    return f"{clean_name(given, 150)}#{hashlib.sha256(given.encode('utf-8', 'surrogateescape')).hexdigest()}"


def references(message: Message) -> list[str]:
    """The ids of the mails before in the thread, the first one first: `References`, then `In-Reply-To`, each once."""
    listed = [mail_id(one) for one in islice(_ids(raw_header(message, "References")), 1_000)]
    answered = [mail_id(one) for one in islice(_ids(raw_header(message, "In-Reply-To")), 1)]
    own = mail_id(raw_header(message, "Message-ID"))
    if answered and answered[0] in listed:
        answered = []
    found = [one for one in dict.fromkeys([*listed, *answered]) if one and one != own]
    # Of a very long thread: where it began, and what is near.
    return found if len(found) <= REFERENCES_KEPT else [found[0], *found[1 - REFERENCES_KEPT :]]


def answered_id(message: Message) -> str:
    """The id of the mail that this one answers, "" when it answers none."""
    own = mail_id(raw_header(message, "Message-ID"))
    direct = next(_ids(raw_header(message, "In-Reply-To")), "")
    found = mail_id(direct) or next(reversed(references(message)), "")
    return "" if found == own else found


def list_id(message: Message) -> tuple[str, str]:
    """A mailing list's id ("dev.lists.example.org") and its name; ("", "") for other mails."""
    value = header(message, "List-Id")
    found = _LIST_ID.fullmatch(value)
    if found is None:
        return ("", "") if "." not in value or " " in value else (clean_name(value.strip("<>"), ID_LIMIT).lower(), "")
    return clean_name(found[2], ID_LIMIT).lower(), clean_name(found[1].strip(' "'))


def _ids(value: str) -> Iterator[str]:
    return iter(_ID.findall(value) or _BARE_ID.findall(value))


def _received(message: Message) -> datetime | None:
    """When the server that is nearest to us took it: the topmost `Received`, behind its last semicolon."""
    return parse_date(raw_header(message, "Received").rpartition(";")[2])
