"""The sentences of a message, with their places: without code, quoted lines, bare links and what others said before."""

import re
from dataclasses import dataclass
from functools import lru_cache

from .cues import detect
from .words import Token, tokens

MAX_TEXT = 20_000  # code points of one message that are read; the rest is a log or a paste
MAX_SENTENCES = 60

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_URL = re.compile(r"(?:https?://|www\.)\S+|\b\S+@\S+\.\w+")
_LINE = re.compile(r"[^\n]+")
# A full stop ends a sentence only before a space; what follows may be small, people write so in chat.
_END = re.compile(r"[.!?…]+[\"')\]»”]*(?=\s|$)|[。！？]+|;(?=\s)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.?g|i\.?e|etc|vs|cf|approx|resp|incl|no|nr|z\.?\s?b|d\.?h|bzw|ca|usw|т\.?\s?[деп]|тобто|"
    r"стор|np|itd|p\.?\s?ej|ex|sr|dr|mr|mrs|st|fig|ver|v)|\b[A-Za-zА-Яа-я])\.$",
    re.IGNORECASE,
)
_CODE_LINE = re.compile(
    r"^\s{4,}\S|[{};]\s*$|^\s*(?:\$|>>>|#include|import |from \w+ import|def |class |fn |func |let |const "
    r"|var |return\b|//|/\*|\*/|<[a-z/!])|^\s*[\w.]+\(.*\)\s*;?$"
    r"|^\s*(?:at |File \")|(?:->|=>|::|:=|==|\|\||&&).*(?:->|=>|::|:=|==|\(|\{)|^[\s\d|+\-=*/<>_.:,()\[\]{}#]+$"
)
_TRACE = re.compile(
    r"Traceback \(most recent|^\s*at [\w$.<>]+\(|panicked at|Exception in thread|\b\w+(?:Error|"
    r"Exception)\b: |segmentation fault|core dumped",
    re.IGNORECASE | re.MULTILINE,
)
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: `start` and `end` are code points of the message's text, `text` what stands between them."""

    text: str
    start: int
    end: int
    words: tuple[Token, ...]
    question: bool
    bullet: bool
    lang: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A message taken apart. `trace`: it holds a stack trace; `code`: it holds other code; `lang` of the whole."""

    sentences: tuple[Sentence, ...]
    trace: bool
    code: bool
    lang: str


@lru_cache(maxsize=2048)
def parse(text: str) -> Parsed:
    """Takes a message apart. The last ones are remembered: the plan of a run and its windows read the same messages."""
    text = text[:MAX_TEXT]
    spans: list[tuple[int, int, bool]] = []
    fences = [match.span() for match in _FENCE.finditer(text)]
    code = bool(fences)
    for line in _LINE.finditer(text):
        start, end = line.span()
        if any(first <= start < last for first, last in fences):
            continue
        content = line.group()
        if content.lstrip().startswith((">", "|")):
            continue
        if _CODE_LINE.search(content) and not re.search(r"[.!?]\s+[A-Z]", content):
            code = True
            continue
        bullet = _BULLET.match(content)
        spans.extend((a, b, bool(bullet)) for a, b in _cut(text, start + (bullet.end() if bullet else 0), end))
        if len(spans) > MAX_SENTENCES:
            break
    lang = detect(text, [token for a, b, _ in spans[:12] for token in tokens(_URL.sub(" ", text[a:b]))])
    sentences = tuple(made for a, b, bullet in spans if (made := _sentence(text, a, b, bullet, lang)) is not None)
    return Parsed(sentences, bool(_TRACE.search(text)), code, lang)


def _cut(text: str, start: int, end: int) -> list[tuple[int, int]]:
    pieces = []
    place = start
    for match in _END.finditer(text, start, end):
        head = text[place : match.end()]
        if match.group() == "." and _ABBREVIATION.search(head):
            continue
        if match.group()[-1] in "\"'”»" and text[match.end() : match.end() + 2].strip()[:1].islower():
            continue  # a question that is quoted within the sentence
        pieces.append((place, match.end()))
        place = match.end()
    if place < end:
        pieces.append((place, end))
    return pieces


def _sentence(text: str, start: int, end: int, bullet: bool, lang: str) -> Sentence | None:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    piece = piece.strip()
    if not piece:
        return None
    bare = _URL.sub(lambda match: " " * len(match.group()), piece)
    words = tuple(tokens(bare))
    if not words:
        return None
    own = lang
    if len(words) >= 6:
        own = detect(bare, words)
    return Sentence(
        piece,
        start,
        start + len(piece),
        words,
        bare.rstrip("\"')]»” ").endswith(("?", "？")) or bare.startswith("¿"),
        bullet,
        own,
    )
