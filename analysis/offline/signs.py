"""What can be seen in a message in any language, as numbers: what its sentences do, its marks, its shape."""

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from .cues import ALL_NEGATIONS, LANGUAGES
from .cues.base import ATOM_KINDS, OTHER_KINDS
from .dialogue import is_acknowledgement
from .manner import NAMES as MANNERS
from .manner import manner
from .sentences import Parsed, parse
from .speech import Reading, read
from .wide import KINDS as WIDE_KINDS
from .wide import wide_signs

MOST_READ = 30  # sentences
MOST_CHARS = 8000

_LINK = re.compile(r"https?://|www\.")
_MARKED = re.compile(r"[?？؟](?=\s|$|[)\"'»”*_.!])")
_ADDRESS = re.compile(r"^\s*(?:@[\w.-]+|[\w.\[\]-]{1,24}[:,])\s")
_INLINE_CODE = re.compile(r"`[^`]+`|\w+\(\)|\b\w+_\w+\b|\b[a-z]+[A-Z]\w+")
_HEADING = re.compile(r"^\s*(?:#{1,4} |\*\*|\w[\w ]{2,40}:\s*$)", re.MULTILINE)
_TURN = re.compile(r"^\S{1,24}: ", re.MULTILINE)
_NUMBER = re.compile(r"\d")
_WIDE_LETTER = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ME = frozenset(
    ["i", "me", "my", "mine", "я", "мне", "меня", "мій", "мені", "мене", "ich", "mir", "mich", "yo", "je", "ja", "eu"]
)
_WE = frozenset(["we", "us", "our", "ми", "ми", "нам", "мы", "нас", "wir", "uns", "nosotros", "nous", "my", "nós"])
_YOU = frozenset(
    [
        "you",
        "your",
        "ти",
        "ви",
        "вам",
        "тебе",
        "вас",
        "ты",
        "du",
        "ihr",
        "sie",
        "tú",
        "usted",
        "tu",
        "vous",
        "ty",
        "você",
    ]
)

_SHAPE = (
    "marked",
    "ends_marked",
    "many_marked",
    "opens_question",
    "first_asks",
    "exclaims",
    "trace",
    "code",
    "inline_code",
    "link",
    "heading",
    "turns",
    "address",
    "number",
    "me",
    "we",
    "you",
    "negated",
    "acknowledges",
    "nothing",
    "one_word",
    "short",
    "middle",
    "long",
    "very_long",
    "sentences",
    "content",
    "small_start",
    "emoji",
    "bullet",
    "wide",
    "foreign",
)
NAMES: tuple[str, ...] = (
    *(f"any:{kind}" for kind in (*ATOM_KINDS, *OTHER_KINDS)),
    *(f"first:{kind}" for kind in (*ATOM_KINDS, *OTHER_KINDS)),
    *(f"tag:{kind}" for kind in ATOM_KINDS),
    *(f"wide:{kind}" for kind in WIDE_KINDS),
    *MANNERS,
    *_SHAPE,
)


class Seen(NamedTuple):
    """A message taken apart, and its signs (in the order of `NAMES`)."""

    parsed: Parsed
    readings: list[Reading]
    values: list[float]


def look(text: str) -> Seen:
    """The signs of one message. Values are from 0 to about 2."""
    text = text[:MOST_CHARS]
    parsed = parse(text)
    readings = [read(sentence) for sentence in parsed.sentences[:MOST_READ]]
    kinds = (*ATOM_KINDS, *OTHER_KINDS)
    flat = [{**reading.scores, **reading.flags} for reading in readings]
    strongest = [max((each.get(kind, 0.0) for each in flat), default=0.0) for kind in kinds]
    first = [max((each.get(kind, 0.0) for each in flat[:2]), default=0.0) for kind in kinds]
    tags = {reading.tag for reading in readings}
    values = [
        *strongest,
        *first,
        *(1.0 if kind in tags else 0.0 for kind in ATOM_KINDS),
        *wide_signs(text.lower()),
        *manner(text[:2000]),
        *_shape(text, parsed, readings),
    ]
    return Seen(parsed, readings, values)


def _shape(text: str, parsed: Parsed, readings: Sequence[Reading]) -> list[float]:
    sentences = parsed.sentences[:MOST_READ]
    words = [word.low for sentence in sentences for word in sentence.words]
    count = len(words) + len(_WIDE_LETTER.findall(text)) // 2
    present = set(words)
    asked = [sentence.question for sentence in sentences]
    language = LANGUAGES[parsed.lang]
    opening = {sentence.words[reading.lead].low for sentence, reading in zip(sentences, readings, strict=True)}
    marks = len(_MARKED.findall(text))
    wide = bool(_WIDE_LETTER.search(text))
    return [
        float(marks > 0),
        float(bool(asked) and asked[-1]),
        float(marks > 1),
        float(bool(opening & language.questions)),
        float(bool(asked) and asked[0]),
        float("!" in text or "！" in text),
        float(parsed.trace),
        float(parsed.code),
        min(1.0, len(_INLINE_CODE.findall(text)) / 3),
        float(bool(_LINK.search(text))),
        float(bool(_HEADING.search(text))),
        min(1.0, max(0, len(_TURN.findall(text)) - 1) / 3),
        float(bool(_ADDRESS.match(text))),
        float(bool(_NUMBER.search(text))),
        float(bool(present & _ME)),
        float(bool(present & _WE)),
        float(bool(present & _YOU)),
        float(bool(present & ALL_NEGATIONS)),
        float(is_acknowledgement(parsed)),
        float(not words),
        float(count <= 2),
        float(2 < count <= 6),
        float(6 < count <= 20),
        float(20 < count <= 60),
        float(count > 60),
        min(1.0, len(sentences) / 8),
        min(1.5, math.log1p(sum(reading.content for reading in readings)) / 2),
        float(text[:1].islower()),
        float(any(unicodedata.category(char) == "So" for char in text[:400])) if not text.isascii() else 0.0,
        float(any(sentence.bullet for sentence in sentences)),
        float(wide),
        float(parsed.lang != "en" or wide),
    ]
