"""The form of what every source has: every mistake at its field, nothing typed lost but a secret."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms

from ingestion import source_secrets, source_upkeep
from ingestion.models import Source
from ingestion.source_filters import clean_entries
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.errors import Invalid
from tasktracker.core.forms import SettingsForm
from tasktracker.core.models import User, Workspace

FILTERS = {
    "take_channels": ("take", "channels"),
    "skip_channels": ("skip", "channels"),
    "skip_authors": ("skip", "authors"),
    "skip_patterns": ("skip", "patterns"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Fields for the answer `only_for`; the page hides those of the others."""

    only_for: str
    fields: list[Any]


def secret_field(label: str, help_text: str = "") -> forms.CharField:
    """A field for something that goes in and never comes out."""
    return forms.CharField(
        label=label,
        max_length=2_000,
        required=False,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


def lines_field(label: str, help_text: str) -> forms.CharField:
    """A field of one entry a line."""
    return forms.CharField(
        label=label,
        required=False,
        max_length=50_000,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )


def plain(**attrs: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attrs})


class SourceForm(SettingsForm[Source]):
    """What every source has.

    A kind adds fields: those in `config_fields` go into the config, `secret_fields` are sealed; where there are
    several they are one JSON object.
    """

    made_secret = ""  # that was made while saving, to be shown this once
    config_fields: ClassVar[tuple[str, ...]] = ()
    secret_fields: ClassVar[tuple[str, ...]] = ()

    name = forms.CharField(max_length=120)
    is_active = forms.BooleanField(
        required=False, label="Active", help_text="What comes for a paused source waits, unread."
    )
    local_only = forms.BooleanField(
        required=False, label="For local models only", help_text="Its messages never reach a remote model."
    )
    restricted = forms.BooleanField(
        required=False,
        label="Only its readers see it",
        help_text="Its messages, and what rests on them alone. Managers see every source.",
    )
    readers = forms.ModelMultipleChoiceField(
        User.objects.none(), required=False, widget=forms.CheckboxSelectMultiple, label="Its readers"
    )
    end_previous = forms.BooleanField(
        required=False,
        label="End the old secret at once",
        help_text="When it has leaked. Else it stays valid for a day, so that you can change it on the other side.",
    )
    retention_days = forms.IntegerField(
        label="Keep messages for, days",
        required=False,
        min_value=1,
        max_value=source_upkeep.LONGEST_RETENTION,
        help_text="Older ones are deleted within the hour, and their words leave everything that was made of them. "
        "Empty: they are kept.",
    )
    take_channels = lines_field("Take only these channels", "One a line, by name or id. Empty: all of them.")
    skip_channels = lines_field("Leave out these channels", "One a line, by name or id.")
    skip_authors = lines_field("Leave out these authors", "One a line, by name or id.")
    skip_patterns = lines_field("Leave out messages with", "One a line: words, or a pattern with * for anything.")

    def __init__(self, row: Source, workspace: Workspace, data: Any = None) -> None:
        super().__init__(row, workspace, data)
        people: Any = self.fields["readers"]
        people.queryset = User.objects.filter(memberships__workspace=workspace, is_active=True).order_by("username")
        people.label_from_instance = lambda user: user.get_username()

    def values_of(self, row: Source) -> dict[str, Any]:
        """What the fields show of the row."""
        names = ("name", "is_active", "local_only", "restricted", "retention_days")
        shown = {name: getattr(row, name) for name in names}
        shown["readers"] = list(row.readers.values_list("pk", flat=True)) if row.pk else []
        for name, (place, key) in FILTERS.items():
            shown[name] = "\n".join(row.filters.get(place, {}).get(key, []))
        return shown | {name: self.shown(row.config.get(name)) for name in self.config_fields if name in row.config}

    def shown(self, value: Any) -> Any:
        """A value of the config as its field shows it."""
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    @property
    def own_fields(self) -> list[Any]:
        """The fields of this kind alone, for the page."""
        return [self[name] for name in (*self.config_fields, *self.secret_fields)]

    @property
    def groups(self) -> list[Group]:
        """Fields that only one answer of a choice above them asks for."""
        return []

    @property
    def keeps_previous(self) -> bool:
        """Whether the secret of now goes on for a while beside one that is typed."""
        return bool(self.row.pk) and source_secrets.grace_of(self.row) is not None

    @property
    def filter_fields(self) -> list[Any]:
        return [self[name] for name in FILTERS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        filters: dict[str, dict[str, list[str]]] = {}
        for name, (place, key) in FILTERS.items():
            try:
                kept = clean_entries("This list", cleaned.get(name, "").splitlines())
            except Invalid as error:
                self.add_error(name, error.detail)
            else:
                if kept:
                    filters.setdefault(place, {})[key] = kept
        cleaned["filters"] = filters
        return cleaned

    def write(self, by: User) -> Source:
        values = dict(self.cleaned_data)
        readers = values.pop("readers")
        values["config"] = self.config_of(values)
        return source_upkeep.save_source(
            source=self.row,
            values=values,
            readers=readers,
            secret=self.secret_of(values),
            end_previous=values["end_previous"],
        )

    def config_of(self, values: dict[str, Any]) -> dict[str, Any]:
        """The config as it is to be stored; what the form does not know stays."""
        return {**self.row.config, **{name: values[name] for name in self.config_fields}}

    def secret_of(self, values: dict[str, Any]) -> str:
        """What is to be sealed; "" leaves what is stored."""
        typed = {name: values[name].strip() for name in self.secret_fields if values.get(name, "").strip()}
        if len(self.secret_fields) == 1 or not typed:
            return next(iter(typed.values()), "")
        return json.dumps({**self.stored_parts(), **typed})

    def make_secret(self) -> str:
        """A signing secret of ours, which the page then shows."""
        self.made_secret = source_secrets.new_secret()
        return self.made_secret

    def stored_parts(self) -> dict[str, str]:
        """The parts of a secret of several that are sealed already."""
        try:
            found = json.loads(self.row.open_secret() or "{}")
        except (ValueError, DecryptionError):
            return {}
        return found if isinstance(found, dict) else {}
