"""The one cleaning of text and of small JSON for every door: imports, webhooks, the bot, the API.

Pure. What comes out can be stored by PostgreSQL (no NUL, no lone surrogate, no number that `jsonb` refuses), is in
NFC, and shows a reader what it says: no text direction overrides, no invisible characters that hide words.
"""

import math
import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

MESSAGE_LIMIT = 40_000  # code points; the longest message of any platform that we read (Slack)
NAME_LIMIT = 200
ID_LIMIT = 255

# For character classes: the marks that are a part of words in Hebrew, Arabic, Indic and South East Asian scripts, and
# the accents that NFC leaves apart. Python's `\w` knows letters and digits only.
WORD_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u0eb1-\u0ece\u1000-\u1049\u1050-\u109f\u1780-\u17d3\u200c\u200d"
)

_KIND = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,59}", re.ASCII)
_SURROGATES = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n|[\r\u000b\u000c\u0085\u2028\u2029]")
# C0 and C1 but for \n and \t; soft hyphen; zero width space, word joiner and invisible operators; the direction
# embeddings, overrides and isolates; deprecated format characters; the byte order mark; interlinear annotation.
_DROPPED = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
# What nearly all text is made of: nothing in it is dropped, replaced or composed, so it needs no second look.
_PLAIN = re.compile(
    "[\n\t\u0020-\u007e\u00a1-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u052f\u2013\u2014\u2018-\u201e\u2026\u20ac\u2116]*"
)
_LETTERS = "[!-~\u00a1-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u052f]+"
_PLAIN_NAME = re.compile(f"{_LETTERS}(?: {_LETTERS})*")
_NOT_CHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")
# Tag characters spell the flags of England, Scotland and Wales after a black flag; anywhere else they are hidden text.
_TAGS = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f)|[\U000e0000-\U000e007f]+")
# ZWJ and ZWNJ spell words in Arabic and Indic scripts and glue emoji; after Latin, Greek or Cyrillic they hide words.
_JOINERS = re.compile("(?<![\u0590-\u1dff\u2070-\U0010ffff])[\u200c\u200d]+")
_SELECTORS = re.compile("([\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_MAYBE_MARKS = re.compile("[^\u0000-\u02ff]{31}")
_SPACES = re.compile(r"\s+")

# Sorting a run of combining marks is quadratic; 30 is the limit of Unicode's Stream-Safe Text Format (UAX #15).
_MARKS_IN_A_ROW = 30

_JSON_DEPTH = 8
_JSON_NODES = 1_000
_JSON_STRING = 4_000
_JSON_KEY = 100
_BIGGEST_INT = 2**63 - 1


class Cleaned(NamedTuple):
    """Clean text, and whether a part of the original was left out because of the limit."""

    text: str
    cut: bool


class CleanedJson(NamedTuple):
    """JSON that `jsonb` takes, and whether anything was left out or replaced to make it so."""

    value: Any
    cut: bool


def clean_text(value: str | None, limit: int = MESSAGE_LIMIT) -> Cleaned:
    """Text as it may be stored, at most `limit` code points long; cleaning twice changes nothing.

    Line ends become `\\n`, lone surrogates U+FFFD, and the result is NFC; white space at the ends stays.
    """
    if not value:
        return Cleaned("", False)
    if len(value) <= limit and ((value.isascii() and value.isprintable()) or _PLAIN.fullmatch(value)):
        return Cleaned(value, False)
    text = value[: limit * 4 + 1_024]  # removals and NFC shorten text, but a megabyte is not worth normalising
    cut = len(text) < len(value)
    if text.isascii():
        text = _DROPPED.sub("", _LINE_ENDS.sub("\n", text))
    else:
        text, stacked = _clean_unicode(text)
        cut = cut or stacked
    return Cleaned(text[:limit], cut or len(text) > limit)


def kind_name(value: object) -> str:
    """A platform's word for a kind of event, or "something else" for what may be anybody's words."""
    return value if isinstance(value, str) and _KIND.fullmatch(value) else "something else"


def clean_name(value: str | None, limit: int = NAME_LIMIT) -> str:
    """A name or title on one line, without white space at its ends; may be empty."""
    if not value:
        return ""
    if len(value) <= limit and ((value.isascii() and value.isalnum()) or _PLAIN_NAME.fullmatch(value)):
        return value
    return _SPACES.sub(" ", clean_text(value, limit * 4).text).strip()[:limit].rstrip()


def clean_id(value: str | None) -> str:
    """An external id as it may be stored and indexed: one line, cut at 255 code points."""
    return clean_name(value, ID_LIMIT)


def clean_json(value: object, *, string_limit: int = _JSON_STRING, max_nodes: int = _JSON_NODES) -> CleanedJson:
    """A copy of small JSON that is safe to store: for metadata, never for whole payloads.

    Strings and keys are cleaned and cut, what lies deeper than 8 levels or beyond `max_nodes` values is left out,
    NaN and infinities become null, integers beyond 64 bits become text. Never raises on what `json` can produce.
    """
    trimmer = _Trimmer(string_limit, max_nodes)
    return CleanedJson(trimmer.value(value, 0), trimmer.cut)


def _clean_unicode(text: str) -> tuple[str, bool]:
    if _SURROGATES.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # joins pairs, replaces the rest
    text = _DROPPED.sub("", _LINE_ENDS.sub("\n", text))
    text = _NOT_CHARACTERS.sub("\ufffd", text)
    text = _TAGS.sub(lambda found: found[1] or "", text)
    text = _SELECTORS.sub(r"\1", text)
    limited = _limit_marks(text) if _MAYBE_MARKS.search(text) else text
    return _without_joiners(unicodedata.normalize("NFC", limited)), len(limited) < len(text)


def _without_joiners(text: str) -> str:
    """Without joiners that spell nothing. Dropping one may compose or reorder what stood around it: until it rests."""
    while (rested := unicodedata.normalize("NFC", _JOINERS.sub("", text))) != text:
        text = rested
    return text


def _limit_marks(text: str) -> str:
    """Drop what is stacked on one letter beyond 30 marks."""
    kept: list[str] = []
    run = 0
    for char in text:
        # A letter that decomposes brings marks of its own: count what normalising will have to sort.
        parts = unicodedata.normalize("NFD", char)
        marks = sum(1 for part in parts if unicodedata.combining(part))
        run = run + marks if marks == len(parts) else marks
        if run <= _MARKS_IN_A_ROW:
            kept.append(char)
    return "".join(kept)


class _Trimmer:
    """Walks one value, counting what it keeps."""

    def __init__(self, string_limit: int, max_nodes: int) -> None:
        self.string_limit = string_limit
        self.nodes_left = max_nodes
        self.cut = False

    def value(self, value: object, depth: int) -> Any:
        self.nodes_left -= 1
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(value, self.string_limit)
        if isinstance(value, int | float | Decimal):
            return self._number(value)
        if isinstance(value, dict | list | tuple):
            return self._container(value, depth)
        if isinstance(value, date):  # a datetime is one as well
            return value.isoformat()
        self.cut = True
        return None

    def _container(self, value: dict[Any, Any] | list[Any] | tuple[Any, ...], depth: int) -> Any:
        if depth >= _JSON_DEPTH:
            self.cut = True
            return None
        if isinstance(value, dict):
            mapping: dict[str, Any] = {}
            for key, item in value.items():
                name = self._text(str(key), _JSON_KEY)
                if self.nodes_left <= 0 or name in mapping:
                    self.cut = True
                    continue
                mapping[name] = self.value(item, depth + 1)
            return mapping
        items: list[Any] = []
        for item in value:
            if self.nodes_left <= 0:
                self.cut = True
                break
            items.append(self.value(item, depth + 1))
        return items

    def _text(self, value: str, limit: int) -> str:
        text, cut = clean_text(value, limit)
        self.cut = self.cut or cut
        return text

    def _number(self, value: float | Decimal) -> int | float | str | None:
        if isinstance(value, int):
            if -_BIGGEST_INT <= value <= _BIGGEST_INT:
                return value
            self.cut = True
            return str(value) if value.bit_length() < 256 else None  # str() of a huge int is slow, then an error
        number = math.nan if isinstance(value, Decimal) and not value.is_finite() else float(value)
        if math.isfinite(number):
            return number
        self.cut = True
        return None
