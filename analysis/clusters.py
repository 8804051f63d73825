"""Stage tasks: which approved atoms belong to one piece of work, and which groups are still to be looked at."""

from collections import defaultdict
from collections.abc import Iterable

from analysis.models import AnalysisRun, Window, WindowMessage
from analysis.offline import ClusterAtom, cluster_atoms
from analysis.selectors import is_remote
from knowledge.models import Atom
from tasktracker.core.enums import AtomType, Stage
from tasktracker.core.llm.budget import estimate_tokens

# What may ask for work. The others are looked at beside them: a solution says that nothing is left to do.
WORK = (
    AtomType.PROBLEM,
    AtomType.BLOCKER,
    AtomType.REQUIREMENT,
    AtomType.IDEA,
    AtomType.RISK,
    AtomType.QUESTION,
    AtomType.DECISION,
)
QUOTES_SHOWN = 24  # messages of one window


def clusters(run: AnalysisRun) -> list[list[Atom]]:
    """Groups of approved atoms that ask for work together and were not looked at in just this company before.

    Atoms that are in a task already have had their turn.
    """
    atoms = Atom.objects.filter(workspace_id=run.workspace_id, status="active", tasks=None).order_by("pk")
    if run.source_id:
        atoms = atoms.filter(quotes__message__source_id=run.source_id)
    if run.since:
        atoms = atoms.filter(created_at__gte=run.since)
    if run.until:
        atoms = atoms.filter(created_at__lt=run.until)
    if is_remote(run):
        atoms = atoms.exclude(quotes__message__source__local_only=True)
    rows = list(atoms.distinct().prefetch_related("topics", "quotes__message", "links_out"))
    groups = [[rows[place] for place in group] for group in cluster_atoms([_described(atom) for atom in rows])]
    seen = _looked_at(run)
    return [group for group in groups if any(atom.type in WORK for atom in group) and not _is_seen(group, seen)]


def _described(atom: Atom) -> ClusterAtom:
    messages = [quote.message for quote in atom.quotes.all()]
    return ClusterAtom(
        id=str(atom.pk),
        type=atom.type,
        title=atom.title,
        content=atom.content,
        topics=tuple(topic.name for topic in atom.topics.all()),
        quotes=" ".join(quote.text for quote in atom.quotes.all()),
        links=tuple((link.type, str(link.to_atom_id)) for link in atom.links_out.all()),
        at=max((message.sent_at for message in messages), default=None),
        messages=tuple(dict.fromkeys(f"{message.channel_id}/{message.external_id}" for message in messages)),
        answers=tuple(dict.fromkeys(f"{m.channel_id}/{m.reply_to}" for m in messages if m.reply_to)),
    )


def _looked_at(run: AnalysisRun) -> dict[frozenset[int], Window]:
    """Windows of earlier runs by the set of their atoms, the newest of each."""
    windows = Window.objects.filter(run__workspace_id=run.workspace_id, run__stage=Stage.TASKS, status="done")
    atoms: dict[int, set[int]] = defaultdict(set)
    pairs = Window.atoms.through.objects.filter(window__in=windows).values_list("window_id", "atom_id")
    for window_id, atom_id in pairs:
        atoms[window_id].add(atom_id)
    found = windows.in_bulk(atoms)
    return {frozenset(atoms[pk]): found[pk] for pk in sorted(found)}


def _is_seen(group: Iterable[Atom], seen: dict[frozenset[int], Window]) -> bool:
    """Whether exactly these atoms were looked at since any of them changed."""
    window = seen.get(frozenset(atom.pk for atom in group))
    return window is not None and all(
        window.finished_at is not None and atom.updated_at <= window.finished_at for atom in group
    )


def make_windows(run: AnalysisRun) -> None:
    """One window for each group, with the messages that its atoms quote."""
    for ordinal, group in enumerate(clusters(run)):
        quotes = Atom.quotes.through.objects.filter(atom__in=group, quote__message__deleted_at=None)
        rows = quotes.values_list(
            "quote__message_id", "quote__message__sent_at", "quote__message__text", "quote__message__channel_id"
        ).order_by("quote__message__sent_at", "quote__message_id")
        messages = {row[0]: row for row in rows}
        shown = list(messages.values())[-QUOTES_SHOWN:]
        text = "\n".join([*(f"{atom.title} {atom.content}" for atom in group), *(row[2] for row in shown)])
        window = Window.objects.create(
            run=run,
            ordinal=ordinal,
            channel_id=shown[0][3] if shown else None,
            starts_at=shown[0][1] if shown else None,
            tokens=estimate_tokens(text),
        )
        window.atoms.set(group)
        WindowMessage.objects.bulk_create(
            WindowMessage(window=window, message_id=row[0], position=position) for position, row in enumerate(shown)
        )
