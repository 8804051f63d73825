"""What ties atoms of one matter together: links, replies, like words and complaints, and the order in time.

Two reports of one trouble are twins; a solution is tied to what it solves, also when it was said days later.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

from .similar import Likeness, complaints, meanings, named_complaints
from .words import folded

TROUBLE = ("problem", "blocker")
_SOLVABLE = (*TROUBLE, "question", "requirement")
# The least likeness at which ...
TWIN = 0.26  # ... two reports are of one trouble,
FIX = 0.25  # ... a solution that answers nobody is that of a report,
_DONE = 0.32  # ... and of a request;
_DONE_TOO = 0.42  # ... one that answers something else is that of a request;
_NAMED = 0.6  # of the words of a request's title, which what does it has to name
_PLAINLY = 0.5  # ... a solution solves more than what it answers.
_BURST_FIX = 0.2  # the same, for what was reported in the same hour as what the solution answers
_NEAR_BEST = 0.7  # of the likeness of the best, from which others are solved as well
_AS_LIKE = 0.6  # from which two texts are of one trouble whatever they complain of
# What speaks for two atoms beside their words.
_SAME_TOPIC = 0.05
_SAME_COMPLAINT = 0.06
_SAME_DENIAL = 0.03  # both only deny: "does not arrive", "no alerts"
_ONE_COMPLAINT = 0.04  # lost where only one of them names what is wrong
_SAME_ERROR = 0.15
_TOPIC_ONLY = 0.05  # lost where they have nothing in common but the name of their topic
_ERROR = re.compile(
    r"\b(?:error|exception|panic|fehler|помилка|ошибка|erreur|błąd|erro): *(?P<what>\w+(?:\W+\w+){3,})", re.I
)
_HANDFUL = 5
_ERROR_WORDS = 4
_AT_ONCE, _IN_THE_HOUR = 0.1, 0.06
_LATE = timedelta(days=120)  # after which a solution has to be plainly of the same matter


@dataclass(frozen=True, slots=True)
class ClusterAtom:
    """An atom as far as putting together needs it: `quotes` the text of its quotes, `links` (type, id of the other).

    `at`: when its last quote was said. `messages`: ids of the messages that it quotes, `answers`: of those that they
    reply to, in one numbering.
    """

    id: str
    type: str
    title: str
    content: str = ""
    topics: tuple[str, ...] = ()
    quotes: str = ""
    links: tuple[tuple[str, str], ...] = ()
    at: datetime | None = None
    messages: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()


class Bonds:
    """The ties among a list of atoms, by their places. `ease` is what is added to every likeness for atoms that
    somebody put together before."""

    def __init__(self, atoms: Sequence[ClusterAtom], alike: Likeness, *, ease: float = 0.0) -> None:
        self.atoms = atoms
        self.alike = alike
        self._ease = ease
        self._said = [complaints(_words(atom)) if atom.type in TROUBLE else frozenset() for atom in atoms]
        self._named = [named_complaints(_words(atom)) for atom in atoms]

    @cached_property
    def by_id(self) -> dict[str, int]:
        return {atom.id: place for place, atom in enumerate(self.atoms)}

    @cached_property
    def quoting(self) -> dict[str, list[int]]:
        """Message -> the atoms that quote it."""
        found: dict[str, list[int]] = {}
        for place, atom in enumerate(self.atoms):
            for message in atom.messages:
                found.setdefault(message, []).append(place)
        return found

    def twin(self, a: int, b: int) -> float:
        """How much two reports are of one trouble; what they complain of and when they were said counts with it."""
        value = self.alike.of(a, b)
        if self._named[a] and self._named[b] and not self._named[a] & self._named[b]:
            return 0.0
        if self._said[a] and self._said[b] and not self._said[a] & self._said[b] and value < _AS_LIKE:
            return 0.0
        if self._named[a] & self._named[b]:
            value += _SAME_COMPLAINT
        elif self._said[a] & self._said[b]:
            value += _SAME_DENIAL
        elif bool(self._named[a]) != bool(self._named[b]):
            value -= _ONE_COMPLAINT
        if self._same_error(a, b):
            value += _SAME_ERROR
        if self._only_topic(a, b):
            return value + self._near(a, b) - _TOPIC_ONLY
        return value + self._near(a, b) + self._topic(a, b) + self._ease

    def are_twins(self, a: int, b: int) -> bool:
        """Whether two atoms report one trouble."""
        return a != b and all(self.atoms[p].type in TROUBLE for p in (a, b)) and self.twin(a, b) >= TWIN

    def fix(self, solution: int, item: int) -> float:
        """How much a solution is that of a report, a question or a request, by what is said."""
        value = self.alike.of(solution, item)
        if value > 0 and self._named[solution] & self._named[item]:
            value += _SAME_COMPLAINT
        first, second = self.atoms[item].at, self.atoms[solution].at
        if first is not None and second is not None and second - first > _LATE:
            value -= _IN_THE_HOUR
        return value + (self._topic(solution, item) + self._ease if value > 0 else 0.0)

    def solved(self) -> list[tuple[int, int]]:
        """(solution, what it solves), the surest first for each solution."""
        found: list[tuple[int, int]] = []
        for place, atom in enumerate(self.atoms):
            if atom.type == "solution":
                found += [(place, item) for item in self._solved_by(place)]
        return found

    def _solved_by(self, solution: int) -> list[int]:
        meant = self._meant(solution)
        before = [p for p in self.near(solution) if self.atoms[p].type in _SOLVABLE and self._before(p, solution)]
        if meant:
            more = [p for p in before if p not in meant and self._solved_too(solution, p, meant)]
        else:
            values = {p: self.fix(solution, p) for p in before}
            values = {p: v for p, v in values.items() if v >= FIX and self._fulfils(solution, p, v)}
            top = max(values.values(), default=0.0)
            meant = [p for p, value in values.items() if value >= _NEAR_BEST * top]
            more = []
        hit = [*meant, *more]
        reports = [p for p in hit if self.atoms[p].type in TROUBLE]
        others = {q for p in reports for q in self.near(p) if q not in hit and self._before(q, solution)}
        return [*hit, *(q for q in sorted(others) if any(self.are_twins(p, q) for p in reports))]

    def _meant(self, solution: int) -> list[int]:
        """What a solution is linked to or replies to."""
        atom = self.atoms[solution]
        linked = [self.by_id[ref] for kind, ref in atom.links if kind == "solves" and ref in self.by_id]
        answered = [
            place
            for message in atom.answers
            for place in self.quoting.get(message, ())
            if self.atoms[place].type in _SOLVABLE and self._before(place, solution)
        ]
        return list(dict.fromkeys([*linked, *(place for place in answered if place != solution)]))

    def _solved_too(self, solution: int, item: int, meant: Sequence[int]) -> bool:
        """Whether what a solution does not answer is plainly of its matter too, or was of the same outage."""
        value = self.fix(solution, item)
        if self.atoms[item].type not in TROUBLE:
            return value >= _DONE_TOO and self.atoms[item].type == "requirement" and self._names(solution, item)
        if self._named[solution] & self._named[item] and self._topic(solution, item) + self._ease and value >= FIX:
            return True
        return value >= _PLAINLY or (value >= _BURST_FIX and any(self._near(item, other) > 0 for other in meant))

    def _fulfils(self, solution: int, item: int, value: float) -> bool:
        """Whether a solution is that of a request; of a trouble or a question it is by its likeness alone."""
        return self.atoms[item].type != "requirement" or (value >= _DONE and self._names(solution, item))

    def _names(self, solution: int, item: int) -> bool:
        """Whether a solution names what was asked for, and not only what it was asked of."""
        asked = set(meanings(self.atoms[item].title))
        return len(asked & self.alike.shared(solution, solution)) >= _NAMED * len(asked)

    def near(self, place: int) -> list[int]:
        """Places of atoms that have words in common with this one, or were said with it."""
        return self._neighbours.get(place, [])

    @cached_property
    def _neighbours(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for a, b in self.alike.pairs():
            found.setdefault(a, []).append(b)
            found.setdefault(b, []).append(a)
        return found

    def _before(self, item: int, solution: int) -> bool:
        """What is reported after a fix is not fixed by it; without dates nothing speaks against it."""
        first, second = self.atoms[item].at, self.atoms[solution].at
        return item != solution and (first is None or second is None or first <= second)

    def _near(self, a: int, b: int) -> float:
        """What two reports gain that came in the same hour: an outage is noticed by many at once."""
        first, second = self.atoms[a].at, self.atoms[b].at
        if first is None or second is None or self.alike.of(a, b) <= 0:
            return 0.0
        apart = abs(first - second)
        return _AT_ONCE if apart <= timedelta(minutes=15) else _IN_THE_HOUR if apart <= timedelta(hours=1) else 0.0

    def _same_error(self, a: int, b: int) -> bool:
        """Whether two reports of one day quote an error that begins with the same words."""
        first, second = self.atoms[a].at, self.atoms[b].at
        if first is None or second is None or abs(first - second) > timedelta(days=1):
            return False
        return bool(_errors(_words(self.atoms[a])) & _errors(_words(self.atoms[b])))

    def _only_topic(self, a: int, b: int) -> bool:
        """Whether two atoms have no word in common but those of their topic's name, or of what all speak of."""
        common = set(self.atoms[a].topics) & set(self.atoms[b].topics)
        shared = self.alike.shared(a, b)
        named = {term for topic in common for term in meanings(topic)}
        return bool(shared) and shared <= named | self._everywhere

    @cached_property
    def _everywhere(self) -> set[str]:
        """What most of a handful of atoms speak of, so that it tells none of them from the others."""
        size = len(self.atoms)
        counts = Counter(term for place in range(size) for term in self.alike.shared(place, place))
        return {term for term, count in counts.items() if 2 * count >= size} if size >= _HANDFUL else set()

    def _topic(self, a: int, b: int) -> float:
        return _SAME_TOPIC if set(self.atoms[a].topics) & set(self.atoms[b].topics) else 0.0


@lru_cache(maxsize=4096)
def _errors(text: str) -> frozenset[str]:
    """The first words of the errors that a text quotes."""
    return frozenset(" ".join(folded(match["what"]).split()[:_ERROR_WORDS]) for match in _ERROR.finditer(text))


def _words(atom: ClusterAtom) -> str:
    return f"{atom.title} {atom.quotes}"
