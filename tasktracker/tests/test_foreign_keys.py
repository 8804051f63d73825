"""Every key that a body of the API may hold names a row of the caller's workspace, or is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db.models import Model
from django.urls import get_resolver
from rest_framework import serializers

from analysis.models import Agent, Assignment, Schedule, TaskConfig
from knowledge.models import Atom, AtomLink, Project, Task, Topic
from knowledge.serializers import NamedRelatedField
from tasktracker.core.models import User
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.rows import make
from tasktracker.tests.support import some
from tasktracker.tests.test_access_matrix import addresses


@dataclass(frozen=True)
class Key:
    """A writable key of a serializer: the address of its list, the field, and what it points at."""

    address: str
    name: str
    model: type[Model]
    many: bool

    def __str__(self) -> str:
        return f"{self.address}.{self.name}"

    def value(self, row: Any) -> Any:
        return [row.pk] if self.many else row.pk


def keys_of(serializer: type[serializers.BaseSerializer[Any]], address: str) -> Iterator[Key]:
    fields: dict[str, Any] = getattr(serializer(), "fields", {})
    for name, field in fields.items():
        inner: Any = getattr(field, "child_relation", field)
        if field.read_only:
            continue
        if issubclass(type(inner), serializers.PrimaryKeyRelatedField):
            yield Key(address, name, inner.queryset.model, inner is not field)
        elif isinstance(inner, NamedRelatedField):
            yield Key(address, name, inner.model, inner is not field)


def taken() -> dict[str, type[serializers.BaseSerializer[Any]]]:
    """Address of a list → the serializer of its viewset, where one may post to it."""
    found: dict[str, type[serializers.BaseSerializer[Any]]] = {}
    for address, entry in addresses(get_resolver().url_patterns):
        serializer = getattr(getattr(entry.callback, "cls", None), "serializer_class", None)
        if serializer is not None and "post" in (getattr(entry.callback, "actions", None) or ()):
            found.setdefault(address, serializer)
    return {address: serializer for address, serializer in found.items() if "{" not in address}


ODD = [10**30, -1, "9" * 5000, 1.5, True, "\x00", {"id": 10**30}, [[1]]]
KEYS = [key for address, serializer in taken().items() for key in keys_of(serializer, address)]


TARGETS: dict[str, type[Model]] = {
    "projects": Project,
    "topics": Topic,
    "atoms": Atom,
    "atom-links": AtomLink,
    "tasks": Task,
    "agents": Agent,
    "task-configs": TaskConfig,
    "assignments": Assignment,
    "schedules": Schedule,
}


def without(answer: Any, pk: int) -> str:
    """The body, with the id that the caller sent left out."""
    return str(answer.content.decode()).replace(f'\\"{pk}\\"', "N")


@pytest.mark.parametrize("key", some(KEYS, 3, 1), ids=str)
def test_a_row_of_another_workspace_is_refused(key: Key, owner: Person, stranger: Person) -> None:
    target = make(TARGETS[key.address.removeprefix("api/")], owner.workspace)
    foreign, own = make(key.model, stranger.workspace), make(key.model, owner.workspace)
    body = {key.name: key.value(foreign)}
    one = f"/{key.address}/{target.pk}"
    made = owner.api.post(f"/{key.address}", body, format="json")
    changed = owner.api.patch(one, body, format="json")
    for answer in (made, changed):
        assert answer.status_code == 400, answer.content
        assert key.name in answer.json()["errors"], answer.content
    # Whether there is such a row elsewhere can't be told from the answer.
    missing = owner.api.patch(one, {key.name: key.value(key.model(pk=10**15))}, format="json")
    assert without(missing, 10**15) == without(changed, foreign.pk)
    accepted = owner.api.patch(one, {key.name: key.value(own)}, format="json")
    assert accepted.status_code == 200, accepted.content


@pytest.mark.parametrize("key", some(KEYS, 6), ids=str)
@pytest.mark.parametrize("odd", some(ODD, 3), ids=lambda odd: repr(odd)[:20])
def test_what_is_no_id_is_refused(key: Key, odd: Any, owner: Person) -> None:
    target = make(TARGETS[key.address.removeprefix("api/")], owner.workspace)
    body = {key.name: [odd] if key.many else odd}
    answer = owner.api.patch(f"/{key.address}/{target.pk}", body, format="json")
    assert answer.status_code == 400, (answer.status_code, answer.content[:200])


def test_a_user_who_left_or_is_nobody_s_member_is_no_manager(owner: Person) -> None:
    project = Project.objects.create(workspace=owner.workspace, name="p")
    gone = make_person("gone").user
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for user in (gone, User.objects.create(username="nobody")):
        answer = owner.api.patch(f"/api/projects/{project.pk}", {"manager": user.pk}, format="json")
        assert (answer.status_code, "manager" in answer.json()["errors"]) == (400, True)


def test_no_other_serializer_takes_a_key() -> None:
    """A key in a body that the test above does not reach would be tested by nobody."""

    def below(kind: type[Any]) -> Iterator[type[Any]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    ours = {"ingestion", "knowledge", "analysis", "proposals", "tasktracker"}
    reached = set(taken().values())
    others = [
        f"{kind.__name__}.{key.name}"
        for kind in set(below(serializers.Serializer))
        if kind.__module__.split(".")[0] in ours and kind not in reached
        for key in keys_of(kind, "")
    ]
    assert others == []
    assert {key.name for key in KEYS} >= {"manager", "default_assignee", "provider", "agent", "project", "topics"}
