"""Columns of our own."""

from typing import Any

from django.db import models
from django.db.models.fields.json import KeyTransform


class ObjectField(models.JSONField):
    """A JSON object. Whatever else stands in the column, from before that was checked, is read as an empty one."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        found = super().from_db_value(value, expression, connection)
        return found if isinstance(found, dict) or isinstance(expression, KeyTransform) else {}

    def deconstruct(self) -> Any:
        """To migrations it is what the column is."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
