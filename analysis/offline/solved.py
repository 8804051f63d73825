"""Which approved atoms are closed: what is solved, superseded or refused needs no task."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from analysis.prompts.inputs import AtomInput, PromptMessage

from .bonds import Bonds
from .cues import LANGUAGES
from .urgency import Signals

_SOLVED = 0.27  # likeness from which a later decision is of what was asked
EASE = 0.05  # what atoms gain that the caller put together


@dataclass(slots=True)
class WorkAtom:
    """An approved atom with the passages of its messages that it is about; `open` until something closes it."""

    place: int
    atom: AtomInput
    messages: list[PromptMessage]
    text: str
    first: datetime | None
    last: datetime | None
    read: Signals
    open: bool = True
    why: list[str] = field(default_factory=list)


def close_solved(atoms: Sequence[WorkAtom], bonds: Bonds) -> None:
    """Closes what has a solution: one that is linked or replies to it, or one that is clearly of the same matter."""
    by_ref = {item.atom.ref: item for item in atoms}
    for item in atoms:
        for kind, ref in item.atom.links:
            other = by_ref.get(ref)
            if kind == "solves" and other is not None:
                _close(other, item)
            elif kind == "supersedes" and other is not None:
                other.open = False
    for solution, place in bonds.solved():
        _close(atoms[place], atoms[solution])
    for item in atoms:
        if item.atom.type == "decision" and not item.read.works:
            _close_decided(item, atoms, bonds)
        if item.atom.type == "decision" and item.read.refuses:
            for other in atoms:
                wish = other.atom.type in ("idea", "requirement")
                if wish and bonds.alike.of(item.place, other.place) >= _SOLVED and _before(other, item):
                    _close(other, item)
        if item.atom.type == "question" and is_answered(item.atom):
            item.open = False


def is_answered(atom: AtomInput) -> bool:
    """Whether what is known of a question holds its answer already."""
    return any(f" {language.wording.answer} " in f" {atom.content}" for language in LANGUAGES.values())


def _close_decided(decision: WorkAtom, atoms: Sequence[WorkAtom], bonds: Bonds) -> None:
    """A decision answers the questions that it is most like."""
    found = {
        item.place: bonds.alike.of(decision.place, item.place)
        for item in atoms
        if item.atom.type == "question" and item.open and _before(item, decision)
    }
    top = max(found.values(), default=0.0)
    for place, value in found.items():
        if value >= max(_SOLVED, 0.7 * top):
            _close(atoms[place], decision)


def _before(item: WorkAtom, solution: WorkAtom) -> bool:
    """What is asked after a decision is not decided by it; without dates nothing speaks against it."""
    return item.last is None or solution.last is None or item.last <= solution.last


def _close(item: WorkAtom, by: WorkAtom) -> None:
    if item is not by and item.atom.type not in ("solution", "decision", "insight"):
        item.open = False
        item.why.append(by.atom.title)
