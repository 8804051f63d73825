"""Which conversation each message of a busy room belongs to: who speaks to whom, when, and about what, in one pass.

Each message is weighed against the conversations that are still open and against beginning a new one; the weights
are made by `training`. No message changes its place later.
"""

import math
import re
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from .coefficients import coefficients
from .cues import ALL_STOP, ALL_WEAK
from .talk_signs import NEW_NAMES, NO_STEP, TALK_NAMES, Line, Said, Talk
from .talk_signs import step as step_of
from .words import stem, tokens

OPEN = 24  # conversations of a room that a message may join
MEMORY = 12  # messages of a conversation whose words are compared
_MENTION = re.compile(r"@([\w.\-\[\]|^`{}\\]+)")
_WORD = re.compile(r"[\w.\-\[\]|^`{}\\]+")
_SYSTEM = re.compile(
    r"^(?:\*+\s*)?(?:[\w|\[\]-]+ )?(?:has (?:joined|left|quit)|is now known as|sets mode)\b", re.IGNORECASE
)
_THANKS = re.compile(
    r"\b(?:thanks?|thx|ty|cheers|ok(?:ay)?|yes|yeah|no|nope|right|cool|great|спасибо|дякую)\b", re.IGNORECASE
)
CROWD = 10  # people heard within CROWD_SECONDS, from which nearness says nothing and only names and habits count
CROWD_SECONDS = 900.0
NEW_FIRST = 1.0  # added to beginning a new one: a wrong join does more harm than a wrong beginning
_NO_TIME = 30.0  # seconds between messages where the set has no times


