"""Stage `tasks`: what approved atoms ask somebody to do, one task for each matter that is still open."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from analysis.prompts.answers import EvidenceRef, TaskItem, WindowTasks
from analysis.prompts.inputs import AtomInput, KnownItem, PromptMessage, WindowInput
from tasktracker.core.enums import Priority, Recommendation

from .bonds import TROUBLE, Bonds, ClusterAtom
from .clusters import cluster_atoms, text_of
from .cues import detect
from .dates import without_due
from .imperatives import ROOM, imperative
from .plan import people_of, terms_of
from .sentences import parse
from .similar import Likeness, same
from .solved import EASE, WorkAtom, close_solved
from .sound import is_cut
from .speech import Reading, read
from .task_fields import category_of, confidence_of, description_of, labels_of, priority_of, reasoning_of
from .titles import differing, headline
from .urgency import signals
from .words import folded, tokens

MAX_TASKS = 12
MAX_EVIDENCE = 12
_ABOUT = 0.5  # of a sentence's words, from which it is about an atom
_NEXT = ("and", "but", "or", "so", "because")  # with which something else is said
_ASKED = 0.5  # the least strength of the cue of a wish
_PLAIN = 0.6  # the least strength of a sentence's cue
_TELLING = 3  # words of a sentence that may stand in for an atom's own title
_WORK = ("problem", "blocker", "requirement", "idea", "risk", "question", "decision")  # the one that leads comes first


def tasks(window: WindowInput) -> WindowTasks:
    """The tasks of one window of approved atoms; none for what is solved, decided without work, or only known."""
    if not window.atoms:
        return WindowTasks(window=window.ref)
    by_ref = {message.ref: message for message in window.messages}
    atoms = [_read(place, atom, by_ref, window) for place, atom in enumerate(window.atoms)]
    plain = [_plain(item) for item in atoms]
    close_solved(atoms, Bonds(plain, Likeness([text_of(atom) for atom in plain]), ease=EASE))
    working = [item for item in atoms if item.open and _works(item)]
    items: list[TaskItem] = []
    closed = [item for item in atoms if not item.open and item.atom.type in (*TROUBLE, "requirement")]
    for group in _groups(working):
        made = _task(group, atoms, window)
        if made is not None:
            items.append(made)
    for item in closed:
        done = _closing(item, atoms, window.known)
        if done is not None:
            items.append(done)
    items.sort(key=lambda item: -item.confidence)
    return WindowTasks(window=window.ref, tasks=items[:MAX_TASKS])


def _read(place: int, atom: AtomInput, by_ref: dict[str, PromptMessage], window: WindowInput) -> WorkAtom:
    messages = [_about(by_ref[ref], atom) for ref in atom.quotes if ref in by_ref]
    days = [message.sent_at for message in messages]
    text = (
        f"{atom.title}. " + " ".join(message.text for message in messages)
        if messages
        else f"{atom.title}. {atom.content}"
    )
    return WorkAtom(
        place, atom, messages, text, min(days, default=None), max(days, default=None), signals(atom, messages, window)
    )


def _plain(item: WorkAtom) -> ClusterAtom:
    """An atom with what its bonds are read from."""
    return ClusterAtom(
        item.atom.ref,
        item.atom.type,
        item.atom.title,
        item.atom.content,
        (),
        " ".join(message.text for message in item.messages),
        item.atom.links,
        item.last,
        tuple(message.ref for message in item.messages),
        tuple(message.reply_to for message in item.messages if message.reply_to),
    )


def _about(message: PromptMessage, atom: AtomInput) -> PromptMessage:
    """The message with only the passage that the atom is about: the window gives whole messages, which say more."""
    sentences = parse(message.text).sentences
    wanted = set(terms_of(f"{atom.title}\n{atom.content}"))
    near = []
    for sentence in sentences:
        said = terms_of(sentence.text)
        if said and sum(1 for term in said if term in wanted) >= _ABOUT * len(said):
            near.append(sentence)
    if not near:
        return message
    return replace(message, text=message.text[near[0].start : near[-1].end])


def _works(item: WorkAtom) -> bool:
    """Whether an open atom asks for work at all."""
    kind = item.atom.type
    if kind == "question":
        return item.read.important
    if kind == "decision":
        return item.read.works and not item.read.refuses
    return kind in _WORK


def _groups(working: Sequence[WorkAtom]) -> list[list[WorkAtom]]:
    """Atoms of one matter, the leading one first. They were put together by the caller, so the bar is lower here."""
    if not working:
        return []
    refs = {item.atom.ref for item in working}
    plain = [_plain(item) for item in working]
    plain = [replace(atom, links=tuple(link for link in atom.links if link[1] in refs)) for atom in plain]
    groups = []
    for places in cluster_atoms(plain, ease=EASE, one_task=True):
        group = [working[place] for place in places]
        group.sort(key=lambda item: (_WORK.index(item.atom.type), item.place))
        groups.append(group)
    return groups


def _task(group: list[WorkAtom], atoms: Sequence[WorkAtom], window: WindowInput) -> TaskItem | None:
    """The task of one matter; none where no atom of it gives a title that says what there is to do."""
    titled = next(((item, title) for item in group if (title := _title(item, window))), None)
    if titled is None:
        return None
    lead, title = titled
    group = [lead, *(item for item in group if item is not lead)]
    evidence = _evidence(group)
    for quote in evidence:
        title = differing(title, quote.quote, "", lead.atom.type, "en")
    priority = priority_of(group)
    due = min((item.read.due for item in group if item.read.due is not None), default=None)
    assignee = next((item.read.assignee for item in group if item.read.assignee), None)
    known = _known(title, lead, window.known)
    fields: dict[str, str | int | float | bool | None] = {}
    if known is not None:
        if due is not None:
            fields["due"] = due.isoformat()
        if priority in (Priority.HIGH, Priority.CRITICAL):
            fields["priority"] = priority.value
        if assignee:
            fields["assignee"] = assignee
    recommendation = (
        Recommendation.NEW_TASK if known is None else Recommendation.UPDATE_EXISTING if fields else Recommendation.MERGE
    )
    return TaskItem(
        title=title[:200],
        description=description_of(group, atoms),
        category=category_of(group),
        priority=priority,
        assignee=assignee,
        due=due.isoformat() if due is not None else None,
        labels=labels_of(group),
        atoms=[item.atom.ref for item in group],
        recommendation=recommendation,
        known=known.ref if known is not None else None,
        fields=fields,
        evidence=evidence,
        confidence=confidence_of(group),
        reasoning=reasoning_of(group, known),
    )


def _title(item: WorkAtom, window: WindowInput) -> str:
    """An order in plain words: from the atom's title, or from a sentence behind it where that says more."""
    title = imperative(_undated(item), item.atom.type, item.text)
    if title and not is_cut(_undated(item), item.text, _NEXT):
        return title
    wider = _wider(item, people_of(message.author for message in window.messages))
    return wider if not title or (folded(wider).startswith(folded(title)) and item.read.due is None) else title


