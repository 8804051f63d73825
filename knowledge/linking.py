"""Links between atoms, made and changed by hand; the atom that a link starts from keeps it in its history."""

from collections.abc import Collection
from typing import Any

from django.db import transaction

from knowledge import desk
from knowledge.handwork import Hand, announce
from knowledge.models import Atom, AtomLink, Edit
from tasktracker.core.errors import Conflict, Invalid, NotFound
from tasktracker.core.models import User, Workspace
from tasktracker.core.transitions import lock


def link_atoms(*, workspace: Workspace, from_atom: Atom, to_atom: Atom, kind: str, by: User | None = None) -> AtomLink:
    """Link two atoms of the workspace; the same link twice is one. Raises `Invalid` for an atom and itself."""
    if from_atom.pk == to_atom.pk:
        raise Invalid("An atom can't be linked to itself.")
    with transaction.atomic():
        desk.hold(workspace.pk)
        _check_living({from_atom.pk, to_atom.pk})
        same = AtomLink.objects.filter(from_atom=from_atom, to_atom=to_atom, type=kind).first()
        if same is not None:
            return same
        hand = Hand(from_atom, by)
        link = hand.journal.create(AtomLink, workspace=workspace, from_atom=from_atom, to_atom=to_atom, type=kind)
        _keep(hand, "", _said(link), to_atom)
        return link


def change_link(*, link_id: int, by: User | None = None, **values: Any) -> AtomLink:
    """Change what a link says (`type`), or whom it joins (`from_atom`, `to_atom`).

    Raises `Invalid` for an atom and itself, `Conflict` `exists` when there is such a link already.
    """
    with transaction.atomic():
        link = _held(link_id)
        was, hand = _said(link), Hand(link.from_atom, by)
        meant = {"from_atom": link.from_atom, "to_atom": link.to_atom, "type": link.type, **values}
        start, end = meant["from_atom"], meant["to_atom"]
        if start.pk == end.pk:
            raise Invalid("An atom can't be linked to itself.")
        _check_living({start.pk, end.pk})
        same = AtomLink.objects.filter(from_atom=start, to_atom=end, type=meant["type"])
        if same.exclude(pk=link.pk).exists():
            raise Conflict("These two are linked like that already.", code="exists")
        if hand.journal.update(link, **values):
            _keep(hand, was, _said(link), end)
        return link


def unlink_atoms(*, link_id: int, by: User | None = None) -> None:
    """Remove a link; one that is gone already is fine."""
    with transaction.atomic():
        if not AtomLink.objects.filter(pk=link_id).exists():
            return
        link = _held(link_id)
        hand = Hand(link.from_atom, by)
        was = _said(link)
        hand.journal.delete(link)
        _keep(hand, was, "", link.to_atom)


def _held(link_id: int) -> AtomLink:
    """The link, locked; the desk before the row, as everywhere: who holds that may be about to remove the link."""
    workspace_id = AtomLink.objects.filter(pk=link_id).values_list("workspace_id", flat=True).first()
    if workspace_id is None:
        raise NotFound(f"There is no link {link_id}.")
    desk.hold(workspace_id)
    return lock(AtomLink, link_id)


def _said(link: AtomLink) -> str:
    return f"{link.type.replace('_', ' ')} “{link.to_atom.title}”"


def _keep(hand: Hand, old: str, new: str, other: Atom) -> None:
    hand.tell("link", old, new)
    hand.keep(Edit.Verb.EDIT)
    announce(other, by=hand.by)


def _check_living(pks: Collection[int]) -> None:
    if Atom.objects.filter(pk__in=pks).count() != len(pks):
        raise NotFound("One of them is gone.")