class Room:
    """The open conversations of one room."""

    def __init__(self, people: frozenset[str]) -> None:
        """`people`: everybody who writes in the room, folded."""
        self.people = people
        self.talks: list[Talk] = []
        self.count = 0
        self.last_at: float | None = None
        self.usual_gap = 60.0  # seconds, a running mean of logarithms
        self.seen: Counter[str] = Counter()
        self.recent: deque[tuple[float, str]] = deque()  # who was heard within CROWD_SECONDS

    def line(self, said: Said) -> Line:
        """Read a message that comes after all that were added."""
        soon = 0.0 if self.last_at is None else self.last_at + _NO_TIME
        at = said.at.timestamp() if said.at is not None else soon
        if self.last_at is not None:
            at = max(at, self.last_at)
        author = said.author.casefold()
        low = said.text.casefold()
        found = {name.rstrip(".,:;") for name in _MENTION.findall(low)}
        spoken = _WORD.findall(low)
        found |= {word.rstrip(".,:;") for word in spoken[:60]} & self.people
        named = frozenset((found & self.people) - {author})
        opens = bool(spoken) and spoken[0].rstrip(".,:;") in named
        words = frozenset(
            stem(token.low)
            for token in tokens(said.text[:1500])
            if len(token.low) > 2 and token.low not in ALL_STOP and token.low not in ALL_WEAK and token.low not in named
        )
        asks = "?" in said.text or "？" in said.text
        return Line(
            author,
            at,
            self.count,
            named,
            opens,
            words,
            asks,
            bool(_THANKS.search(said.text)),
            len(spoken),
            bool(_SYSTEM.match(said.text)),
        )

    def choose(self, line: Line, weights: npt.NDArray[np.float64]) -> Talk | None:
        """The conversation that a message joins, None for a new one."""
        if self._is_crowded(line):
            return self._by_rule(line, self.open_talks())
        talks, rows = self.features(line)
        values = np.array(rows) @ weights
        values[-1] += NEW_FIRST
        best = int(values.argmax())
        return talks[best] if best < len(talks) else None

    def _is_crowded(self, line: Line) -> bool:
        while self.recent and line.at - self.recent[0][0] > CROWD_SECONDS:
            self.recent.popleft()
        return len({author for _, author in self.recent}) >= CROWD

    def open_talks(self) -> list[Talk]:
        """Newest first."""
        return sorted(self.talks, key=lambda talk: -talk.last_place)[:OPEN]

    def features(self, line: Line) -> tuple[list[Talk], list[list[float]]]:
        """One row of `NAMES` for each open conversation, and a last one for a new one."""
        talks = self.open_talks()
        author_newest = max((talk.heard[line.author][1] for talk in talks if line.author in talk.heard), default=-1)
        named_newest = max(
            (talk.heard[name][1] for talk in talks for name in line.named & talk.heard.keys()), default=-1
        )
        pairs = {frozenset((line.author, name)) for name in line.named}
        pair_newest = max((talk.last_place for talk in talks if pairs & talk.pairs), default=-1)
        chosen = self._by_rule(line, talks)
        rows = [
            self._of_talk(line, talk, rank, author_newest, named_newest, pair_newest, chosen)
            for rank, talk in enumerate(talks)
        ]
        gap = line.at - self.last_at if self.last_at is not None else 86400.0
        own = [line.at - talk.heard[line.author][0] for talk in talks if line.author in talk.heard]
        new = [
            *step_of(gap),
            *(step_of(min(own)) if own else NO_STEP),
            1.0,
            float(line.asks),
            float(bool(line.named)),
            float(author_newest >= 0),
            math.log1p(gap),
            math.log1p(gap) - math.log1p(self.usual_gap),
            float(line.thanks),
            float(line.length < 4),
            min(1.0, sum(1 for talk in talks if line.at - talk.last_at < 600) / 8),
            float(chosen is None),
            float(chosen is None and line.asks),
            *(step_of(gap) if chosen is None else NO_STEP),
        ]
        return talks, [*rows, [*([0.0] * len(TALK_NAMES)), *new]]

    def _of_talk(
        self,
        line: Line,
        talk: Talk,
        rank: int,
        author_newest: int,
        named_newest: int,
        pair_newest: int,
        chosen: Talk | None,
    ) -> list[float]:
        gap = math.log1p(line.at - talk.last_at)
        mine = talk.heard.get(line.author)
        inside = line.named & talk.heard.keys()
        like = self._likeness(line, talk)
        named_in = line.author in talk.named
        step = step_of(line.at - talk.last_at)
        values = [
            *step,
            *(step_of(line.at - mine[0]) if mine is not None else NO_STEP),
            *(step if rank == 0 else NO_STEP),
            float(talk is chosen),
            *(step if talk is chosen else NO_STEP),
            float(bool(inside) and max(talk.heard[name][1] for name in inside) == named_newest),
            math.log1p(line.at - max(talk.heard[name][0] for name in inside)) if inside else 0.0,
            float(pair_newest == talk.last_place),
            gap,
            gap - math.log1p(self.usual_gap),
            math.log1p(line.place - talk.last_place - 1),
            float(rank == 0),
            float(rank == 1),
            float(mine is not None),
            float(talk.last_author == line.author),
            math.log1p(line.at - mine[0]) if mine is not None else 0.0,
            float(mine is not None and mine[1] == author_newest),
            float(bool(inside)),
            float(talk.last_author in line.named),
            float(bool(inside) and line.opens_named),
            float(bool(line.named) and not inside),
            float(line.author in talk.last_named),
            float(named_in),
            float(any(frozenset((line.author, name)) in talk.pairs for name in line.named)),
            float(rank == 0 and not line.named and mine is None),
            like,
            like * min(2.0, gap / 6),
            float(talk.asked and talk.last_author != line.author),
            float(line.thanks and mine is not None),
            math.log1p(talk.size),
            float(talk.size == 1 and talk.asked and talk.last_author != line.author),
            float(len(talk.heard) == 1 and mine is not None),
            float(line.asks and mine is None and not inside),
        ]
        return [*values, *([0.0] * len(NEW_NAMES))]

    def _by_rule(self, line: Line, talks: Sequence[Talk]) -> Talk | None:
        """Where whoever is spoken to was heard last, else where the author was, or was spoken to."""
        pairs = {frozenset((line.author, name)) for name in line.named}
        there = [talk for talk in talks if line.named & talk.heard.keys()]
        there = [talk for talk in there if pairs & talk.pairs] or there
        if there:
            return max(there, key=lambda talk: max(talk.heard[name][1] for name in line.named & talk.heard.keys()))
        if line.named:
            return None
        own = [talk for talk in talks if line.author in talk.heard]
        if own:
            return max(own, key=lambda talk: talk.heard[line.author][1])
        return max(
            (talk for talk in talks if line.author in talk.named), key=lambda talk: talk.last_place, default=None
        )

    def _likeness(self, line: Line, talk: Talk) -> float:
        """The rarest words in common count most; 0 to about 1.5."""
        if not line.words:
            return 0.0
        said = frozenset().union(*talk.words)
        total = max(1, self.count)
        shared = sum(math.log((total + 1) / (self.seen[word] + 0.5)) for word in line.words & said)
        return min(1.5, shared / 8)

    def add(self, line: Line, talk: Talk | None, number: int) -> Talk:
        """Put a message into a conversation, or into a new one with this number."""
        if talk is None:
            talk = Talk(number, line.at, line.place)
            if not line.system:
                self.talks.append(talk)
        for name in line.named:
            talk.named[name] = line.place
            talk.pairs.add(frozenset((line.author, name)))
        talk.last_at, talk.last_place, talk.last_author = line.at, line.place, line.author
        talk.heard[line.author] = (line.at, line.place)
        talk.last_named, talk.asked = line.named, line.asks
        talk.size += 1
        talk.words = [*talk.words, line.words][-MEMORY:]
        self.seen.update(line.words)
        if self.last_at is not None:
            gap = math.log1p(line.at - self.last_at)
            self.usual_gap = math.expm1(0.95 * math.log1p(self.usual_gap) + 0.05 * gap)
        self.last_at = line.at
        self.recent.append((line.at, line.author))
        self.count += 1
        if len(self.talks) > 4 * OPEN:
            self.talks = self.open_talks()
        return talk


def conversations_of(said: Sequence[Said], weights: npt.NDArray[np.float64] | None = None) -> list[int]:
    """The conversation of each message, as a number; messages of one room in the order in which they were written."""
    rooms = rooms_of(said)
    weights = coefficients().threads if weights is None else weights
    found = []
    for number, each in enumerate(said):
        room = rooms[each.place]
        line = room.line(each)
        talk = None if line.system else room.choose(line, weights)
        found.append(room.add(line, talk, number).number)
    return found


def rooms_of(said: Sequence[Said]) -> Mapping[str, Room]:
    """An empty room for each place, with the people who write there."""
    people: defaultdict[str, set[str]] = defaultdict(set)
    for each in said:
        if each.author:
            people[each.place].add(each.author.casefold())
    return {place: Room(frozenset(people[place])) for place in {each.place for each in said}}
