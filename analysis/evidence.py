"""The check of what an engine answered against what it was shown: references, quotes, and who said them.

Pure. An item keeps only evidence from messages of its own window that were shown for extraction; each quote becomes the
passage of the message itself. What was made up is dropped and counted; an item left without a passage is `unproven`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis.prompts.answers import AtomItem, Item, TaskItem, TopicItem, WindowKnowledge, WindowTasks
from analysis.prompts.inputs import WindowInput
from ingestion.quotes import Passage, locate


@dataclass(frozen=True, slots=True)
class Proof:
    """A located quote: `text[start:end]` of message `ref`, in code points."""

    ref: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class CheckedItem:
    """An item as it may be stored. `item` has only references that are real; `proofs` are in the order given."""

    item: Item
    proofs: tuple[Proof, ...]

    @property
    def unproven(self) -> bool:
        return not self.proofs


@dataclass(frozen=True, slots=True)
class CheckedWindow:
    """What is left of the answer for one window. `answered` is false where the answer had no entry for it."""

    window: str
    items: tuple[CheckedItem, ...] = ()
    dropped: int = 0
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Checked:
    """The windows in the order in which they were asked; `strays` counts entries for windows nobody asked for."""

    windows: tuple[CheckedWindow, ...]
    strays: int = field(default=0)


def check(answers: Sequence[WindowKnowledge] | Sequence[WindowTasks], windows: Sequence[WindowInput]) -> Checked:
    """Check one call's answer. Several entries for one window count as one; entries for other windows are strays."""
    items: dict[str, list[Item]] = {}
    strays = 0
    asked = {window.ref for window in windows}
    for answer in answers:
        # One question, one answer: a model that numbers it otherwise still means this window.
        ref = windows[0].ref if len(answers) == len(windows) == 1 else answer.window
        if ref not in asked:
            strays += 1
            continue
        items.setdefault(ref, []).extend(_items(answer))
    return Checked(
        windows=tuple(
            check_window(items[window.ref], window, windows)
            if window.ref in items
            else CheckedWindow(window=window.ref, answered=False)
            for window in windows
        ),
        strays=strays,
    )


def check_window(items: Sequence[Item], window: WindowInput, shown: Sequence[WindowInput] = ()) -> CheckedWindow:
    """Check items that claim to come from `window`; `shown` are all windows of the call, for known references."""
    texts = {message.ref: message.text for message in window.messages if not message.context}
    known = _known(window, shown or (window,))
    checked: list[CheckedItem] = []
    dropped = 0
    for item in items:
        proofs, lost = _prove(item, texts)
        clean, gone = _real_references(item, window, known)
        dropped += lost + gone
        checked.append(CheckedItem(item=clean, proofs=proofs))
    return CheckedWindow(window=window.ref, items=tuple(checked), dropped=dropped)


def _items(answer: WindowKnowledge | WindowTasks) -> list[Item]:
    return [*answer.topics, *answer.atoms] if isinstance(answer, WindowKnowledge) else [*answer.tasks]


def _prove(item: Item, texts: dict[str, str]) -> tuple[tuple[Proof, ...], int]:
    """The item's located passages, each once, and how much of its evidence did not survive."""
    proofs: dict[tuple[str, int, int], Proof] = {}
    lost = 0
    for entry in item.evidence:
        text = texts.get(entry.m)
        passage = None if text is None else locate(entry.quote, text)
        if passage is None:
            lost += 1
        else:
            proofs.setdefault((entry.m, passage.start, passage.end), Proof(entry.m, passage))
    return tuple(proofs.values()), lost


def _known(window: WindowInput, shown: Sequence[WindowInput]) -> dict[str, str]:
    """References to known items as the prompt showed them, to this window's own references for the same items.

    A prompt shows an item that is near to several windows once, under the first window's reference.
    """
    own = {(item.kind, item.title, item.text): item.ref for item in window.known}
    known = {
        item.ref: own[item.kind, item.title, item.text]
        for other in shown
        for item in other.known
        if (item.kind, item.title, item.text) in own
    }
    return known | {item.ref: item.ref for item in window.known}


def _real_references(item: Item, window: WindowInput, known: dict[str, str]) -> tuple[Item, int]:
    """A copy of `item` without references that were not shown with its window, and how many those were."""
    changes: dict[str, object] = {}
    gone = 0
    if isinstance(item, TopicItem | AtomItem | TaskItem) and item.known is not None:
        changes["known"] = known.get(_bare(item.known))
        gone += changes["known"] is None
    if isinstance(item, AtomItem):
        if item.topic is not None and _is_reference(item.topic):
            changes["topic"] = known.get(_bare(item.topic))
            gone += changes["topic"] is None
        links = [
            link.model_copy(update={"to": known[_bare(link.to)]}) if _is_reference(link.to) else link
            for link in item.links
            if not _is_reference(link.to) or _bare(link.to) in known
        ]
        changes["links"] = links
        gone += len(item.links) - len(links)
    if isinstance(item, TaskItem):
        atoms = {atom.ref for atom in window.atoms}
        real = list(dict.fromkeys(ref for ref in map(_bare, item.atoms) if ref in atoms))
        changes["atoms"] = real
        gone += len([ref for ref in item.atoms if _bare(ref) not in atoms])
    return item.model_copy(update=changes), gone


def _bare(ref: str) -> str:
    return ref.strip("[] ")


def _is_reference(text: str) -> bool:
    """Whether it is meant as a reference such as k3 or [x1], not as a title."""
    bare = _bare(text)
    return bare[:1] in ("k", "x", "m", "a", "w") and bare[1:].isdigit()
