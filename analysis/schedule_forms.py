"""The forms of schedules and of the day's spending cap: plain choices first, every mistake at its field."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q

from analysis import schedules, spending
from analysis.models import Provider, Schedule, SpendingCap
from analysis.times import MORNINGS, PLAIN
from ingestion.models import Source
from tasktracker.core.enums import Stage
from tasktracker.core.forms import SettingsForm
from tasktracker.core.models import User, Workspace

STAGES = [(Stage.KNOWLEDGE.value, "messages → knowledge"), (Stage.TASKS.value, "knowledge → tasks")]
ENOUGH, OTHER = "enough", "other"
OCCASIONS = [
    *((cron, words.capitalize()) for cron, words in PLAIN.items()),
    (ENOUGH, "As soon as enough new messages wait"),
    (OTHER, "At other times, written as cron"),
]


class ScheduleForm(SettingsForm[Schedule]):
    name = forms.CharField(max_length=120)
    stage = forms.ChoiceField(label="What it does", choices=STAGES)
    source = forms.ModelChoiceField(Source.objects.none(), required=False, empty_label="every source")
    provider = forms.ModelChoiceField(Provider.objects.none(), required=False, empty_label="whoever is assigned")
    when = forms.ChoiceField(label="Starts", choices=OCCASIONS)
    at_least = forms.IntegerField(
        label="New messages that have to wait",
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text="With times, too: if fewer wait then, it starts nothing. Empty: one is enough.",
    )
    cron = forms.CharField(
        label="Other times",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocomplete": "off"}),
        help_text="Minute, hour, day of the month, month, weekday: 30 6,18 * * 1-5 is weekdays at 6:30 and 18:30.",
    )
    is_active = forms.BooleanField(required=False, label="Active")

    def __init__(self, row: Schedule, workspace: Workspace, data: Any = None, initial: Any = None) -> None:
        super().__init__(row, workspace, data, initial)
        # One that was switched off since stays chosen, so that saving does not change it unseen.
        usable = Q(is_active=True) | Q(pk=row.provider_id)
        self.fields["source"].queryset = Source.objects.filter(workspace=workspace)  # type: ignore[attr-defined]
        self.fields["provider"].queryset = Provider.objects.filter(usable, workspace=workspace)  # type: ignore[attr-defined]

    def values_of(self, row: Schedule) -> dict[str, Any]:
        plain = {**super().values_of(row), "source": row.source_id, "provider": row.provider_id}
        if not row.pk:
            return {**plain, "when": MORNINGS}
        when = row.cron if row.cron in PLAIN else OTHER if row.cron else ENOUGH
        return {**plain, "when": when, "cron": row.cron if when == OTHER else ""}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        when, cron = cleaned.get("when"), cleaned.get("cron", "")
        if when == OTHER and not cron and "cron" not in self.errors:
            self.add_error("cron", "Write the times, or choose one of those above.")
        if when != OTHER and cron and cron != self.initial.get("cron"):
            self.add_error("cron", "To use these times choose “at other times” above; else empty this field.")
        if when == ENOUGH and cleaned.get("at_least") is None and "at_least" not in self.errors:
            self.add_error("at_least", "Say how many.")
        return cleaned

    def write(self, by: User) -> Schedule:
        values = dict(self.cleaned_data)
        when = values.pop("when")
        if when != OTHER:
            values["cron"] = "" if when == ENOUGH else when
        if not self.row.pk:
            values["workspace"] = self.workspace
        return schedules.save_schedule(schedule=self.row, values=values)


class SpendingCapForm(SettingsForm[SpendingCap]):
    calls = forms.IntegerField(required=False, min_value=0, max_value=2_147_483_647)
    tokens = forms.IntegerField(required=False, min_value=0, max_value=10**15, help_text="In and out.")
    cost = forms.DecimalField(
        label="Cost, USD",
        required=False,
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=4,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )

    def values_of(self, row: SpendingCap) -> dict[str, Any]:
        return {**super().values_of(row), "cost": None if row.cost is None else f"{row.cost.normalize():f}"}

    def write(self, by: User) -> SpendingCap:
        return spending.save_cap(workspace=self.workspace, values=self.cleaned_data)
