"""Links between atoms, made and changed by hand."""

from collections.abc import Collection
from typing import Any

from django.db import transaction

from knowledge import desk
from knowledge.models import Atom, AtomLink
from tasktracker.core.errors import Conflict, Invalid, NotFound
from tasktracker.core.models import Workspace
from tasktracker.core.transitions import lock


def link_atoms(*, workspace: Workspace, from_atom: Atom, to_atom: Atom, kind: str) -> AtomLink:
    """Link two atoms of the workspace; the same link twice is one. Raises `Invalid` for an atom and itself."""
    if from_atom.pk == to_atom.pk:
        raise Invalid("An atom can't be linked to itself.")
    with transaction.atomic():
        desk.hold(workspace.pk)
        _check_living({from_atom.pk, to_atom.pk})
        return AtomLink.objects.get_or_create(
            from_atom=from_atom, to_atom=to_atom, type=kind, defaults={"workspace": workspace}
        )[0]


def change_link(*, link_id: int, **values: Any) -> AtomLink:
    """Change what a link says (`type`), or whom it joins (`from_atom`, `to_atom`).

    Raises `Invalid` for an atom and itself, `Conflict` `exists` when there is such a link already.
    """
    with transaction.atomic():
        # the desk before the row, as everywhere: a decision that holds the desk may be about to remove this link
        workspace_id = AtomLink.objects.filter(pk=link_id).values_list("workspace_id", flat=True).first()
        if workspace_id is None:
            raise NotFound(f"There is no link {link_id}.")
        desk.hold(workspace_id)
        link = lock(AtomLink, link_id)
        for name, value in values.items():
            setattr(link, name, value)
        if link.from_atom_id == link.to_atom_id:
            raise Invalid("An atom can't be linked to itself.")
        _check_living({link.from_atom_id, link.to_atom_id})
        same = AtomLink.objects.filter(from_atom=link.from_atom_id, to_atom=link.to_atom_id, type=link.type)
        if same.exclude(pk=link.pk).exists():
            raise Conflict("These two are linked like that already.", code="exists")
        link.save()
        return link


def unlink_atoms(*, link_id: int) -> None:
    """Remove a link."""
    AtomLink.objects.filter(pk=link_id).delete()


def _check_living(pks: Collection[int]) -> None:
    if Atom.objects.filter(pk__in=pks).count() != len(pks):
        raise NotFound("One of them is gone.")
