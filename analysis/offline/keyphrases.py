"""The phrases that a chat is about, from the chat itself: who uses them, where, and beside which function words."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .blocks import word_set
from .cues import ALL_STOP, ALL_WEAK
from .sentences import Sentence
from .words import Token, is_acronym, stem

MAX_WORDS = 4
_BETWEEN = re.compile(r"^[ \-/]?$")
_MARKUP = re.compile(r"[`*~\"'“”«»‘’]")
_LENGTH_BONUS = (0.0, 0.72, 1.7, 1.9, 1.5)
# Nouns of any project: alone they name no topic, beside another word they may ("billing service").
EVERYDAY = word_set("""code file files function functions type types user users command commands context docs doc
    documentation order
        output
    input post posts repo tool tools system systems host app application service server client clients customer
    customers
    project product page pages button screen data object objects item items field fields text string page log logs test
    tests job jobs box boxes bug bugs api ui config machine library package account accounts company process state
    status
    report reports request requests response list table tables record records key keys id ids rule rules task tasks note
    notes email emails mail mails number format folder directory path content title view views window windows form forms
    benefit concept model models method methods area action actions device devices site website person effort attention
    hour minutes minute second seconds day chat channel article blog guide readme screenshot picture video tutorial
    interest happy interested thinking curious aware glad clear helpful hard worth open present familiar post""")

# A word that stands after one of these is a noun there, or a verb; counted over the chat this tells them apart.
_NOUN_BEFORE = word_set("""the a an this that these those my your our his her their its no each every any some of in
    on for from with by
        about
    into via per using without der die das den dem des ein eine einen einem einer im am vom zum zur beim mit für ohne
    von aus
    el la los las un una del al de en por con sin le les du des au aux une dans sur avec sans par o os as um uma do da
    dos das no
    na nos nas em com sem pelo pela w we z ze na do od dla bez przy o po у в на з із зі за до для від без про по с со
    из к ко от об""")
_VERB_BEFORE = word_set("""to i you we they he she it who can could should would will shall may might must not do does
    did don't let's
        just also
    ich du wir ihr sie er es man nicht yo tú nosotros se no je tu nous vous ils on ne pas eu você nós eles não ja ty
    my nie
    я ти ми ви він вона вони не щоб ты мы вы он она они чтобы""")
_VERBISH = re.compile(r"(?:ly|ize|ise|ти|тися|ться|ємо|имо|ать|ять|ить|ешь|ает|ют|ують|ив|ила|или|или|али|ся|сь)$")


@dataclass
class Phrase:
    """A phrase: `key` its stems; counted by message, window and author; `surfaces` as it was written."""

    key: tuple[str, ...]
    surfaces: Counter[str] = field(default_factory=Counter)
    messages: set[int] = field(default_factory=set)
    windows: set[int] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)
    score: float = 0.0

    @cached_property
    def surface(self) -> str:
        """The phrase as it was written most often; an acronym's capitals win when a quarter of the uses have them.

        To be read when everything is counted.
        """
        shouted = {text: count for text, count in self.surfaces.items() if re.search(r"[A-Z]{2}", text)}
        if 4 * sum(shouted.values()) >= self.surfaces.total():
            return min(shouted, key=lambda text: (-shouted[text], len(text), text))
        return min(self.surfaces, key=lambda text: (-self.surfaces[text], len(text), text))


class Extractor:
    """Collects phrases message by message; `ranked()` gives the best ones."""

    def __init__(self, people: Iterable[str]) -> None:
        """`people`: lower-case words of the names of those who write, which name no topic."""
        self.people = frozenset(people)
        self.phrases: dict[tuple[str, ...], Phrase] = {}
        self.noun: Counter[str] = Counter()
        self.verb: Counter[str] = Counter()
        self.lower: Counter[str] = Counter()
        self.upper: Counter[str] = Counter()

    def add(self, sentence: Sentence, message: int, window: int, author: str) -> None:
        """Counts the phrases of one sentence."""
        run: list[Token] = []
        before: Token | None = None
        for token in sentence.words:
            word = token.low
            joined = before is not None and bool(
                _BETWEEN.match(_MARKUP.sub("", sentence.text[before.end : token.start]))
            )
            if before is not None and joined:
                self.noun[word] += before.low in _NOUN_BEFORE
                self.verb[word] += before.low in _VERB_BEFORE
            raw = sentence.text[token.start : token.end]
            carries = self._carries(word) or (is_acronym(raw) and not sentence.text.isupper())
            if not joined or not carries:
                self._close(run, sentence, message, window, author)
                run = []
            if carries:
                run.append(token)
                if before is not None:
                    (self.upper if raw[:1].isupper() else self.lower)[word] += 1
            before = token
        self._close(run, sentence, message, window, author)

    def _carries(self, word: str) -> bool:
        return (
            len(word) > 1
            and word not in ALL_STOP
            and not word.replace(".", "").replace("-", "").isdigit()
            and len(word) < 32
        )

    def _close(self, run: Sequence[Token], sentence: Sentence, message: int, window: int, author: str) -> None:
        for start in range(len(run)):
            for size in range(1, min(MAX_WORDS, len(run) - start) + 1):
                part = run[start : start + size]
                # "work order templates": a weak word may stand in front, but makes no phrase of its own (see `_score`).
                empty = (part[0].low in ALL_WEAK and size < 3) or (part[-1].low in ALL_WEAK and size < 2)
                if empty or any(token.low in self.people for token in part):
                    continue
                key = tuple(stem(token.low) for token in part)
                if len(set(key)) < len(key):
                    continue
                phrase = self.phrases.setdefault(key, Phrase(key))
                surface = sentence.text[part[0].start : part[-1].end]
                phrase.surfaces[_MARKUP.sub("", surface)] += 1
                phrase.messages.add(message)
                phrase.windows.add(window)
                phrase.authors.add(author)

    def nouniness(self, word: str) -> float:
        """0 to 1: how far a word is used as a noun here; 0.5 when nothing tells."""
        noun, verb = self.noun[word], self.verb[word]
        share = (noun + 1.0) / (noun + verb + 2.0)
        if _VERBISH.search(word):
            share *= 0.5
        if word.endswith(("ing", "ed")) and noun <= verb + 1:
            share *= 0.6
        return share

    def ranked(self, windows: int, least: int) -> list[Phrase]:
        """Phrases that at least `least` messages hold, best first."""
        found = [phrase for phrase in self.phrases.values() if len(phrase.messages) >= least]
        inside: dict[tuple[str, ...], list[int]] = {}
        for phrase in found:
            for start in range(len(phrase.key)):
                for end in range(start + 1, len(phrase.key) + 1):
                    if end - start < len(phrase.key):
                        inside.setdefault(phrase.key[start:end], []).append(len(phrase.messages))
        kept = []
        for phrase in found:
            phrase.score = self._score(phrase, inside.get(phrase.key, []), windows)
            if phrase.score > 0:
                kept.append(phrase)
        kept.sort(key=lambda phrase: (-phrase.score, phrase.key))
        return kept

    def _score(self, phrase: Phrase, longer: list[int], windows: int) -> float:
        raw = phrase.surface.split()
        parts = phrase.surface.lower().split()
        words = phrase.surface.lower().replace("-", " ").split()
        if not parts or len(max(words, key=len)) < 3 or parts[0] in ALL_WEAK:
            return 0.0
        shouted = any(re.search(r"[A-Z]{2}|\d|_", part) for part in raw)
        if len(phrase.key) == 1 and parts[0] in EVERYDAY:
            return 0.0
        head, first = self.nouniness(parts[-1]), self.nouniness(parts[0])
        if not shouted and (head < 0.4 or first < 0.3):
            return 0.0
        # What mostly stands inside a longer phrase is that phrase's word, not a topic of its own.
        free = len(phrase.messages) - (max(longer) if longer else 0) * 0.8
        if free <= 0.3 * len(phrase.messages) and len(phrase.messages) < 12:
            return 0.0
        spread = math.log2(1 + free) * (0.6 + 0.4 * math.log2(1 + len(phrase.authors)))
        if len(phrase.key) == 1 and windows > 20:
            share = len(phrase.windows) / windows
            if share > 0.12:
                spread *= 0.12 / share
        return spread * _LENGTH_BONUS[len(phrase.key)] * (0.5 + head) * (1.15 if shouted else 1.0) * self._bond(phrase)

    def _bond(self, phrase: Phrase) -> float:
        """How much its words belong together: 1 for a single word, less where they meet by chance."""
        if len(phrase.key) == 1:
            return 1.0
        alone = [len(self.phrases[key,].messages) for key in phrase.key if (key,) in self.phrases]
        share = len(phrase.messages) / max(1, min(alone, default=1))
        return 0.45 + 0.55 * min(1.0, 2.5 * share)
