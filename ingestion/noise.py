"""The first tiers of the noise filter: rules in any language, then a local score. Pure.

A rule speaks only about a whole message. What no rule calls noise is scored by what it carries (length, a question,
a link, code, numbers), not by its words or its author; a weak message may still be judged by a model.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from ingestion.lexicons import ACKNOWLEDGEMENTS, ADDRESSEES, ANSWERS, LAUGHTER, NEGATIONS
from ingestion.text import WORD_MARKS
from tasktracker.core.enums import Verdict

SIGNAL_FROM = 0.5

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w.])@[\w.-]{2,}")
_SHORTCODE = re.compile(r":[a-z0-9_+-]{2,40}:")
_EMOTICON = re.compile(r"(?<!\w)(?:[:;=8xX][-'^]?[()\[\]DdPpOo/\\|*3]+|<3+|\^_*\^|[xX][dD]+|T_T|[(){}]{2,})(?!\w)")
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_COMMAND = re.compile(
    r"[/!](?!(?:etc|usr|var|home|tmp|opt|dev|proc|sys|bin|lib|mnt|root|api|v\d)\b)[a-z]\w{0,31}(?:@\w+)?", re.I
)
_COMMAND_WORDS = 4
_CODE = re.compile(
    r"`[^`]+`|\b\w+\([^)]*\)|\b[a-z]+[A-Z]\w+|\b\w+_\w+\b|(?:\b[\w-]+)?/[\w./-]+|\b\w+::\w+|[{};]\s*$", re.M
)
_NUMBER = re.compile(r"(?<![\w.])[#v]?\d[\d.,:%-]*")
_QUESTION = re.compile(r"[?？؟;՞](?=\s|$|[)\"'»”*_])")
_WORD = re.compile(rf"(?:[^\W_]|[{WORD_MARKS}])+(?:['’ʼ-][^\W_]+)*")
_PHRASE_WORD = re.compile(rf"[+-]\d+|(?:[^\W_]|[{WORD_MARKS}])+")
_WIDE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_EMPHASIS = re.compile(r"([^\W\d_])\1{2,}")
_APOSTROPHE = re.compile("['’ʼ`]")
_LONGEST_PHRASE = 6
_MOST_WORDS = 8
_MOST_CHARS = 120


@dataclass(frozen=True, slots=True)
class NoiseInput:
    """What the filter knows of a message. `kind` as in `MessageDraft`.

    `is_command` is what the platform said, None where it says nothing; `is_own` marks posts of this program's own
    bot; `is_reply` an answer to a message of somebody.
    """

    kind: str = "message"
    text: str = ""
    author_is_bot: bool = False
    is_command: bool | None = None
    is_own: bool = False
    is_reply: bool = False


@dataclass(frozen=True, slots=True)
class NoiseVerdict:
    """`score` is the chance, 0 to 1, that the message is worth reading; `reason` a stable code."""

    verdict: Verdict
    score: float
    reason: str


def judge(message: NoiseInput) -> NoiseVerdict:
    """Rules first (service, own_post, bot, sticker, no_text, command, emoji, acknowledgement), then the score."""
    reason = _rule(message)
    if reason:
        return NoiseVerdict(Verdict.NOISE, 0.0, reason)
    score, reason = _score(message.text, is_poll=message.kind == "poll", is_reply=message.is_reply)
    return NoiseVerdict(Verdict.SIGNAL if score >= SIGNAL_FROM else Verdict.WEAK, round(score, 3), reason)


def _rule(message: NoiseInput) -> str:
    if message.kind == "service":
        return "service"
    if message.is_own:
        return "own_post"
    if message.author_is_bot:
        return "bot"
    if message.kind == "sticker":
        return "sticker"
    text = message.text.strip()
    if not text:
        return "no_text"
    if message.is_command if message.is_command is not None else _is_command(text):
        return "command"
    bare = _without_signs(text)
    if not any(map(str.isalnum, bare)):
        return "emoji" if _has_emoji(text) or bare != text else "no_words"
    return _acknowledges(bare, is_reply=message.is_reply)


def _is_command(text: str) -> bool:
    """`/start`, `/help@some_bot`, `!build now`: one line that begins with a command; not a path, not a sentence."""
    words = text.split()
    return "\n" not in text and len(words) <= _COMMAND_WORDS and _COMMAND.fullmatch(words[0]) is not None


def _without_signs(text: str) -> str:
    for pattern in (_KEYCAP, _SHORTCODE, _EMOTICON):
        text = pattern.sub(" ", text)
    return text


def _has_emoji(text: str) -> bool:
    return any(unicodedata.category(char) in ("So", "Sk", "Cn") or char == "\u20e3" for char in text)


def _acknowledges(text: str, *, is_reply: bool) -> str:
    """The reason when every word of the message belongs to a phrase of a lexicon, else nothing."""
    folded = unicodedata.normalize("NFKC", _MENTION.sub(" ", text)).casefold()
    words = _PHRASE_WORD.findall(_APOSTROPHE.sub(" ", folded))
    if not words:
        return "mention_only"
    if len(words) > _MOST_WORDS or len(folded) > _MOST_CHARS:
        return ""
    kinds = _phrase_kinds(words)
    if not kinds or kinds[0] == "addressee":
        return ""
    if len(kinds) > 1 and "negation" in kinds:  # "не работает" is no acknowledgement
        return ""
    if set(kinds) <= {"acknowledgement", "addressee"}:
        return "acknowledgement"
    return "" if is_reply else "bare_answer"


def _phrase_kinds(words: list[str]) -> list[str]:
    """The kinds of the phrases that make up the message, the longest first; empty when one word is in none."""
    kinds: list[str] = []
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST_PHRASE, len(words) - at), 0, -1):
            kind = _phrase_kind(" ".join(words[at : at + length]))
            if kind:
                kinds.append(kind)
                at += length
                break
        else:
            return []
    return kinds


def _phrase_kind(phrase: str) -> str:
    acknowledgements, answers, negations, addressees, laughter = _phrases()
    for form in dict.fromkeys((phrase, _EMPHASIS.sub(r"\1", phrase), _EMPHASIS.sub(r"\1\1", phrase))):
        if form in negations:
            return "negation"
        if form in answers:
            return "answer"
        if form in acknowledgements or laughter.fullmatch(form):
            return "acknowledgement"
        if form in addressees:
            return "addressee"
    return ""


@cache
def _phrases() -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str], re.Pattern[str]]:
    """All languages at once: nobody says in which one a message of two letters is."""
    return (
        _split(*ACKNOWLEDGEMENTS.values()),
        _split(*ANSWERS.values()),
        _split(NEGATIONS),
        _split(ADDRESSEES),
        re.compile("|".join(LAUGHTER)),
    )


def _split(*blocks: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for block in blocks for phrase in block.casefold().split("|"))


def _score(text: str, *, is_poll: bool, is_reply: bool) -> tuple[float, str]:
    """A score from what can be seen in any language, and the feature that weighed most."""
    without_links = _LINK.sub(" ", text)
    words = _WORD.findall(_MENTION.sub(" ", without_links))
    wide = len(_WIDE.findall(without_links))
    length = sum(1 for word in words if not _WIDE.match(word)) + wide / 2  # a word has about two ideographs
    features = {
        "length": 0.65 * (1 - math.exp(-length / 6)),
        "question": 0.2 if _QUESTION.search(without_links) and length >= 3 else 0.0,
        "link": 0.12 if without_links != text else 0.0,
        "code": 0.15 if _CODE.search(without_links) else 0.0,
        "number": 0.08 if _NUMBER.search(without_links) else 0.0,
        "lines": 0.08 if text.strip().count("\n") >= 2 else 0.0,
        "mention": 0.04 if _MENTION.search(text) and length >= 3 else 0.0,
        "poll": 0.4 if is_poll else 0.0,
        "reply": 0.04 if is_reply else 0.0,
    }
    score = 0.1 + sum(features.values())
    return min(score, 1.0), "short" if score < SIGNAL_FROM else max(features, key=lambda name: features[name])
