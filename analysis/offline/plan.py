"""What a run knows before its first window: how common words are, and the topics of the whole chat."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from analysis.prompts.inputs import WindowInput

from .cues import ALL_STOP, ALL_WEAK
from .keyphrases import Extractor, Phrase
from .sentences import Parsed, parse
from .speech import read
from .words import is_acronym, is_shouted, stem, tokens

VERSION = 1
MAX_TOPICS = 60
_SMALL = 10  # messages below which a single mention makes no topic
_MOSTLY = 0.6
_LARGE = 500  # messages from which two mentions make no topic
_MAX_TERMS = 6000  # words whose frequency is kept
_SOCIAL = 0.8  # a sentence of talk between people names no topic
_MAX_CENTROID = 16
_TOPICS_PER_ROOT = 1.2  # topics for each square root of the messages: 20 -> 5, 300 -> 21, 1,200 -> 42


@dataclass(frozen=True, slots=True)
class PlanTopic:
    """A topic of the run: `terms` are stems with weights, 1 for the words of its name."""

    name: str
    keywords: tuple[str, ...]
    terms: dict[str, float]


@dataclass(frozen=True)
class Plan:
    """Statistics of one run, small enough to be kept with it. `df` counts messages by stem, where it is 2 or more."""

    messages: int = 0
    df: dict[str, int] = field(default_factory=dict)
    topics: tuple[PlanTopic, ...] = ()

    def idf(self, term: str) -> float:
        """How rare a stem is, 0 to 1."""
        if self.messages < 2:
            return 1.0
        return math.log((self.messages + 1) / (self.df.get(term, 1) + 0.5)) / math.log(self.messages + 1)

    @cached_property
    def by_term(self) -> dict[str, tuple[tuple[int, float], ...]]:
        """Stem -> topics that it speaks for."""
        found: dict[str, list[tuple[int, float]]] = {}
        for place, topic in enumerate(self.topics):
            for term, weight in topic.terms.items():
                found.setdefault(term, []).append((place, weight))
        return {term: tuple(places) for term, places in found.items()}

    def match(self, terms: dict[str, float]) -> list[tuple[int, float]]:
        """Topics that weighted stems speak for, best first, with a score of about 0 to 3."""
        scores: dict[int, float] = {}
        for term, amount in terms.items():
            for place, weight in self.by_term.get(term, ()):
                scores[place] = scores.get(place, 0.0) + amount * weight * self.idf(term)
        full = {place: score * self._share_of_name(place, terms) for place, score in scores.items()}
        return sorted(
            ((place, score) for place, score in full.items() if score > 0), key=lambda item: (-item[1], item[0])
        )

    def _share_of_name(self, place: int, terms: dict[str, float]) -> float:
        name = [term for term, weight in self.topics[place].terms.items() if weight >= 1.0]
        return 0.25 + 0.75 * sum(1 for term in name if term in terms) / max(1, len(name))

    def to_json(self) -> str:
        """The plan as JSON text, under about 200 KB."""
        topics = [{"name": t.name, "keywords": list(t.keywords), "terms": t.terms} for t in self.topics]
        return json.dumps(
            {"version": VERSION, "messages": self.messages, "df": self.df, "topics": topics},
            ensure_ascii=False,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, source: str) -> "Plan":
        """The plan that `to_json` wrote. Raises ValueError for another version."""
        data = json.loads(source)
        if data.get("version") != VERSION:
            raise ValueError(f"a plan of version {data.get('version')}, this engine reads {VERSION}")
        topics = tuple(
            PlanTopic(t["name"], tuple(t["keywords"]), {k: float(v) for k, v in t["terms"].items()})
            for t in data["topics"]
        )
        return cls(int(data["messages"]), {term: int(count) for term, count in data["df"].items()}, topics)


@lru_cache(maxsize=8192)
def terms_of(text: str) -> tuple[str, ...]:
    """The stems of a text that say something, each once, in order."""
    shouting = text.isupper()
    found: dict[str, None] = {}
    for token in tokens(text):
        low = token.low
        told = low not in ALL_STOP or (not shouting and is_acronym(text[token.start : token.end]))
        if told and len(low) > 1 and low not in ALL_WEAK:
            found[stem(low)] = None
    return tuple(found)


def people_of(names: Iterable[str]) -> set[str]:
    """Lower-case words of people's names."""
    return {token.low for name in names for token in tokens(name) if len(token.low) > 1}


def plan(windows: Iterable[WindowInput]) -> Plan:
    """One pass over the windows of a run. The same windows in the same order give the same plan."""
    names: set[str] = set()
    df: Counter[str] = Counter()
    messages: list[tuple[int, str, Parsed]] = []
    seen: set[tuple[str, str]] = set()
    for number, window in enumerate(windows):
        for message in window.messages:
            names.add(message.author)
            mark = (f"{message.author}|{message.sent_at.isoformat()}", message.text[:200])
            if message.context or mark in seen:
                continue
            seen.add(mark)
            parsed = parse(message.text)
            if not parsed.sentences:
                continue
            messages.append((number, message.author, parsed))
            df.update(
                {stem(w.low) for s in parsed.sentences for w in s.words if len(w.low) > 1 and w.low not in ALL_STOP}
            )
    people = _real_names(people_of(names), messages)
    topics = _topics(messages, people)
    common = sorted((item for item in df.items() if item[1] > 1), key=lambda item: (-item[1], item[0]))[:_MAX_TERMS]
    return Plan(len(messages), dict(sorted(common)), topics)


