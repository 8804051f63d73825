"""Windows as engines see them: short references instead of ids, and the way back from a reference to its row."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis.known import Known, KnownRow
from analysis.models import AnalysisRun, Window, WindowMessage
from analysis.prompts.inputs import AtomInput, KnownItem, PromptMessage, WindowInput
from ingestion.models import Message
from knowledge.models import Atom, AtomLink

NOBODY = "someone"


@dataclass(frozen=True)
class Loaded:
    """One window, ready for an engine. The maps lead from references of `input` back to rows.

    `messages` holds the context too; `input` says which of them are to be extracted from.
    """

    window_id: int
    input: WindowInput
    messages: dict[str, Message] = field(repr=False)
    known: dict[str, KnownRow]
    atoms: dict[str, Atom]
    local_only: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to extract from."""
        return not self.atoms and all(message.context for message in self.input.messages)


def load(run: AnalysisRun, window_ids: Sequence[int], known: Known, *, one_call: bool) -> list[Loaded]:
    """The windows with their messages, in order; references are unique over all of them.

    With `one_call` they share the few known items that are nearest to any of them, else each has its own few.
    """
    windows = list(
        Window.objects.filter(pk__in=window_ids).select_related("channel").prefetch_related("atoms").order_by("ordinal")
    )
    places: dict[int, list[WindowMessage]] = defaultdict(list)
    # What was deleted since the run was planned is not shown to anybody any more.
    rows = WindowMessage.objects.filter(window__in=windows, message__deleted_at=None)
    rows = rows.select_related("message__author", "message__source")
    for place in rows.order_by("window_id", "position"):
        places[place.window_id].append(place)
    about = {window.pk: _about(window, places[window.pk]) for window in windows}
    shared = known.nearest(*about.values()) if one_call else []
    numbers = _Numbers()
    return [
        _load_one(window, places[window.pk], shared if one_call else known.nearest(about[window.pk]), numbers)
        for window in windows
    ]


class _Numbers:
    """References given out so far in one call."""

    def __init__(self) -> None:
        self._next: Counter[str] = Counter()
        self._known: dict[KnownRow, str] = {}

    def next(self, letter: str) -> str:
        self._next[letter] += 1
        return f"{letter}{self._next[letter]}"

    def known(self, row: KnownRow) -> str:
        if row not in self._known:
            self._known[row] = self.next("x" if row.kind == "task" else "k")
        return self._known[row]


def _about(window: Window, places: Sequence[WindowMessage]) -> str:
    """What a window speaks of, in words."""
    titles = [atom.title for atom in window.atoms.all()]
    return " ".join(titles) or "\n".join(row.message.text for row in places if not row.context)


def _load_one(window: Window, places: Sequence[WindowMessage], near: Sequence[KnownRow], numbers: _Numbers) -> Loaded:
    by_ref = {numbers.next("m"): row for row in places}
    ref_of = {row.message_id: ref for ref, row in by_ref.items()}
    by_external = {(row.message.channel_id, row.message.external_id): ref for ref, row in by_ref.items()}
    atoms = {numbers.next("a"): atom for atom in sorted(window.atoms.all(), key=lambda atom: atom.pk)}
    known = {numbers.known(row): row for row in near}
    return Loaded(
        window_id=window.pk,
        input=WindowInput(
            ref=numbers.next("w"),
            channel=window.channel.title if window.channel else "",
            thread=window.thread,
            messages=tuple(
                PromptMessage(
                    ref=ref,
                    author=row.message.author.name if row.message.author else NOBODY,
                    sent_at=row.message.sent_at,
                    text=row.message.text,
                    context=row.context,
                    reply_to=by_external.get((row.message.channel_id, row.message.reply_to)),
                )
                for ref, row in by_ref.items()
            ),
            known=tuple(
                KnownItem(ref=ref, kind=row.label, title=row.title, text=row.text) for ref, row in known.items()
            ),
            atoms=_atom_inputs(atoms, ref_of),
        ),
        messages={ref: row.message for ref, row in by_ref.items()},
        known=known,
        atoms=atoms,
        local_only=any(row.message.source.local_only for row in places),
    )


def _atom_inputs(atoms: dict[str, Atom], ref_of: dict[int, str]) -> tuple[AtomInput, ...]:
    if not atoms:
        return ()
    refs = {atom.pk: ref for ref, atom in atoms.items()}
    links: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for link in AtomLink.objects.filter(from_atom__in=refs, to_atom__in=refs).order_by("pk"):
        links[link.from_atom_id].append((link.type, refs[link.to_atom_id]))
    quotes: dict[int, list[str]] = defaultdict(list)
    through = Atom.quotes.through.objects.filter(atom_id__in=refs).values_list("atom_id", "quote__message_id")
    for atom_id, message_id in through:
        if message_id in ref_of and ref_of[message_id] not in quotes[atom_id]:
            quotes[atom_id].append(ref_of[message_id])
    return tuple(
        AtomInput(
            ref=ref,
            type=atom.type,
            title=atom.title,
            content=atom.content,
            quotes=tuple(quotes[atom.pk]),
            links=tuple(links[atom.pk]),
        )
        for ref, atom in atoms.items()
    )
