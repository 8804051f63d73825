"""What was done by hand to a topic, atom or task, as a reader sees it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse

from knowledge.handwork import edits_of
from knowledge.kinds import MODELS
from knowledge.models import Edit
from knowledge.wordsdiff import Piece, changed_words
from tasktracker.core.models import User

LONG = 80  # characters: a longer value is shown as a diff of its words
NEWEST = 50
HIDDEN = ("updated_at", "created_at", "workspace_id")


@dataclass(frozen=True, slots=True)
class Line:
    """A field that changed; `pieces` instead of `old` and `new` where they are long."""

    name: str
    old: str
    new: str
    pieces: list[Piece] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Deed:
    """One change: who did what when, from which proposal or by hand. `undo_url` is "" where it can't be taken back."""

    at: datetime
    who: str
    did: str
    lines: list[Line]
    title: str = ""
    url: str = ""
    undo_url: str = ""
    undone_by: str = ""
    undone_at: datetime | None = None


def line(name: str, old: str, new: str) -> Line:
    """A line, with the words that changed where the values are long."""
    long = old and new and max(len(old), len(new)) > LONG
    return Line(name.removesuffix("_id").replace("_", " "), old, new, changed_words(old, new) if long else [])


def by_hand(kind: str, pk: int) -> list[Deed]:
    """The newest changes by hand of an object; two queries."""
    edits = list(edits_of(kind, pk)[:NEWEST])
    names = others(kind, edits, pk)
    return [_deed(edit, pk, names) for edit in edits]


def others(kind: str, edits: Iterable[Edit], pk: int) -> dict[int, str]:
    """Titles of the objects at the other end of merges and splits, by primary key."""
    keys = {key for edit in edits for key in (edit.object_id, edit.other_id) if key is not None and key != pk}
    rows: Iterable[Any] = MODELS[kind]._default_manager.filter(pk__in=keys) if keys else []
    return {row.pk: str(row) for row in rows}


def _deed(edit: Edit, pk: int, names: Mapping[int, str]) -> Deed:
    own = edit.object_id == pk
    other = edit.other_id if own else edit.object_id
    did = {
        (Edit.Verb.MAKE, True): "made this by hand",
        (Edit.Verb.EDIT, True): "edited this by hand",
        (Edit.Verb.CONFIRM, True): "read the edited message: still true",
        (Edit.Verb.MERGE, True): "merged this into",
        (Edit.Verb.MERGE, False): "merged into this:",
        (Edit.Verb.SPLIT, True): "split off",
        (Edit.Verb.SPLIT, False): "split this off from",
    }[Edit.Verb(edit.verb), own]
    told = [] if edit.verb in (Edit.Verb.MERGE, Edit.Verb.SPLIT) else edit.fields
    return Deed(
        at=edit.at,
        who=edit.by.get_username() if edit.by else "somebody",
        did=did,
        lines=[line(one["name"], one["old"], one["new"]) for one in told],
        title=(names.get(other) or "what is gone") if other else "",
        url=reverse(f"knowledge:{edit.kind}", args=[other]) if other in names else "",
        undo_url=_undo_url(edit),
        undone_by=edit.undone_by.get_username() if edit.undone_by else "",
        undone_at=edit.undone_at,
    )


def undo_of(kind: str, pk: int, by: User) -> str:
    """Where the newest change of somebody's own to an object is taken back; "" without one."""
    newest = Edit.objects.filter(kind=kind, object_id=pk, by=by, undone_at=None).first()
    return _undo_url(newest) if newest is not None else ""


def _undo_url(edit: Edit) -> str:
    if edit.verb == Edit.Verb.MAKE or edit.undone_at is not None:
        return ""
    return reverse("knowledge:undo_edit", args=[edit.pk])
