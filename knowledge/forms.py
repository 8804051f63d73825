"""Forms for changing by hand what people have accepted."""

from typing import Any

from django import forms
from django.db.models import Model
from django.utils.dateparse import parse_datetime

from ingestion.models import Participant
from knowledge.models import Atom, Project, Task, Topic
from tasktracker.core.forms import Words
from tasktracker.core.models import Workspace

LONGEST = 20_000


class Person(forms.CharField):
    """A participant of the workspace, by name."""

    workspace: Workspace

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return Participant.objects.filter(workspace=self.workspace, pk=value).values_list("name", flat=True).first()
        return value

    def clean(self, value: Any) -> Any:
        name = super().clean(value).lstrip("@")
        if not name:
            return None
        found = list(Participant.objects.filter(workspace=self.workspace, name__iexact=name).order_by("pk")[:2])
        if len(found) != 1:
            raise forms.ValidationError(
                "Nobody here goes by this name." if not found else "More than one has this name."
            )
        return found[0]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "").casefold() != str(data or "").strip().lstrip("@").casefold()


class HandForm(forms.ModelForm):  # type: ignore[type-arg]  # of the three models below
    """`seen` is the row's `updated_at` when the form was made: a later change by somebody else is not written over."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = self.instance.updated_at.isoformat()
        for field in self.fields.values():
            if isinstance(field, Person):
                field.workspace = workspace
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = Project.objects.filter(workspace=workspace)

    @property
    def values(self) -> dict[str, Any]:
        """What the person changed."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "seen"}

    @property
    def seen_at(self) -> Any:
        """When the form was made, None where it does not say."""
        return parse_datetime(self.cleaned_data.get("seen") or "")


class TopicForm(HandForm):
    keywords = Words(required=False, max_length=2_000, help_text="With commas between them.")
    description = forms.CharField(required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 5}))

    class Meta:
        model = Topic
        fields = ["name", "description", "keywords", "project"]


class AtomForm(HandForm):
    content = forms.CharField(required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 6}))

    class Meta:
        model = Atom
        fields = ["type", "title", "content"]


class TaskForm(HandForm):
    description = forms.CharField(required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 6}))
    assignee = Person(required=False, max_length=255, help_text="A name from the chats; empty for nobody.")
    labels = Words(required=False, max_length=2_000, help_text="With commas between them.")
    due = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    class Meta:
        model = Task
        fields = ["title", "description", "status", "priority", "category", "project", "assignee", "due", "labels"]


FORMS: dict[type[Model], type[HandForm]] = {Topic: TopicForm, Atom: AtomForm, Task: TaskForm}
