"""S18, S19 in the administration: no form joins rows of two workspaces, not even for who administers both."""

from dataclasses import dataclass
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth import SESSION_KEY
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import get_resolver, resolve

from tasktracker.core.adminsite import ScopedAdmin
from tasktracker.core.models import Membership, User, Workspace
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.rows import make
from tasktracker.tests.support import LONG, some

pytestmark = pytest.mark.django_db
assert get_resolver().url_patterns  # the pages are found when the addresses are read
ADMINS: dict[type[Model], Any] = dict(admin.site._registry)
WRITABLE = {model: page for model, page in ADMINS.items() if not page.read_only}


@dataclass(frozen=True)
class Key:
    """A choice of a row in the form of a model's page."""

    model: type[Model]
    name: str
    target: type[Model]

    def __str__(self) -> str:
        return f"{self.model.__name__}.{self.name}"


def keys(*, adding: bool) -> list[Key]:
    """Every relation of a page that a person may write in."""
    return [
        Key(model, field.name, field.related_model)
        for model, page in WRITABLE.items()
        for field in [*model._meta.fields, *model._meta.many_to_many]
        if isinstance(field.related_model, type)
        and field.editable
        and field.name != "workspace"
        and field.name not in page.readonly_fields
        and (not adding or type(page).has_add_permission is ScopedAdmin.has_add_permission)
        and (not page.fields or field.name in page.fields)
        and (model, field.name) != (Membership, "user")  # it is what makes somebody a member
        and model is not User
    ]


@pytest.fixture
def both(owner: Person, stranger: Person) -> Client:
    """The browser of somebody who administers both workspaces."""
    user = make_person("both", role="admin").user
    make_person("both", workspace=stranger.workspace.slug, role="admin")
    return browser_of(user)


def browser_of(user: User) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


def page_of(model: type[Model], row: Model | None = None) -> str:
    where = f"{row.pk}/change" if row is not None else "add"
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/{where}/"


def as_typed(client: Client, path: str) -> dict[str, Any]:
    """What a browser sends when nothing is changed in the form; in `make test` the page around it is not drawn."""
    context = client.get(path).context if LONG else undrawn(client, path)
    shown = [context["adminform"].form, *(one.formset.management_form for one in context["inline_admin_formsets"])]
    data: dict[str, Any] = {}
    for form in shown:
        for bound in form:
            value = bound.value()
            if isinstance(bound.field.widget, forms.MultiWidget):
                parts: Any = bound.field.widget.decompress(value)
                data |= {f"{bound.html_name}_{place}": part or "" for place, part in enumerate(parts)}
            elif value is not None and value is not False:
                data[bound.html_name] = value
    return data


def undrawn(client: Client, path: str) -> Any:
    """What the page at `path` would be drawn from."""
    view, request = resolve(path), RequestFactory().get(path)
    request.user = User.objects.get(pk=client.session[SESSION_KEY])
    answer: Any = view.func(request, *view.args, **view.kwargs)
    return answer.context_data


def chosen(key: Key, row: Any) -> Any:
    return [row.pk] if key.model._meta.get_field(key.name).many_to_many else row.pk


@pytest.mark.parametrize("key", some(keys(adding=False), 12), ids=str)
def test_a_row_of_another_workspace_is_refused(key: Key, both: Client, owner: Person, stranger: Person) -> None:
    row = make(key.model, owner.workspace)
    path, before = page_of(key.model, row), fields_of(row)
    data = as_typed(both, path)
    answer = both.post(path, data | {key.name: chosen(key, make(key.target, stranger.workspace))})
    assert answer.status_code == 200
    assert "is not of the workspace Acme" in str(answer.context["adminform"].form.errors[key.name])
    assert fields_of(row) == before
    own = both.post(path, data | {key.name: chosen(key, make(key.target, owner.workspace))})
    assert own.status_code == 302, own.context["adminform"].form.errors


def fields_of(row: Model) -> Any:
    """What is stored of a row, its keys to many among it."""
    stored: Any = type(row)._default_manager.filter(pk=row.pk)
    many = [list(getattr(row, field.name).values_list("pk")) for field in row._meta.many_to_many]
    return stored.values().get(), many


@pytest.mark.parametrize("key", some(keys(adding=True), 12, 1), ids=str)
def test_a_new_row_can_not_name_one_of_another_workspace(
    key: Key, both: Client, owner: Person, stranger: Person
) -> None:
    data = {"workspace": owner.workspace.pk, key.name: chosen(key, make(key.target, stranger.workspace))}
    count = key.model._default_manager.count()
    answer = both.post(page_of(key.model), data)
    assert "is not of the workspace Acme" in str(answer.context["adminform"].form.errors[key.name])
    assert key.model._default_manager.count() == count


@pytest.mark.long
@pytest.mark.parametrize(
    "model", some([model for model in WRITABLE if hasattr(model, "workspace")], 5), ids=lambda m: m.__name__
)
def test_a_row_stays_in_its_workspace(model: type[Model], both: Client, owner: Person, stranger: Person) -> None:
    row = make(model, owner.workspace)
    path = page_of(model, row)
    both.post(path, as_typed(both, path) | {"workspace": stranger.workspace.pk})
    row.refresh_from_db()
    assert row.workspace == owner.workspace


@pytest.mark.long
@pytest.mark.parametrize("model", some(list(ADMINS), 3), ids=lambda model: model.__name__)
def test_only_rows_of_ones_own_workspaces_are_offered(model: type[Model], owner: Person, stranger: Person) -> None:
    page = ADMINS[model]
    request = RequestFactory().get("/")
    request.user = owner.user
    own = {field.related_model for field in [*model._meta.fields, *model._meta.many_to_many]}
    targets = {key.target for key in keys(adding=False)} & own
    made = {target: make(target, owner.workspace) for target in targets}
    for target in made:
        make(target, stranger.workspace)
    for field in [*model._meta.fields, *model._meta.many_to_many]:
        related = field.related_model
        if not isinstance(related, type):
            continue
        offer = page.formfield_for_manytomany if field.many_to_many else page.formfield_for_foreignkey
        field_in_form: Any = offer(field, request)
        offered = list(field_in_form.queryset) if field_in_form is not None else []
        assert [row for row in offered if not is_of(row, owner.workspace)] == [], field
        if field_in_form is not None and related in made:
            assert made[related] in offered, field


def is_of(row: Any, workspace: Workspace) -> bool:
    if isinstance(row, User):
        return Membership.objects.filter(user=row, workspace=workspace).exists()
    return bool(row == workspace or getattr(row, "workspace_id", None) == workspace.pk)


def test_there_is_something_to_test() -> None:
    assert len(WRITABLE) > 12
    assert {str(key) for key in keys(adding=False)} >= {"Agent.provider", "Project.manager", "Task.assignee"}
    assert {str(key) for key in keys(adding=True)} >= {"Agent.provider", "Project.manager", "Assignment.project"}


def test_a_form_that_would_not_check_is_refused_at_the_start() -> None:
    with pytest.raises(TypeError, match="must be a ScopedForm"):
        type("Careless", (ScopedAdmin,), {"form": forms.ModelForm})
