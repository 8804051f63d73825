"""What a message and a conversation are, to whoever joins them, and the names of the signs that are weighed."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Said:
    """A message: its text, its author's name, when and in which room."""

    text: str
    author: str = ""
    at: datetime | None = None
    place: str = ""


@dataclass(slots=True)
class Talk:
    """A conversation so far. Times are seconds, places count the messages of the room."""

    number: int
    last_at: float
    last_place: int
    size: int = 0
    last_author: str = ""
    heard: dict[str, tuple[float, int]] = field(default_factory=dict)  # author -> when last
    named: dict[str, int] = field(default_factory=dict)  # who was spoken to -> place
    pairs: set[frozenset[str]] = field(default_factory=set)  # who has spoken with whom
    last_named: frozenset[str] = frozenset()
    asked: bool = False  # its last message asks
    words: list[frozenset[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Line:
    """A message as it is weighed."""

    author: str
    at: float
    place: int
    named: frozenset[str]
    opens_named: bool  # the name stands at its beginning
    words: frozenset[str]
    asks: bool
    thanks: bool
    length: int
    system: bool


STEPS = (20.0, 60.0, 180.0, 600.0, 1800.0, 7200.0, 43200.0)  # seconds: bounds of the gaps that are told apart
_GAPS = (*(f"gap:{bound:.0f}" for bound in STEPS), "gap:more")
TALK_NAMES = (
    *_GAPS,
    *(f"own_{name}" for name in _GAPS),
    *(f"newest_{name}" for name in _GAPS),
    "by_rule",
    *(f"rule_{name}" for name in _GAPS),
    "named_newest",
    "named_gap",
    "pair_newest",
    "log_gap",
    "log_gap_relative",
    "log_behind",
    "newest",
    "second",
    "author_in",
    "author_last",
    "author_gap",
    "author_newest",
    "names_one_in",
    "names_last_author",
    "names_opens_in",
    "names_other",
    "named_by_last",
    "named_in",
    "pair_known",
    "no_name_newest",
    "likeness",
    "likeness_gap",
    "answers_asked",
    "thanks_in",
    "log_size",
    "alone_and_asked",
    "author_alone",
    "asks_stranger",
)
NEW_NAMES = (
    *(f"new_{name}" for name in _GAPS),
    *(f"new_own_{name}" for name in _GAPS),
    "new",
    "new_asks",
    "new_named",
    "new_author_open",
    "new_log_gap",
    "new_log_gap_relative",
    "new_thanks",
    "new_short",
    "new_busy",
    "new_no_rule",
    "new_no_rule_asks",
    *(f"new_no_rule_{name}" for name in _GAPS),
)
NAMES = (*TALK_NAMES, *NEW_NAMES)


NO_STEP = [0.0] * (len(STEPS) + 1)


def step(seconds: float) -> list[float]:
    """A 1 for the one of `STEPS` that a gap falls into."""
    made = list(NO_STEP)
    made[bisect_right(STEPS, seconds)] = 1.0
    return made
