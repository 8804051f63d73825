"""Whether a title stands by itself: a colleague who never saw the chat knows from it what there is to do.

Precision goes before recall: what is not sure to be understood is no title, and then there is no task.
"""

import re
from collections.abc import Collection

from .blocks import word_set
from .clauses import EDGE
from .cues import LANGUAGES
from .cues.vague import (
    BEFORE_THAT,
    EMPTY,
    GOES_ON,
    LOOSE,
    NO_BEGINNING,
    NO_END,
    NO_STATEMENT,
    OURS,
    POINTING,
    POSSIBLE,
    REMEDY,
)
from .plan import terms_of
from .words import Token, folded, stem, tokens

_LEAST = 2  # words that say something
_CODE = re.compile(r"[<>{}\\|=$]|::|\w\(|\w\.\w+\.\w+[.:]|\.[A-Z][a-z]+ ")
_COLONS = 2  # with which a text is a log line and no sentence
# Told of the past, or about what something is: no report.
_TOLD_OF = re.compile(
    r"\b(?:is|was|are|were) (?:what|how|why|where)\b|"
    r"\b(?:was|were) \w+ (?:for (?:some|a|many)|back then|in the past)\b",
    re.IGNORECASE,
)
_AFTER_THAT = frozenset(("on", "in", "at", "for", "from", "to", "by", "with", "of", "too", "again"))
_EMPTY = frozenset(stem(word) for word in EMPTY)
_TO_DO = re.compile(r"(?:whether|how|what|where|when) to \w+ the \w", re.IGNORECASE)
_WHEN = re.compile(
    r"\b(?:this|these|next|last) (?:day|days|week|weeks|month|months|quarter|year|morning|afternoon|evening|weekend|"
    r"time|spring|summer|autumn|winter|release|sprint|version)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»|`[^`]*`')
_THERE = re.compile(r"\bthere\b(?! (?:is|are|was|were)\b)", re.IGNORECASE)
_PLAIN_THERE = re.compile(r"\bout there\b|:.*\bthere\b", re.IGNORECASE)
_ASIDE = re.compile(
    r",? (?:but|so|and|because|since) (?:it|that|this|they|i|we|you)\b.*$|,? (?:which|that)'s .*$", re.IGNORECASE
)
_OF_THEM = re.compile(
    r"(?: (?:on|of|in|for|with|to|from|by))?(?: (?:each|all|both|any|one|some|most))? (?:of|for|with|to|from|by|on|in) "
    r"(?:it|them|this|these|those|that|me|us|him|her|you)$",
    re.IGNORECASE,
)
_ANYBODY = word_set("anyone anybody somebody someone such")  # asked of the room, or only exclaimed
_BEGINS = ("when", "after", "in", "on", "at")  # a circumstance, which a comma parts from what is said
_ASKING = word_set("do does did is are was were will would can could should may must has have shall might")
_ADDED = re.compile(r"[,;–—-]\s+(?:it|that|this|they|which|i|we|you)(?:'s|'re|'m|'d|'ll)? .*$", re.IGNORECASE)


def without_asides(text: str) -> str:
    """Without an empty word in front and the remark at the end that only points back (", that costs nothing")."""
    first = tokens(text)[0] if tokens(text) else None
    if first is not None and first.low in LOOSE and first.start == 0:
        text = text[first.end :].lstrip(EDGE)
    cut = _OF_THEM.sub("", _ADDED.sub("", _ASIDE.sub("", text))).rstrip(EDGE)
    return cut if len(terms_of(cut)) >= _LEAST else text


def stands_alone(body: str, kind: str, lang: str) -> bool:
    """Whether the words of a title, without the verb that the engine puts before them, say what they are about."""
    bare = _WHEN.sub(" ", _QUOTED.sub(" ", body))
    words = tokens(bare)
    asks = kind == "question"
    ours = (
        OURS.get(lang, frozenset())
        if kind in ("problem", "risk") or (kind == "blocker" and lang == "en")
        else frozenset()
    )
    if not words or _torn(body) or _telling(body) < (1 if lang != "en" or _TO_DO.match(body) else _LEAST):
        return False
    said = {word.low for word in words}
    if said & POINTING.get(lang, frozenset()) or said & ours:
        return False
    if words[-1].low in NO_END and not bare[words[-1].start : words[-1].end].isupper():
        return False
    if lang != "en":
        return tokens(body)[0].low not in LANGUAGES[lang].pronouns
    if not asks and (words[0].low in NO_BEGINNING or words[0].low in NO_STATEMENT) and bare[:1] == body[:1]:
        return False
    if kind in ("problem", "blocker") and (said & (POSSIBLE | REMEDY) or _TOLD_OF.search(bare)):
        return False
    if words[0].low in _BEGINS and "," not in body and not (asks and len(words) > 1 and words[1].low in _ASKING):
        return False
    if not asks and _VAGUE_OBJECT.match(body):
        return False
    if asks and said & _ANYBODY:
        return False
    return not _points_by_that(words) and (not _THERE.search(bare) or bool(_PLAIN_THERE.search(bare)))


def _telling(text: str) -> int:
    """How many words say something; both halves of "upload-form" do."""
    return sum(1 + term.count("-") for term in terms_of(text) if term not in _EMPTY)


_VAGUE_OBJECT = re.compile(
    r"^\w+ (?:the|a|an) (?:default|things?|issue|problem|case|point|part|way|stuff|value|option|one|rest|other)"
    r"(?= (?:via|by|in|with|for|on|at|to|as|from|through|using)\b|$)",
    re.IGNORECASE,
)


def _torn(text: str) -> bool:
    """Whether a bracket or a quotation mark lost its other half, or the text ends in the middle of a word."""
    if _CODE.search(text) or text.count(": ") >= _COLONS:
        return True
    pairs = text.count("(") != text.count(")") or text.count("[") != text.count("]") or text.count('"') % 2 == 1
    return pairs or text.rstrip().endswith(("…", "...", "-", "'", "/")) or "\n" in text or "://" in text


def _points_by_that(words: list[Token]) -> bool:
    for place, word in enumerate(words):
        if word.low != "that":
            continue
        if place in (0, len(words) - 1) or words[place - 1].low in BEFORE_THAT or words[place + 1].low in _AFTER_THAT:
            return True
    return False


def is_cut(title: str, source: str, whole: Collection[str] = GOES_ON) -> bool:
    """Whether the words of `source` go on after those of the title as one clause, so that the title lost its end.

    With one of `whole` a clause of its own begins.
    """
    said = [token.low for token in tokens(title)]
    words = tokens(source)
    if len(said) < 3:
        return False
    for place in range(len(words) - 1, 1, -1):
        if [word.low for word in words[place - 2 : place + 1]] == said[-3:]:
            after = source[words[place].end :]
            following = words[place + 1].low if place + 1 < len(words) else ""
            gap = source[words[place].end : words[place + 1].start] if following else after
            return bool(following) and not gap.strip() and following not in whole
    return False


def repeats(title: str, quote: str) -> bool:
    """Whether a title is only the words of a quote."""
    return folded(title) == folded(quote)