def _real_names(people: set[str], messages: Sequence[tuple[int, str, Parsed]]) -> set[str]:
    """Words of names that are not everyday words here: a bot called "Billing" does not forbid billing as a topic."""
    small: Counter[str] = Counter()
    large: Counter[str] = Counter()
    for _, _, parsed in messages:
        for sentence in parsed.sentences:
            for word in sentence.words:
                if word.low in people:
                    (large if sentence.text[word.start].isupper() else small)[word.low] += 1
    return {word for word in people if small[word] <= 2 or small[word] <= large[word]}


def _topics(parsed_messages: Sequence[tuple[int, str, Parsed]], people: set[str]) -> tuple[PlanTopic, ...]:
    extractor = Extractor(people)
    for place, (window, author, parsed) in enumerate(parsed_messages):
        for sentence in parsed.sentences:
            if read(sentence).flags.get("chatter", 0.0) < _SOCIAL:
                extractor.add(sentence, place, window, author)
    count = len(parsed_messages)
    windows = len({window for window, _, _ in parsed_messages})
    wanted = min(MAX_TOPICS, round(_TOPICS_PER_ROOT * math.sqrt(count)))
    ranked = extractor.ranked(windows, 2 if count < _LARGE else 3)
    if 3 * len(ranked) < wanted and count >= _SMALL:
        ranked += [p for p in extractor.ranked(windows, 1) if len(p.messages) == 1 and len(p.key) > 1]
    chosen = [_fuller(phrase, extractor) for phrase in _choose(ranked[:600], wanted)]
    by_message = [
        {stem(w.low) for s in parsed.sentences for w in s.words if _telling(w.low, people)}
        for _, _, parsed in parsed_messages
    ]
    totals = Counter(term for terms in by_message for term in terms)
    written = {key[0]: phrase.surface for key, phrase in extractor.phrases.items() if len(key) == 1}
    topics = [_topic(phrase, by_message, totals, written) for phrase in chosen]
    return tuple(sorted(topics, key=lambda topic: topic.name.casefold()))


def _telling(word: str, people: set[str]) -> bool:
    return len(word) > 2 and word not in ALL_STOP and word not in ALL_WEAK and word not in people and not word.isdigit()


def _choose(ranked: Sequence[Phrase], wanted: int) -> list[Phrase]:
    """The best phrases that do not say the same: one at a time, a message that is covered already counts less."""
    chosen: list[Phrase] = []
    covered: Counter[int] = Counter()
    apart = dict.fromkeys(range(len(ranked)), 1.0)
    while apart and len(chosen) < wanted:
        place = max(
            apart, key=lambda number: (ranked[number].score * _fresh(ranked[number], covered) * apart[number], -number)
        )
        best = ranked[place]
        chosen.append(best)
        covered.update(best.messages)
        del apart[place]
        apart = {
            number: left for number, value in apart.items() if (left := min(value, _apart(ranked[number], best))) > 0
        }
    return chosen


def _fuller(phrase: Phrase, extractor: Extractor) -> Phrase:
    """The longer phrase that it mostly is a part of: "EU VAT export" for "VAT export"."""
    size = len(phrase.key)
    longer = [
        other
        for other in extractor.phrases.values()
        if len(other.key) > size
        and len(other.messages) >= _MOSTLY * len(phrase.messages)
        and len(other.messages) > 1
        and any(other.key[start : start + size] == phrase.key for start in range(len(other.key) - size + 1))
    ]
    return max(longer, key=lambda other: (len(other.messages), len(other.key), other.key), default=phrase)


def _fresh(phrase: Phrase, covered: Counter[int]) -> float:
    return sum(1.0 if not covered[m] else 0.35 for m in phrase.messages) / len(phrase.messages)


def _apart(phrase: Phrase, other: Phrase) -> float:
    """0 for a phrase that contains another one or is in it; less than 1 for one that shares a word or its messages."""
    apart = 1.0
    shared = set(phrase.key) & set(other.key)
    if shared:
        if len(shared) == min(len(phrase.key), len(other.key)):
            return 0.0
        apart = 0.6
    both = len(phrase.messages & other.messages)
    if both >= 0.6 * min(len(phrase.messages), len(other.messages)) and len(phrase.messages) > 1:
        apart = 0.35
    return apart


def _topic(
    phrase: Phrase, by_message: Sequence[set[str]], totals: Counter[str], written: Mapping[str, str]
) -> PlanTopic:
    near: Counter[str] = Counter()
    for place in sorted(phrase.messages):
        near.update(by_message[place])
    size, all_messages = len(phrase.messages), len(by_message)
    terms: dict[str, float] = {}
    gains = []
    for term, count in near.items():
        if term in phrase.key or count < min(2, size):
            continue
        lift = (count / size) / (totals[term] / all_messages)
        if lift > 1.5:
            gains.append((count / size * math.log2(lift), term))
    gains.sort(key=lambda item: (-item[0], item[1]))
    top = gains[0][0] if gains else 1.0
    for gain, term in gains[:_MAX_CENTROID]:
        terms[term] = round(0.3 * gain / top, 3)
    for term in phrase.key:
        terms[term] = 1.0
    keywords = [
        written[term].lower() if not is_shouted(written[term]) else written[term]
        for _, term in gains[:6]
        if term in written
    ]
    return PlanTopic(named(phrase.surface), tuple(dict.fromkeys(keywords))[:6], terms)


def named(text: str) -> str:
    """A phrase as the name of a topic: one line, a capital at the beginning unless it is an identifier."""
    text = re.sub(r"\s+", " ", text).strip(" -/.,")
    first = text.split(" ", 1)[0]
    if first.isalpha() and first.islower():
        return text[:1].upper() + text[1:]
    if "-" in first and first.replace("-", "").isalpha() and first.islower():
        return text[:1].upper() + text[1:]
    return text
