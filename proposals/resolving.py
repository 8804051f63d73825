"""From what a payload names to the row that is meant: topics, atoms, tasks, projects, people. Reads only."""

from typing import Any

from django.db.models import Q, QuerySet

from analysis.models import Finding
from ingestion.models import Participant
from knowledge.kinds import MODELS, Item
from knowledge.models import Atom, Project, Task, Topic
from proposals.models import Proposal
from proposals.origins import PEOPLE
from tasktracker.core.errors import NotFound

CHAIN = 20  # merges followed at most; a chain has no circle, so this only bounds a broken database


def item_of(kind: str, pk: int | None, workspace_id: int) -> Item | None:
    """The approved object, or the one that it was merged into; None when there is none any more."""
    model: Any = MODELS[kind]
    row: Item | None = model.objects.filter(pk=pk, workspace_id=workspace_id).first() if pk else None
    for _ in range(CHAIN):
        if row is None or isinstance(row, Task) or row.merged_into is None:
            return row
        row = row.merged_into
    return row


def required_item(kind: str, pk: int, workspace_id: int) -> Item:
    """Like `item_of`; raises `NotFound`."""
    row = item_of(kind, pk, workspace_id)
    if row is None:
        raise NotFound(f"There is no {kind} {pk}.")
    return row


def outcome_of(proposal: Proposal) -> Item | None:
    """What became of a proposal: the object that it made or was merged into, through every merge; None while open."""
    step: Proposal | None = proposal
    for _ in range(CHAIN):
        if step is None:
            return None
        if step.created_id is not None:
            return item_of(step.created_kind, step.created_id, step.workspace_id)
        step = step.merged_into
    return None


def family(proposal: Proposal) -> set[int]:
    """The proposal and every one merged into it, by primary key."""
    found, new = {proposal.pk}, {proposal.pk}
    while new:
        new = set(Proposal.objects.filter(merged_into__in=new).values_list("pk", flat=True)) - found
        found |= new
    return found


def names_of(proposal: Proposal) -> set[str]:
    """Every title under which others may refer to it: its own, and those of all findings that it stands for."""
    kin = family(proposal)
    names = {proposal.title, *Proposal.objects.filter(pk__in=kin).values_list("title", flat=True)}
    names |= set(Finding.objects.filter(intake__proposal__in=kin).values_list("title", flat=True))
    return {name for name in names if name}


def runs_of(proposal: Proposal) -> set[int]:
    """The runs whose answers it stands for."""
    kin = family(proposal)
    runs = set(Finding.objects.filter(intake__proposal__in=kin).values_list("run_id", flat=True))
    return runs | {run for run in Proposal.objects.filter(pk__in=kin).values_list("run_id", flat=True) if run}


def titled(proposals: QuerySet[Proposal], name: str) -> QuerySet[Proposal]:
    """Those that go by `name`, now or in a finding of theirs; decided ones first."""
    same = Q(title__iexact=name) | Q(intakes__finding__title__iexact=name)
    return proposals.filter(same).distinct().order_by("decided_at", "id")


def topic_named(workspace_id: int, name: int | str | None) -> Topic | None:
    """The approved topic that a payload's `topic` means, or None while there is none."""
    if not name:
        return None
    if isinstance(name, int):
        found = item_of("topic", name, workspace_id)
        return found if isinstance(found, Topic) else None
    topic = Topic.objects.filter(workspace_id=workspace_id, name__iexact=name, status=Topic.Status.ACTIVE).first()
    if topic is not None:
        return topic
    decided = Proposal.objects.filter(workspace_id=workspace_id, kind="topic", status__in=["approved", "merged"])
    for proposal in titled(decided, name)[:5]:
        found = outcome_of(proposal)
        if isinstance(found, Topic) and found.status == Topic.Status.ACTIVE:
            return found
    return None


def atom_meant(proposal: Proposal, to: int | str) -> Atom | None:
    """The approved atom at the other end of a link: by id, by a title of the same run, or as a person wrote it."""
    if isinstance(to, int):
        found = item_of("atom", to, proposal.workspace_id)
        return found if isinstance(found, Atom) else None
    runs = runs_of(proposal)
    decided = Proposal.objects.filter(
        Q(run__in=runs) | Q(intakes__finding__run__in=runs),
        workspace_id=proposal.workspace_id,
        kind="atom",
        status__in=["approved", "merged"],
    ).exclude(pk=proposal.pk)
    for other in titled(decided, to)[:5]:
        found = outcome_of(other)
        if isinstance(found, Atom):
            return found
    if runs and proposal.origins.get("links") not in PEOPLE:
        return None  # a model speaks of the atoms of its own answer; the same title elsewhere is another thing
    named = Atom.objects.filter(workspace_id=proposal.workspace_id, title__iexact=to, status=Atom.Status.ACTIVE)
    only = list(named[:2])
    return only[0] if len(only) == 1 else None


def project_named(workspace_id: int, name: int | str | None) -> Project | None:
    """A project by id or name."""
    if not name:
        return None
    same = Q(pk=name) if isinstance(name, int) else Q(name__iexact=name)
    return Project.objects.filter(same, workspace_id=workspace_id).first()


def person_named(
    workspace_id: int, name: int | str | None, *, among: QuerySet[Any] | None = None
) -> Participant | None:
    """A participant by id or name; of several with one name the one in `among` (ids of authors), or none."""
    if not name:
        return None
    people = Participant.objects.filter(workspace_id=workspace_id)
    if isinstance(name, int):
        return people.filter(pk=name).first()
    named = list(people.filter(Q(name__iexact=name.lstrip("@")) | Q(external_id=name.lstrip("@")))[:10])
    if len(named) > 1 and among is not None:
        authors = set(among)
        named = [person for person in named if person.pk in authors] or named
    return named[0] if len(named) == 1 else None


def project_of(proposal: Proposal) -> Project | None:
    """The project of a task: as the payload says, as the proposal has it, or the only one of its atoms' topics."""
    named = project_named(proposal.workspace_id, proposal.payload.get("project")) or proposal.project
    if named is not None:
        return named
    atoms = proposal.payload.get("atoms") or []
    found = Project.objects.filter(workspace_id=proposal.workspace_id, topics__atoms__in=atoms).distinct()[:2]
    only = list(found)
    return only[0] if len(only) == 1 else None
