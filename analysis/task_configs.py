"""Task configurations: which extra fields the model fills, for a project or for all."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from analysis.models import TaskConfig
from analysis.task_fields import fits, schema_error, wanted
from tasktracker.core.errors import Conflict, Invalid


@transaction.atomic
def save_task_config(*, config: TaskConfig, values: Mapping[str, Any]) -> TaskConfig:
    """Write `values` to a new or stored configuration; raises `Invalid` (its schema), `Conflict` (its name)."""
    for name, value in values.items():
        setattr(config, name, value)
    error = schema_error(config.schema)
    if error:
        raise Invalid(error, field="schema")
    if config.project is not None and config.project.workspace_id != config.workspace_id:
        raise Invalid("This project belongs to another workspace.", field="project")
    twin = TaskConfig.objects.filter(workspace=config.workspace, name=config.name).exclude(pk=config.pk)
    if twin.exists():
        raise Conflict(f"There is a task configuration {config.name} already.", code="exists", field="name")
    config.save()
    return config


def properties_for(workspace_id: int, project_id: int | None = None) -> dict[str, Any]:
    """The rules of all extra fields, by name: those of every project first, then the project's own over them.

    Without a project the fields of all projects, since it is not known yet whose task it will be.
    """
    rows = TaskConfig.objects.filter(workspace_id=workspace_id, is_active=True)
    if project_id is not None:
        rows = rows.filter(Q(project=None) | Q(project_id=project_id))
    found: dict[str, Any] = {}
    for config in sorted(rows, key=lambda row: (row.project_id is not None, row.pk)):
        properties = config.schema.get("properties", {}) if isinstance(config.schema, dict) else {}
        found |= properties if isinstance(properties, dict) else {}
    return found


def check_fields(*, workspace_id: int, before: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """Refuse (`Invalid`) a new value of a known field against its rule; what was there already may stay."""
    changed = {name: value for name, value in fields.items() if value != before.get(name) and value is not None}
    rules = properties_for(workspace_id) if changed else {}
    for name, value in changed.items():
        if name in rules and not fits(value, rules[name]):
            raise Invalid(f"{name}: {wanted(rules[name])}", errors={f"fields.{name}": wanted(rules[name])})
