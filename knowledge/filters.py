"""Filters of topics, atoms and tasks."""

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from ingestion import people
from knowledge.models import Atom, AtomLink, Task, Topic
from tasktracker.core.enums import AtomType, LinkType, Priority, TaskCategory, TaskStatus
from tasktracker.core.paths import is_number


def named(rows: QuerySet[Any], field: str, value: str) -> QuerySet[Any]:
    """Rows whose `field` is the one with this id or name."""
    return rows.filter(**({f"{field}_id": int(value)} if is_number(value) else {f"{field}__name__iexact": value}))


def assigned_to(rows: QuerySet[Task], value: str) -> QuerySet[Task]:
    """Tasks of a person by id or name, whichever of their accounts they are assigned to."""
    return rows.filter(assignee__in=people.accounts([int(value)]) if is_number(value) else people.named(value))


class Worded(filters.FilterSet):
    """`q` asks for every word in the title or the body."""

    WORDS: tuple[str, str] = ("title", "description")
    q = filters.CharFilter(method="by_words")

    def by_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        title, body = self.WORDS
        for word in value.replace("\x00", "").split()[:10]:
            rows = rows.filter(Q(**{f"{title}__icontains": word}) | Q(**{f"{body}__icontains": word}))
        return rows


class TopicFilter(Worded):
    """Topics."""

    WORDS = ("name", "description")
    status = filters.ChoiceFilter(choices=Topic.Status.choices)
    project = filters.CharFilter(method="by_project")

    class Meta:
        model = Topic
        fields: list[str] = []

    def by_project(self, rows: QuerySet[Topic], name: str, value: str) -> QuerySet[Topic]:
        return named(rows, "project", value)


class AtomFilter(Worded):
    """Atoms."""

    WORDS = ("title", "content")
    type = filters.ChoiceFilter(choices=AtomType.choices)
    status = filters.ChoiceFilter(choices=Atom.Status.choices)
    topic = filters.NumberFilter(field_name="topics", distinct=True)

    class Meta:
        model = Atom
        fields: list[str] = []


class AtomLinkFilter(filters.FilterSet):
    """`atom` at either end."""

    atom = filters.NumberFilter(method="by_atom")
    type = filters.ChoiceFilter(choices=LinkType.choices)

    class Meta:
        model = AtomLink
        fields: list[str] = []

    def by_atom(self, rows: QuerySet[AtomLink], name: str, value: Any) -> QuerySet[AtomLink]:
        return rows.filter(Q(from_atom=int(value)) | Q(to_atom=int(value)))


class TaskFilter(Worded):
    """`assignee` and `project` by id or name."""

    status = filters.MultipleChoiceFilter(choices=TaskStatus.choices)
    priority = filters.ChoiceFilter(choices=Priority.choices)
    category = filters.ChoiceFilter(choices=TaskCategory.choices)
    assignee = filters.CharFilter(method="by_name")
    project = filters.CharFilter(method="by_name")

    class Meta:
        model = Task
        fields: list[str] = []

    def by_name(self, rows: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        return assigned_to(rows, value) if name == "assignee" else named(rows, name, value)