def _wider(item: WorkAtom, people: Collection[str]) -> str:
    """An order made of the first sentence behind an atom that says plainly what the atom says; "" for none."""
    kind = item.atom.type
    for message in item.messages:
        for sentence in parse(message.text).sentences:
            reading = read(sentence)
            if sentence.question != (kind == "question") or not _bears(reading, kind):
                continue
            cue = (reading.said.get(kind) or ("",))[0]
            line = headline(sentence, kind, cue=cue, people=people, quote="\n", room=ROOM)
            if len(terms_of(line)) >= _TELLING and (made := imperative(line, kind, sentence.text)):
                return made
    return ""


def _bears(reading: Reading, kind: str) -> bool:
    """Whether a sentence says plainly what an atom of a kind says."""
    wanted = (*TROUBLE, "risk") if kind in (*TROUBLE, "risk") else (kind,)
    trouble = reading.flags.get("trouble", 0.0) if kind in TROUBLE else 0.0
    return max(trouble, *(reading.scores.get(name, 0.0) for name in wanted)) >= (_PLAIN if kind in TROUBLE else _ASKED)


def _undated(item: WorkAtom) -> str:
    """The title without the day, which the task's own field holds."""
    if item.read.due is None or not item.messages:
        return item.atom.title
    cut = without_due(
        item.atom.title, item.messages[0].sent_at.date(), detect(item.atom.title, tokens(item.atom.title))
    )
    return cut if len(cut) >= 8 else item.atom.title


def _evidence(group: Sequence[WorkAtom]) -> list[EvidenceRef]:
    refs: dict[str, EvidenceRef] = {}
    for item in group:
        for message in item.messages:
            if message.text.strip() and not message.context:
                refs.setdefault(message.ref, EvidenceRef(m=message.ref, quote=message.text.strip()[:2000]))
    return list(refs.values())[:MAX_EVIDENCE]


def _known(title: str, lead: WorkAtom, known: Sequence[KnownItem]) -> KnownItem | None:
    for item in known:
        if item.kind != "task" and not item.ref.startswith("x"):
            continue
        for text in (title, lead.atom.title):
            alike, _ = same(text, item.title)
            if alike:
                return item
    return None


def _closing(item: WorkAtom, atoms: Sequence[WorkAtom], known: Sequence[KnownItem]) -> TaskItem | None:
    """A known task whose problem has an approved solution is done now: an update, never a new task."""
    title = imperative(item.atom.title, item.atom.type, item.text) or item.atom.title
    task = _known(title, item, known)
    if task is None or not item.why:
        return None
    evidence = _evidence([other for other in atoms if other.atom.title in item.why] or [item])
    return TaskItem(
        title=task.title,
        description=f"Solved: {item.why[0]}",
        category=category_of([item]),
        priority=Priority.MEDIUM,
        atoms=[item.atom.ref],
        recommendation=Recommendation.UPDATE_EXISTING,
        known=task.ref,
        fields={"status": "done"},
        evidence=evidence,
        confidence=0.7,
        reasoning=f"“{item.why[0]}” solves what the known task is about.",
    )
