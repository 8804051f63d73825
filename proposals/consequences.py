"""What others have built on a decision since it was made: looked up before it is taken back, detached when it is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from knowledge import vectors
from knowledge.kinds import KIND, MODELS
from knowledge.models import Atom, AtomLink, ExternalLink, Task, Topic
from knowledge.transitions import reactivate
from proposals.models import Proposal, ReviewAction
from tasktracker.core.journal import Change, unchanged
from tasktracker.core.models import User

PROPOSAL = Proposal._meta.label_lower
Add = Callable[[str, int, str], None]  # kind, id, title


@dataclass(frozen=True, slots=True)
class Consequence:
    """One thing that would change with the undo."""

    kind: str
    id: int
    title: str


@dataclass(frozen=True, slots=True)
class Found:
    """What is told to the person, and the later decisions that have to be taken back with it."""

    items: list[Consequence] = field(default_factory=list)
    dependents: list[ReviewAction] = field(default_factory=list)


def of(actions: Sequence[ReviewAction]) -> Found:
    """Everything that rests on these decisions and is not taken back with them."""
    going = _Going(actions)
    items: dict[tuple[str, int], Consequence] = {}
    dependents: dict[int, ReviewAction] = {}

    def add(kind: str, pk: int, title: str) -> None:
        items.setdefault((kind, pk), Consequence(kind, pk, title))

    for action in actions:
        for change in action.changes:
            kind = KIND.get(change["model"])
            if kind is not None and change["before"] is None:
                _on_made(kind, change, going, add)
                for later in _decisions_on(kind, change["pk"], going):
                    dependents[later.pk] = later
                    add("proposal", later.proposal_id, later.proposal.title)
            elif kind is not None and change["after"] is not None and going.is_last(action, change):
                _on_changed(kind, change, add)
            elif change["model"] == PROPOSAL and change["pk"] != action.proposal_id:
                _on_winner(change["pk"], going, add)
    return Found(list(items.values()), list(dependents.values()))


class _Going:
    """What is about to be taken back: its rows don't count as built on by each other."""

    def __init__(self, actions: Sequence[ReviewAction]) -> None:
        self.actions = {action.pk for action in actions}
        self.proposals = {action.proposal_id for action in actions}
        self.made = {(c["model"], c["pk"]) for a in actions for c in a.changes if c["before"] is None}
        self._last: dict[tuple[str, int], int] = {}
        for action in actions:
            for change in action.changes:
                key = (change["model"], change["pk"])
                self._last[key] = max(self._last.get(key, 0), action.pk)

    def is_last(self, action: ReviewAction, change: Change) -> bool:
        """Whether no later one of these changed the same row: only then must it still look as it was left."""
        return self._last[change["model"], change["pk"]] == action.pk

    def keeps(self, model: str, pks: Iterable[int]) -> list[int]:
        """Those rows that stay."""
        return [pk for pk in pks if (model, pk) not in self.made]


def _on_made(kind: str, change: Change, going: _Going, add: Add) -> None:
    row = MODELS[kind]._default_manager.filter(pk=change["pk"]).first()
    if row is None:
        return
    if isinstance(row, Topic):
        _on_topic(row, going, add)
    elif isinstance(row, Atom):
        _on_atom(row, going, add)
    elif ExternalLink.objects.filter(task_id=row.pk).exists():
        add("task", row.pk, str(row))
    if not _as_left(change, going):
        add(kind, row.pk, str(row))


def _as_left(change: Change, going: _Going) -> bool:
    """Whether nobody has changed the made row since, other than decisions that are taken back as well."""
    key = (change["model"], change["pk"])
    touched = [
        later
        for action in ReviewAction.objects.filter(pk__in=going.actions)
        for later in action.changes
        if (later["model"], later["pk"]) == key and later["before"] is not None and later["after"] is not None
    ]
    after = dict(change["after"])
    for later in touched:
        after.update(later["after"])
    return unchanged({**change, "after": after})


