"""The first tiers of the noise filter: rules in any language, then a local score. Pure.

A rule speaks only about a whole message. What no rule calls noise is scored by what it carries (`substance`), not by
its words or its author; a weak message may still be judged by a model.
"""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from ingestion.lexicons import ACKNOWLEDGEMENTS, ADDRESSEES, ANSWERS, LAUGHTER, NEGATIONS
from ingestion.substance import SIGNAL_FROM, score, without_mentions
from ingestion.text import WORD_MARKS
from tasktracker.core.enums import Verdict

_SHORTCODE = re.compile(r":[a-z0-9_+-]{2,40}:")
_EMOTICON = re.compile(r"(?<!\w)(?:[:;=8xX][-'^]?[()\[\]DdPpOo/\\|*3]+|<3+|\^_*\^|[xX][dD]+|T_T|[(){}]{2,})(?!\w)")
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_PATH = re.compile(r"[/!](?:etc|usr|var|home|tmp|opt|dev|proc|sys|bin|lib|mnt|root|api|v\d)\b", re.I)
_COMMAND = re.compile(rf"(?!{_PATH.pattern})[/!][a-z]\w{{0,31}}(?:@\w+)?", re.I)
_COMMAND_WORDS = 4
_PHRASE_WORD = re.compile(rf"[+-]\d+|(?:[^\W_]++|[{WORD_MARKS}]++)++")
_EMPHASIS = re.compile(r"([^\W\d_])\1{2,}")
_APOSTROPHE = re.compile("['’ʼ`]")
_MAY_BE_EMOTICON = re.compile("[:;=8xX<^(){}_]")
_LONGEST_PHRASE = 6
_MOST_WORDS = 8
_MOST_CHARS = 120


class NoiseInput(NamedTuple):
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


class NoiseVerdict(NamedTuple):
    """`score` is the chance, 0 to 1, that the message is worth reading; `reason` a stable code."""

    verdict: Verdict
    score: float
    reason: str


def judge(message: NoiseInput) -> NoiseVerdict:
    """Rules first (service, own_post, bot, sticker, no_text, command, emoji, acknowledgement), then the score."""
    reason = _rule(message)
    if reason:
        return NoiseVerdict(Verdict.NOISE, 0.0, reason)
    points, reason = score(message.text, is_poll=message.kind == "poll", is_reply=message.is_reply)
    return NoiseVerdict(Verdict.SIGNAL if points >= SIGNAL_FROM else Verdict.WEAK, round(points, 3), reason)


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
    if _is_command(text, message.is_command):
        return "command"
    if _has_many_words(text):
        return ""
    bare = _without_signs(text)
    if not any(map(str.isalnum, bare)):
        return "emoji" if _has_emoji(text) or bare != text else "no_words"
    return _acknowledges(bare, is_reply=message.is_reply)


def _is_command(text: str, said: bool | None) -> bool:
    """`/start`, `/help@some_bot`, `!build now`: one line that begins with a command; not a path, not a sentence.

    What the platform `said` goes before that, but for a path: Telegram marks "/etc" in "/etc is full" as well.
    """
    if said is not None:
        return said and not _PATH.match(text)
    if text[0] not in "/!":
        return False
    words = text.split()
    return "\n" not in text and len(words) <= _COMMAND_WORDS and _COMMAND.fullmatch(words[0]) is not None


def _has_many_words(text: str) -> bool:
    """Whether more words than any phrase has are left, whatever signs are taken out: no rule speaks of these.

    Counts what stands between white space and is letters only. No sign and no mention is such a thing, but for
    emoticons that begin with an x; normalising may split or drop some, so it must have nothing to do.
    """
    if not text.isascii() and ("ʼ" in text or not unicodedata.is_normalized("NFKC", text)):
        return False
    return sum(map(str.isalpha, text.split())) - text.count("x") - text.count("X") > _MOST_WORDS


def _without_signs(text: str) -> str:
    if "\u20e3" in text:
        text = _KEYCAP.sub(" ", text)
    if ":" in text:
        text = _SHORTCODE.sub(" ", text)
    return _EMOTICON.sub(" ", text) if _MAY_BE_EMOTICON.search(text) else text


def _has_emoji(text: str) -> bool:
    return any(unicodedata.category(char) in ("So", "Sk", "Cn") or char == "\u20e3" for char in text)


def _acknowledges(text: str, *, is_reply: bool) -> str:
    """The reason when every word of the message belongs to a phrase of a lexicon, else nothing."""
    folded = unicodedata.normalize("NFKC", without_mentions(text)).casefold()
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
        longest = _LONGEST_PHRASE if _begins_phrase(words[at]) else 0
        for length in range(min(longest, len(words) - at), 0, -1):
            kind = _phrase_kind(" ".join(words[at : at + length]))
            if kind:
                kinds.append(kind)
                at += length
                break
        else:
            return []
    return kinds


def _phrase_kind(phrase: str) -> str:
    known = _phrases()
    for form in _forms(phrase):
        if form in known.negations:
            return "negation"
        if form in known.answers:
            return "answer"
        if form in known.acknowledgements or known.laughter.fullmatch(form):
            return "acknowledgement"
        if form in known.addressees:
            return "addressee"
    return ""


def _begins_phrase(word: str) -> bool:
    known = _phrases()
    return any(form in known.openers or known.laughter.fullmatch(form) for form in _forms(word))


def _forms(phrase: str) -> tuple[str, ...]:
    """The phrase as written, and without the letters that only draw it out: "okkkk" is "ok", "allll" is "all"."""
    plain = _EMPHASIS.sub(r"\1", phrase)
    return (phrase,) if plain == phrase else (phrase, plain, _EMPHASIS.sub(r"\1\1", phrase))


class _Phrases(NamedTuple):
    """`openers` are the first words of all phrases; laughter is one word."""

    acknowledgements: frozenset[str]
    answers: frozenset[str]
    negations: frozenset[str]
    addressees: frozenset[str]
    openers: frozenset[str]
    laughter: re.Pattern[str]


@cache
def _phrases() -> _Phrases:
    """All languages at once: nobody says in which one a message of two letters is."""
    sets = (
        _split(*ACKNOWLEDGEMENTS.values()),
        _split(*ANSWERS.values()),
        _split(NEGATIONS),
        _split(ADDRESSEES),
    )
    openers = frozenset(phrase.partition(" ")[0] for phrases in sets for phrase in phrases)
    return _Phrases(*sets, openers, re.compile("|".join(LAUGHTER)))


def _split(*blocks: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for block in blocks for phrase in block.casefold().split("|"))
