"""How much a message carries: length, a question, a link, code, numbers, as they can be seen in any language. Pure.

Every pattern is tried only where a cheap look finds the sign that it cannot do without: most messages have none.
"""

import math
import re

from ingestion.text import WORD_MARKS

SIGNAL_FROM = 0.5

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w.])@[\w.-]{2,}")
# What code looks like, each with the sign that all of it has: a code span, a path, snake_case, a::b, the end of a line.
_CODE_SIGN = re.compile("[`/_:{};(]")
_CODE = (
    ("`", re.compile("`[^`]+`")),
    ("/", re.compile(r"/[\w./-]")),
    ("_", re.compile(r"\w_\w")),
    ("::", re.compile(r"\w::\w")),
    *((sign, re.compile(rf"{sign}\s*$", re.M)) for sign in "{};"),
)
_CALL = re.compile(r"\((?<=\w\()")
_CAMEL = re.compile(r"\b[a-z]+[A-Z]\w+")
_NUMBER = re.compile(r"(?<![\w.])[#v]?\d[\d.,:%-]*")
_QUESTION = re.compile(r"[?？؟;՞](?=\s|$|[)\"'»”*_])")
_WORD = re.compile(rf"(?:[^\W_]++|[{WORD_MARKS}]++)++(?:['’ʼ-][^\W_]+)*")
_WIDE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DIGIT = re.compile(r"\d")
_MAY_BE_CAMEL = re.compile(r"[A-Z](?<=[a-z][A-Z])\w")
# Words of ASCII text: what stands between other characters, but for an apostrophe or a hyphen between two letters.
_ASCII_WORDS = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + b" " * 128
_ASCII_JOINT = re.compile("['-](?<=[0-9A-Za-z]['-])[0-9A-Za-z]")


def score(text: str, *, is_poll: bool, is_reply: bool) -> tuple[float, str]:
    """A score from what can be seen in any language, and the feature that weighed most."""
    may_link = "://" in text or "w." in text or "W." in text
    without_links = _LINK.sub(" ", text) if may_link else text
    length = _length(without_links)
    features = {"length": 0.65 * (1 - math.exp(-length / 6))}
    if length >= 3 and _QUESTION.search(without_links):
        features["question"] = 0.2
    if may_link and without_links != text:
        features["link"] = 0.12
    if _has_code(without_links):
        features["code"] = 0.15
    if _DIGIT.search(without_links) and _NUMBER.search(without_links):
        features["number"] = 0.08
    if text.count("\n") >= 2 and text.strip().count("\n") >= 2:
        features["lines"] = 0.08
    if length >= 3 and "@" in text and _MENTION.search(text):
        features["mention"] = 0.04
    if is_poll:
        features["poll"] = 0.4
    if is_reply:
        features["reply"] = 0.04
    points = min(0.1 + sum(features.values()), 1.0)
    return points, "short" if points < SIGNAL_FROM else max(features, key=features.__getitem__)


def without_mentions(text: str) -> str:
    """The text with a space for each `@name`."""
    return _MENTION.sub(" ", text) if "@" in text else text


def _length(text: str) -> float:
    """Words without mentions; of scripts that put no spaces, a word has about two characters."""
    spoken = without_mentions(text)
    if not text.isascii():
        words = _WORD.findall(spoken)
        wide = len(_WIDE.findall(text))
        return (sum(1 for word in words if not _WIDE.match(word)) if wide else len(words)) + wide / 2
    parts = len(spoken.encode().translate(_ASCII_WORDS).split())
    return parts - len(_ASCII_JOINT.findall(spoken)) if "'" in spoken or "-" in spoken else parts


def _has_code(text: str) -> bool:
    if _CODE_SIGN.search(text):
        if any(sign in text and pattern.search(text) for sign, pattern in _CODE):
            return True
        call = _CALL.search(text)
        if call and text.find(")", call.end()) > 0:
            return True
    return bool(_MAY_BE_CAMEL.search(text) and _CAMEL.search(text))