def _on_topic(topic: Topic, going: _Going, add: Add) -> None:
    through = Atom.topics.through
    links = dict(through._default_manager.filter(topic_id=topic.pk).values_list("pk", "atom_id"))
    staying = going.keeps("knowledge.atom", (links[pk] for pk in going.keeps("knowledge.atom_topics", links)))
    for atom in Atom.objects.filter(pk__in=staying):
        add("atom", atom.pk, atom.title)
    for merged in Topic.objects.filter(merged_into=topic):
        add("topic", merged.pk, merged.name)


def _on_atom(atom: Atom, going: _Going, add: Add) -> None:
    through = Task.atoms.through
    links = dict(through._default_manager.filter(atom_id=atom.pk).values_list("pk", "task_id"))
    staying = going.keeps("knowledge.task", (links[pk] for pk in going.keeps("knowledge.task_atoms", links)))
    for task in Task.objects.filter(pk__in=staying):
        add("task", task.pk, task.title)
    for merged in Atom.objects.filter(merged_into=atom):
        add("atom", merged.pk, merged.title)
    both = AtomLink.objects.filter(Q(from_atom=atom) | Q(to_atom=atom)).select_related("from_atom", "to_atom")
    by_hand = set(both.values_list("pk", flat=True)) - _links_by_decisions(atom)
    for link in both:
        if link.pk in by_hand:
            other = link.to_atom if link.from_atom_id == atom.pk else link.from_atom
            add("atom", other.pk, other.title)


def _links_by_decisions(atom: Atom) -> set[int]:
    """Links that decisions made by what the payloads say: they come back when both ends are approved again."""
    ends = set(AtomLink.objects.filter(Q(from_atom=atom) | Q(to_atom=atom)).values_list("from_atom_id", "to_atom_id"))
    atoms = {pk for pair in ends for pk in pair}
    actions = ReviewAction.objects.filter(
        undone_at=None, proposal__created_kind="atom", proposal__created_id__in=atoms
    ).values_list("changes", flat=True)
    return {change["pk"] for changes in actions for change in changes if change["model"] == "knowledge.atomlink"}


def _decisions_on(kind: str, pk: int, going: _Going) -> list[ReviewAction]:
    """Later decisions that put their evidence or fields into the object: updates of it, merges into it."""
    return list(
        ReviewAction.objects.filter(
            proposal__created_kind=kind,
            proposal__created_id=pk,
            undone_at=None,
            verb__in=[ReviewAction.Verb.APPROVE, ReviewAction.Verb.MERGE],
        )
        .exclude(pk__in=going.actions)
        .select_related("proposal")
    )


def _on_changed(kind: str, change: Change, add: Add) -> None:
    row = MODELS[kind]._default_manager.filter(pk=change["pk"]).first()
    if row is not None and not unchanged(change):
        add(kind, row.pk, str(row))


def _on_winner(pk: int, going: _Going, add: Add) -> None:
    """The proposal that this one was merged into: decided since?"""
    winner = Proposal.objects.filter(pk=pk).exclude(status__in=Proposal.OPEN).exclude(pk__in=going.proposals).first()
    if winner is not None:
        add("proposal", winner.pk, winner.title)


def detach(action: ReviewAction, *, by: User | None) -> None:
    """Free what the decision made from what holds on to it, before its rows go."""
    for change in action.changes:
        kind = KIND.get(change["model"])
        if kind is None or change["before"] is not None:
            continue
        if kind == "topic":
            for topic in Topic.objects.filter(merged_into_id=change["pk"]):
                reactivate(topic, by=by)
        elif kind == "atom":
            for atom in Atom.objects.filter(merged_into_id=change["pk"]):
                reactivate(atom, by=by)


def forget(action: ReviewAction) -> None:
    """Remove the vectors of what the decision had made; after its rows, so that none is written in between."""
    for change in action.changes:
        kind = KIND.get(change["model"])
        if kind is not None and change["before"] is None:
            vectors.forget(kind, [change["pk"]])
