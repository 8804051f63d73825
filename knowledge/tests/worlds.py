"""All that people have accepted, as data, for "before equals after"; and a topic with some of everything on it."""

from dataclasses import dataclass

from knowledge.models import Atom, AtomLink, Task, Topic
from proposals.tests.dumps import rows_of, tables
from proposals.tests.factories import make_quote
from tasktracker.core.models import Workspace

LEFT_OUT = {"knowledge_edit", "knowledge_embedding"}


def accepted() -> dict[str, list[str]]:
    """Every row of knowledge but its history and vectors, without the time of its last change."""
    names = [name for name in tables() if name.startswith("knowledge_") and name not in LEFT_OUT]
    return rows_of(names, "(to_jsonb(t) - 'updated_at')::text")


@dataclass(frozen=True)
class TwoTopics:
    """A topic of three linked atoms with a task, and another one that shares an atom with it."""

    billing: Topic
    invoices: Topic
    atoms: list[Atom]
    task: Task

    @classmethod
    def made(cls, workspace: Workspace) -> "TwoTopics":
        billing = Topic.objects.create(workspace=workspace, name="Billing", keywords=["vat", "invoice"])
        invoices = Topic.objects.create(workspace=workspace, name="Invoices", keywords=["invoice", "pdf"])
        kinds = ("problem", "solution", "decision")
        atoms = [Atom.objects.create(workspace=workspace, type=kind, title=f"{kind} of VAT") for kind in kinds]
        for atom in atoms:
            atom.topics.add(billing)
            atom.quotes.add(make_quote(workspace))
        atoms[0].topics.add(invoices)
        billing.quotes.add(*atoms[0].quotes.all())
        AtomLink.objects.create(workspace=workspace, from_atom=atoms[1], to_atom=atoms[0], type="solves")
        task = Task.objects.create(workspace=workspace, title="Mend VAT")
        task.atoms.add(atoms[0])
        return cls(billing, invoices, atoms, task)
