"""The one engine that moves a status: lock, look up, write, remember. Each app's transitions.py holds its map."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from tasktracker.core.errors import Conflict, NotFound
from tasktracker.core.models import StatusChange, User

Allowed = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class Moved[M: models.Model]:
    """The locked row after the move; `changed` is false when it already was there by the same person."""

    row: M
    changed: bool
    before: str


def lock[M: models.Model](model: type[M], pk: int) -> M:
    """The row under FOR UPDATE (itself only, not what it joins); raises `NotFound`."""
    row = model._default_manager.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no {model._meta.verbose_name} {pk}.")
    return row


@transaction.atomic
def move[M: models.Model](
    model: type[M],
    pk: int,
    *,
    to: str,
    allowed: Allowed,
    workspace_id: int,
    by: User | None = None,
    decider: str | None = None,
    also: Mapping[str, Any] | None = None,
    note: str = "",
) -> Moved[M]:
    """Move `model` row `pk` to status `to` and set the fields in `also` with it.

    `decider` names the field that holds who decided: the same move by the same person (a double click, a job
    delivered again) returns quietly with `changed=False`. A move that `allowed` does not know raises `Conflict`
    `already_decided` (where somebody decided; with their name) or `wrong_state`.
    """
    row: Any = lock(model, pk)
    before: str = row.status
    if before == to and (decider is None or getattr(row, f"{decider}_id") == (by.pk if by else None)):
        return Moved(row, changed=False, before=before)
    if to not in allowed.get(before, ()):
        winner = getattr(row, decider, None) if decider else None
        if winner is not None:
            raise Conflict(
                f"{winner} was first: this is {before} already.",
                code="already_decided",
                decided_by=winner.get_username(),
                status=before,
            )
        raise Conflict(f"This is {before}; from there it can't become {to}.", code="wrong_state", status=before)
    write(row, to=to, also=also or {})
    StatusChange.objects.create(
        workspace_id=workspace_id,
        kind=model._meta.label_lower,
        object_id=pk,
        from_status=before,
        to_status=to,
        by=by,
        note=note[:300],
    )
    return Moved(row, changed=True, before=before)


def write(row: Any, *, to: str, also: Mapping[str, Any]) -> None:
    """Write status and companions of a row that is locked already, in one UPDATE."""
    row.status = to
    for name, value in also.items():
        setattr(row, name, value)
    fields = {"status", *(name.removesuffix("_id") for name in also)}
    if any(field.name == "updated_at" for field in row._meta.fields):
        fields.add("updated_at")
    row.save(update_fields=fields)
