"""The journal of a decision or a change by hand: every write goes through it, so that it can be taken back exactly."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone

Change = dict[str, Any]
Restore = Callable[[Change], None]
Remove = Callable[[int], None]


class Journal:
    """Writes rows and remembers `{model, pk, before, after}` for each, in order. Values are JSON, keys attnames."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def create[M: models.Model](self, model: type[M], **fields: Any) -> M:
        """Make a row."""
        row = model._default_manager.create(**fields)
        self.made(row)
        return row

    def made(self, row: models.Model) -> None:
        """Remember a row that was just made."""
        self.record(row, before=None, after=snapshot(row))

    def update(self, row: models.Model, **fields: Any) -> bool:
        """Write the fields that differ (never `status`, which belongs to transitions); whether any did."""
        changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
        if not changed:
            return False
        if any(field.name == "updated_at" for field in row._meta.concrete_fields):
            changed["updated_at"] = timezone.now()
        names = [_attname(row, name) for name in changed]
        before = snapshot(row, names)
        for name, value in changed.items():
            setattr(row, name, value)
        type(row)._default_manager.filter(pk=row.pk).update(**changed)
        self.record(row, before=before, after=snapshot(row, names))
        return True

    def delete(self, row: models.Model) -> None:
        """Remove a row that nothing refers to."""
        self.record(row, before=snapshot(row), after=None)
        row.delete()

    def add(self, row: models.Model, name: str, others: Iterable[int]) -> list[int]:
        """Add to a many-to-many field by primary key; the keys that were new."""
        field: Any = row._meta.get_field(name)
        through, mine, theirs = field.remote_field.through, field.m2m_column_name(), field.m2m_reverse_name()
        wanted = list(dict.fromkeys(others))
        known = {getattr(link, theirs): link for link in through._default_manager.filter(**{mine: row.pk})}
        for pk in wanted:
            if pk in known:
                self.claim(known[pk])
        new = [pk for pk in wanted if pk not in known]
        for link in through._default_manager.bulk_create([through(**{mine: row.pk, theirs: pk}) for pk in new]):
            self.made(link)
        return new

    def claim(self, row: models.Model) -> None:
        """Remember a row that is there already and would have been made: it outlives its maker's undo."""
        self.record(row, before={}, after=snapshot(row))

    def record(self, row: models.Model, *, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
        """Remember a write that was made elsewhere (a transition)."""
        self.changes.append({"model": row._meta.label_lower, "pk": row.pk, "before": before, "after": after})


def snapshot(row: models.Model, names: Collection[str] | None = None) -> dict[str, Any]:
    """The row's own columns, or those named, as JSON values that `revert` reads back exactly."""
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    return {
        field.attname: _plain(getattr(row, field.attname))
        for field in fields
        if names is None or field.attname in names
    }


def read(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """A snapshot's values as the model's own."""
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    return {name: by_name[name].to_python(value) for name, value in values.items() if name in by_name}


def revert(
    changes: Iterable[Change],
    *,
    restore: Mapping[str, Restore],
    remove: Mapping[str, Remove] | None = None,
    is_moot: Callable[[Change], bool] = lambda change: False,
) -> None:
    """Play a decision's changes backwards, with the same primary keys.

    A row made is removed (one that is gone already is fine), a row removed comes back, a column changed gets its
    old value unless somebody has changed it since. `restore` names, by model label, who takes back a change that
    holds a `status`; `remove` who removes a row that others may have come to share. A removed row does not come back
    when it `is_moot`, or when what it refers to is gone.
    """
    for change in reversed(list(changes)):
        model = apps.get_model(change["model"])
        rows = model._default_manager.filter(pk=change["pk"])
        before, after = change["before"], change["after"]
        if is_claim(change):
            continue
        if before is None and remove is not None and change["model"] in remove:
            remove[change["model"]](change["pk"])
        elif before is None:
            rows.delete()
        elif after is None:
            values = read(model, before)
            if is_moot(change) or not _can_come_back(model, values):
                continue
            model._default_manager.bulk_create([model(pk=change["pk"], **values)], ignore_conflicts=True)
            rows.update(**values)  # bulk_create lets auto_now columns have their own idea
        elif "status" in before:
            restore[change["model"]](change)
        else:
            _put_back(model, change)


def is_claim(change: Change) -> bool:
    """Whether the change only says that a row was there already."""
    return change["before"] == {} and bool(change["after"])


def unchanged(change: Change) -> bool:
    """Whether the row still has what the change gave it, `updated_at` aside; a row that is gone does not."""
    model = apps.get_model(change["model"])
    row = model._default_manager.filter(pk=change["pk"]).first()
    if row is None or change["after"] is None:
        return False
    names = [name for name in change["after"] if name != "updated_at"]
    now = snapshot(row, names)
    return all(now[name] == change["after"][name] for name in names if name in now)


def _can_come_back(model: type[models.Model], values: Mapping[str, Any]) -> bool:
    for field in model._meta.concrete_fields:
        related = field.remote_field.model if field.remote_field else None
        if related is not None and values.get(field.attname) is not None:
            target: Any = related
            if not target._default_manager.filter(pk=values[field.attname]).exists():
                return False
    return True


def _put_back(model: type[models.Model], change: Change) -> None:
    row = model._default_manager.filter(pk=change["pk"]).first()
    if row is None:
        return
    now = snapshot(row, list(change["after"]))
    values = {name: change["before"][name] for name, value in change["after"].items() if now.get(name) == value}
    if values:
        model._default_manager.filter(pk=row.pk).update(**read(model, values))


def _attname(row: models.Model, name: str) -> str:
    field: Any = row._meta.get_field(name)
    return str(field.attname)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()  # with microseconds, which DjangoJSONEncoder cuts
    return list(value) if isinstance(value, tuple) else value
