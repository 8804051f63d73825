"""What forms of several apps share."""

from typing import Any

from django import forms

from tasktracker.core.errors import DomainError
from tasktracker.core.models import User, Workspace


class Words(forms.CharField):
    """A list of short words, written with commas."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        parts = value if isinstance(value, list) else str(value or "").split(",")
        return list(dict.fromkeys(part.strip() for part in parts if part.strip()))

    def validate(self, value: Any) -> None:
        if any(len(part) > 60 for part in value):
            raise forms.ValidationError("Each word may have 60 characters at most.")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != (initial or []))


class SettingsForm[R](forms.Form):
    """A form of settings over one row, written by a service whose refusal becomes a mistake of its field."""

    def __init__(self, row: R, workspace: Workspace, data: Any = None, initial: Any = None) -> None:
        self.row, self.workspace = row, workspace
        super().__init__(data, initial={**self.values_of(row), **(initial or {})})

    def values_of(self, row: R) -> dict[str, Any]:
        """What the fields show of the row."""
        return {name: getattr(row, name) for name in self.base_fields if hasattr(row, name)}

    def save(self, by: User) -> R | None:
        """The row as saved; None where nothing was sent, or something is wrong, which the fields then say."""
        if not self.is_valid():
            return None
        try:
            return self.write(by)
        except DomainError as error:
            field = self.field_of(error.extra.get("field"))
            self.add_error(field if field in self.fields else None, error.detail)
            return None

    def field_of(self, name: str | None) -> str | None:
        """The field at which a mistake is told that the service finds in `name`."""
        return name

    def write(self, by: User) -> R:
        """Hand the cleaned values to the service."""
        raise NotImplementedError
