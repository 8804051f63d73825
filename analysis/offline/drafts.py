"""What an atom is while it is being found: its passages, its kind and what it answers."""

from dataclasses import dataclass, field

from .dialogue import Line
from .sentences import Sentence
from .speech import Reading

MAX_QUOTES = 5
MAX_QUOTE_CHARS = 1500


TROUBLE = ("problem", "blocker", "risk")


OPEN = (*TROUBLE, "question", "requirement", "idea")  # what an answer may answer


@dataclass(slots=True)
class Piece:
    """One passage: adjacent sentences of one message that were taken together."""

    line: Line
    sentence: Sentence
    reading: Reading
    end: int
    start: int = -1  # where the quote begins when that is before the sentence

    @property
    def quote(self) -> str:
        """The exact words."""
        begin = self.sentence.start if self.start < 0 else self.start
        return self.line.message.text[begin : self.end]


@dataclass(slots=True)
class Draft:
    """An atom in the making. `strength` 0 to 1 of its best cue; `solves`: the draft it answers."""

    kind: str
    pieces: list[Piece]
    strength: float
    terms: dict[str, float]
    solves: "Draft | None" = None
    about: "Draft | None" = None
    answer: Piece | None = None  # what somebody else told whom asked, where that makes no atom of its own
    reporters: set[str] = field(default_factory=set)
    confirmed: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def first(self) -> Piece:
        """The passage that the title is made from: the one with the strongest cue that names its subject."""
        return self.pieces[0]
