"""The edit form of each kind, made from a payload and turned back into the keys that a person changed."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from analysis.task_configs import properties_for
from analysis.task_fields import as_typed, fits, text_of, wanted
from ingestion import walls
from ingestion.models import Participant
from knowledge.models import Project, Topic
from proposals.models import Proposal
from proposals.naming import named
from tasktracker.core.enums import AtomType, Priority, RejectReason, TaskCategory
from tasktracker.core.forms import Words

EXTRA = "field:"
MORNING = time(7)
LONGEST_SNOOZE = timedelta(days=366)
SNOOZES = [("1", "tomorrow"), ("3", "in three days"), ("7", "in a week"), ("30", "in a month")]


class ExtraField(forms.CharField):
    """A field of a task configuration: a choice or a line, its value as the rule's type wants it, None when empty."""

    def __init__(self, name: str, rule: Mapping[str, Any], value: Any) -> None:
        self.rule = rule
        choices = ["yes", "no"] if rule.get("type") == "boolean" else [text_of(one) for one in rule.get("enum", ())]
        shown = text_of(value)
        if choices and shown and shown not in choices:
            choices.append(shown)
        widget = forms.Select(choices=[("", "–"), *((one, one) for one in choices)]) if choices else None
        told = str(rule.get("description", ""))[:200]
        super().__init__(label=name, required=False, max_length=500, initial=shown, help_text=told, widget=widget)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text in self.empty_values:
            return None
        typed = as_typed(text, self.rule)
        if text != self.initial and self.rule and not fits(typed, self.rule):
            raise forms.ValidationError(wanted(self.rule))
        return typed


class PayloadForm(forms.Form):
    """A form over one payload: `edits` are the changed keys, as contract.md names them."""

    def __init__(self, proposal: Proposal, data: Any = None) -> None:
        self.proposal, self.before = proposal, named(proposal)
        super().__init__(data, initial=self.before, auto_id="id_%s")
        filled = proposal.payload.get("fields") or {}
        rules = properties_for(proposal.workspace_id, proposal.project_id) if proposal.kind == "task" else {}
        for name in dict.fromkeys([*rules, *filled]):
            self.fields[EXTRA + name] = ExtraField(name, rules.get(name, {}), filled.get(name))

    @property
    def edits(self) -> dict[str, Any]:
        """What a person changed; a valid form only."""
        before = self.before
        found: dict[str, Any] = {}
        extra = dict(before.get("fields") or {})
        for name, value in self.cleaned_data.items():
            if name.startswith(EXTRA):
                key = name.removeprefix(EXTRA)
                if value is None:
                    extra.pop(key, None)
                elif text_of(value) != text_of(extra.get(key)):
                    extra[key] = value
            elif (value or None) != (before.get(name) or None):
                found[name] = value
        if extra != (before.get("fields") or {}):
            found["fields"] = extra
        return found


class TopicForm(PayloadForm):
    name = forms.CharField(max_length=200, min_length=3)
    description = forms.CharField(max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 5}))
    keywords = Words(required=False, help_text="With commas between them.")


class AtomForm(PayloadForm):
    title = forms.CharField(max_length=200, min_length=3)
    type = forms.ChoiceField(choices=AtomType.choices)
    topic = forms.CharField(max_length=200, required=False)
    content = forms.CharField(max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 6}))

    def __init__(self, proposal: Proposal, data: Any = None) -> None:
        super().__init__(proposal, data)
        names = Topic.objects.filter(workspace=proposal.workspace_id, status="active").values_list("name", flat=True)
        offer(self, "topic", list(names[:200]))


class TaskForm(PayloadForm):
    title = forms.CharField(max_length=200, min_length=3)
    category = forms.ChoiceField(choices=TaskCategory.choices)
    priority = forms.ChoiceField(choices=Priority.choices)
    project = forms.CharField(max_length=120, required=False)
    assignee = forms.CharField(max_length=255, required=False)
    due = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    labels = Words(required=False, help_text="With commas between them.")
    description = forms.CharField(max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 6}))

    def __init__(self, proposal: Proposal, data: Any = None) -> None:
        super().__init__(proposal, data)
        workspace = proposal.workspace_id
        offer(self, "project", list(Project.objects.filter(workspace=workspace).values_list("name", flat=True)[:200]))
        people = walls.people(Participant.objects.filter(workspace=workspace, is_bot=False)).values_list(
            "name", flat=True
        )
        offer(self, "assignee", list(people.order_by("name").distinct()[:200]))

    def clean_due(self) -> str | None:
        due = self.cleaned_data["due"]
        return due.isoformat() if due else None


FORMS: dict[str, type[PayloadForm]] = {"topic": TopicForm, "atom": AtomForm, "task": TaskForm}


def form_for(proposal: Proposal, data: Any = None) -> PayloadForm:
    """The form of the proposal's kind."""
    return FORMS[proposal.kind](proposal, data)


def offer(form: forms.Form, name: str, values: list[str]) -> None:
    """Suggest `values` for a text field; anything else may still be typed."""
    field = form.fields[name]
    field.widget.attrs["list"] = f"offers-{name}"
    field.offers = values  # type: ignore[attr-defined]  # read by the template


class SnoozeForm(forms.Form):
    """For how many days, or until the morning of a day in the workspace's time zone."""

    days = forms.TypedChoiceField(choices=SNOOZES, coerce=int, required=False)
    date = forms.DateField(required=False)

    def __init__(self, data: Any = None, *, zone: ZoneInfo) -> None:
        super().__init__(data)
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        day = cleaned.get("date")
        if not cleaned.get("days") and day is None:
            raise forms.ValidationError("Choose for how long.")
        if day is not None and not timedelta() < day - timezone.now().astimezone(self.zone).date() <= LONGEST_SNOOZE:
            raise forms.ValidationError("Choose a day from tomorrow on, within a year.")
        return cleaned

    @property
    def until(self) -> datetime:
        """When it comes back; a valid form only."""
        if self.cleaned_data["days"]:
            return timezone.now() + timedelta(days=self.cleaned_data["days"])
        return datetime.combine(self.cleaned_data["date"], MORNING, tzinfo=self.zone)


class RejectForm(forms.Form):
    """Why not, and a note."""

    reason = forms.ChoiceField(choices=RejectReason.choices)
    note = forms.CharField(max_length=300, required=False)
