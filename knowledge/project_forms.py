"""The form of a project: its rules as lines that people type, each mistake at its field."""

import re
from typing import Any

from django import forms

from ingestion.models import Participant
from knowledge import projects
from knowledge.models import Project
from knowledge.project_rules import EQUALS
from tasktracker.core.enums import Priority
from tasktracker.core.forms import SettingsForm
from tasktracker.core.models import User, Workspace

OFFERED = 300  # names that the browser may complete
PLACES = {"default_assignee": "Default assignee", "manager": "Project manager"}
MARKS = re.compile(r"[:#@]")
ODD = re.compile(r"[:#]|\s\s|[\n\r]|^[@\s]|\s$")  # a name that can't be typed as it is
NUMBERED = re.compile(r"[^#]*#(?P<pk>[0-9]{1,15})")


def area(rows: int, example: str) -> forms.Textarea:
    """A text area with an example in it."""
    return forms.Textarea(attrs={"rows": rows, "placeholder": example, "spellcheck": "false"})


class ProjectForm(SettingsForm[Project]):
    """A project's fields as text."""

    name = forms.CharField(max_length=120)
    language = forms.CharField(max_length=10, help_text="Such as en, uk or pt-BR: what models answer in.")
    description = forms.CharField(max_length=4_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    keywords = forms.CharField(
        max_length=15_000,
        required=False,
        widget=area(3, "billing, invoice, VAT"),
        help_text="Divided by commas or lines. A task that says one of them, as a whole word, is of this project.",
    )
    components = forms.CharField(
        max_length=15_000,
        required=False,
        widget=area(3, "export, mobile app"),
        help_text="Parts of the product. Models are told of them; they count as keywords too.",
    )
    glossary = forms.CharField(
        max_length=80_000,
        required=False,
        widget=area(5, "CSV = the file that customers export"),
        help_text="One term on each line, with what it means here. Models are told of those that are said.",
    )
    team = forms.CharField(
        max_length=20_000,
        required=False,
        widget=area(4, "Olena: export, billing"),
        help_text="One person on each line, and after a colon the components that they own.",
    )
    priority_rules = forms.CharField(
        max_length=20_000,
        required=False,
        widget=area(4, "critical: outage, data loss"),
        help_text="A priority and its words on each line. The first line of which a word is said decides.",
    )
    default_assignee = forms.CharField(
        max_length=140,
        required=False,
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off"}),
        help_text="Who gets what nobody else owns.",
    )
    manager = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="nobody")
    version = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)

    def __init__(self, row: Project, workspace: Workspace, data: Any = None, initial: Any = None) -> None:
        super().__init__(row, workspace, data, initial)
        members: Any = self.fields["manager"]
        members.label = PLACES["manager"]
        members.queryset = User.objects.filter(memberships__workspace=workspace).order_by("username")
        self.people = Participant.objects.filter(workspace=workspace).exclude(name="").order_by("name")[:OFFERED]

    def values_of(self, row: Project) -> dict[str, Any]:
        people = self._numbered(projects.names_of(row))
        shown = {name: projects.in_words(name, value, people) for name, value in projects.kept_of(row).items()}
        return shown | {"manager": row.manager_id, "version": row.version}

    def _numbered(self, people: dict[tuple[str, int], str]) -> dict[tuple[str, int], str]:
        """Names, with their number those that several people bear, or that could be taken for something else."""
        names = set(people.values())
        rows = Participant.objects.filter(workspace=self.workspace, name__in=names).values_list("name", flat=True)
        many = list(rows[: 10 * OFFERED])
        return {
            (field, pk): numbered(name, pk) if many.count(name) > 1 or ODD.search(name) else name
            for (field, pk), name in people.items()
        }

    def clean_keywords(self) -> list[str]:
        return words(self.cleaned_data["keywords"])

    def clean_components(self) -> list[str]:
        return words(self.cleaned_data["components"])

    def clean_glossary(self) -> dict[str, str]:
        found = {}
        for line in lines(self.cleaned_data["glossary"]):
            term, equals, meaning = line.partition(EQUALS if EQUALS in line else "=")
            if not equals or not term.strip() or not meaning.strip():
                raise forms.ValidationError(f"Write a line as “term = meaning”: {line[:60]}")
            found[term.strip()] = meaning.strip()
        return found

    def clean_priority_rules(self) -> list[dict[str, Any]]:
        found = []
        for line in lines(self.cleaned_data["priority_rules"]):
            priority, colon, said = line.partition(":")
            if not colon or priority.strip().lower() not in Priority.values:
                known = ", ".join(Priority.values)
                raise forms.ValidationError(f"Begin a line with {known} and a colon: {line[:60]}")
            found.append({"priority": priority.strip().lower(), "keywords": words(said)})
        return found

    def clean_team(self) -> list[dict[str, Any]]:
        found = []
        for line in lines(self.cleaned_data["team"]):
            name, _, owned = line.partition(":")
            found.append({"participant": self._person(name).pk, "components": words(owned)})
        return found

    def clean_default_assignee(self) -> Participant | None:
        name = self.cleaned_data["default_assignee"].strip()
        return self._person(name) if name else None

    def _person(self, text: str) -> Participant:
        """Somebody by name, or by “name #number” where several bear it."""
        numbered = NUMBERED.fullmatch(text.strip())
        ours = Participant.objects.filter(workspace=self.workspace)
        if numbered:
            rows = list(ours.filter(pk=int(numbered["pk"])))
        else:
            rows = list(ours.filter(name__iexact=text.strip().lstrip("@")).order_by("pk")[:5])
        if not rows:
            raise forms.ValidationError(f"Nobody called {text.strip()[:60]} has said anything here yet.")
        if len(rows) > 1:
            several = ", ".join(f"{row.name} #{row.pk}" for row in rows)
            raise forms.ValidationError(f"There are several: write {several}.")
        return rows[0]

    def write(self, by: User) -> Project:
        values = dict(self.cleaned_data)
        seen = values.pop("version") or None
        if not self.row.pk:
            return projects.create_project(workspace=self.workspace, values=values, by=by)
        return projects.change_project(project_id=self.row.pk, values=values, by=by, seen=seen)


def numbered(name: str, pk: int) -> str:
    """A name that says by its number who is meant."""
    return f"{' '.join(MARKS.sub(' ', name).split())} #{pk}"


def lines(text: str) -> list[str]:
    """Lines with something in them."""
    return [line.strip() for line in text.replace("\x00", "").splitlines() if line.strip()]


def words(text: str) -> list[str]:
    """Words divided by commas or lines."""
    return [word.strip() for line in lines(text) for word in line.split(",") if word.strip()]
