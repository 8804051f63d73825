"""What every admin page shares: only what lies in the workspaces that the person manages, by their role there."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin import RelatedFieldListFilter
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.admin import ModelAdmin, TabularInline

from tasktracker.core import audit
from tasktracker.core.enums import Role
from tasktracker.core.errors import DomainError
from tasktracker.core.models import Membership, User, Workspace

COUNT_LIMIT = 5_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than COUNT_LIMIT rows: a list of millions is narrowed by filters, not paged to its end."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return len(rows.order_by().values_list("pk", flat=True)[:COUNT_LIMIT])


def managed(request: HttpRequest, role: Role = Role.MANAGER) -> QuerySet[Workspace]:
    """The workspaces in which the person holds at least `role`."""
    enough = [other for other in Role if other.rank >= role.rank]
    user: Any = request.user
    return Workspace.objects.filter(
        pk__in=Membership.objects.filter(user_id=user.pk, role__in=enough).values("workspace_id")
    )


def has_role(request: HttpRequest, role: Role) -> bool:
    """Whether the person holds `role` anywhere, asked once a request."""
    cached: dict[Role, bool] = request.__dict__.setdefault("admin_roles", {})
    if role not in cached:
        cached[role] = bool(request.user.is_active and managed(request, role).exists())
    return cached[role]


class ScopedRelatedFilter(RelatedFieldListFilter):
    """A sidebar filter that offers only rows of the workspaces that the person manages."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        mine = managed(request, model_admin.view_role)
        model = field.remote_field.model
        if model is Workspace:
            limit = {"pk__in": mine}
        elif any(other.name == "workspace" for other in model._meta.fields):
            limit = {"workspace__in": mine}
        else:
            limit = {"memberships__workspace__in": mine}
        ordering = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(include_blank=False, ordering=ordering, limit_choices_to=limit)


class ScopedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose every chosen row lies in the workspace of the row that is edited, whatever else the person manages.

    `anybody` names keys to a user who need not be a member yet.
    """

    anybody: ClassVar[frozenset[str]] = frozenset()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = {
            name: value if isinstance(field, forms.ModelMultipleChoiceField) else [value]
            for name, field in self.fields.items()
            if isinstance(field, forms.ModelChoiceField) and name != "workspace"
            if (value := cleaned.get(name)) is not None
        }
        if chosen and "workspace" not in self.errors:
            workspace = cleaned.get("workspace") or self.instance.workspace
            for name, rows in chosen.items():
                if name not in self.anybody and not all(lies_in(row, workspace) for row in rows):
                    self.add_error(name, f"This is not of the workspace {workspace}.")
        return cleaned


def lies_in(row: Model, workspace: Workspace) -> bool:
    """Whether a row belongs to the workspace; a user does by membership, and what has no workspace never does."""
    if isinstance(row, User):
        return row.memberships.filter(workspace=workspace).exists()
    return getattr(row, "workspace_id", None) == workspace.pk


# What no filter of an address may ask about: an answer of "one row" or "none" would spell it out.
UNASKED = ("password", "sealed", "digest", "session", "credential")


class ScopedAdmin(ModelAdmin):
    """A model whose rows belong to a workspace by `workspace_path`.

    `view_role` and `change_role` say who may look and who may write. Nothing may be added or deleted where
    `read_only` is set. A row stays in the workspace that it was made in.
    """

    form = ScopedForm

    workspace_path: ClassVar[str] = "workspace"
    view_role: ClassVar[Role] = Role.MANAGER
    change_role: ClassVar[Role] = Role.MANAGER
    read_only: ClassVar[bool] = False

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = False
    compressed_fields = True

    def __init_subclass__(cls) -> None:
        if not issubclass(cls.form, ScopedForm):
            raise TypeError(f"The form of {cls.__name__} must be a ScopedForm.")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        names = list(super().get_readonly_fields(request, obj))
        has_one = any(field.name == "workspace" for field in self.opts.fields)
        return [*names, "workspace"] if obj is not None and has_one and "workspace" not in names else names

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        parts = lookup.split("__")
        return not any(part.startswith(UNASKED) for part in parts) and super().lookup_allowed(lookup, value, request)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        def scoped(entry: Any) -> Any:
            is_relation = isinstance(entry, str) and self.opts.get_field(entry).is_relation
            return (entry, ScopedRelatedFilter) if is_relation else entry

        return [scoped(entry) for entry in super().get_list_filter(request)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(**{f"{self.workspace_path}__in": managed(request, self.view_role)})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return has_role(request, self.view_role)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return has_role(request, self.view_role)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not self.read_only and has_role(request, self.change_role)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not self.read_only and self._reaches(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not self.read_only and self._reaches(request, obj)

    def _reaches(self, request: HttpRequest, obj: Model | None) -> bool:
        if obj is None:
            return has_role(request, self.change_role)
        workspace: Any = obj
        for name in self.workspace_path.split("__") if self.workspace_path != "pk" else ():
            workspace = getattr(workspace, name)
        return managed(request, self.change_role).filter(pk=workspace.pk).exists()

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What the audit log says of the row, where it says anything of its kind."""
        kind = (audit.WATCHED | audit.DECIDED).get(self.opts.db_table)
        if kind is None or self.get_object(request, object_id) is None:
            plain: HttpResponse = super().history_view(request, object_id, extra_context)
            return plain
        address = reverse("admin:core_auditentry_changelist")
        return redirect(f"{address}?kind__exact={kind}&object_id__exact={int(object_id)}")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        narrow_choices(db_field, request, self.change_role, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        narrow_choices(db_field, request, self.change_role, kwargs)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def each(self, request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], Any], done: str) -> None:
        """Do `act` to each row through its service, and say how many and what refused."""
        count, refused = 0, []
        for row in rows:
            try:
                act(row)
                count += 1
            except DomainError as error:
                refused.append(f"{row}: {error.detail}")
        if count:
            self.message_user(request, f"{count} {done}.", messages.SUCCESS)
        for line in refused[:10]:
            self.message_user(request, line, messages.WARNING)


def narrow_choices(db_field: Any, request: HttpRequest, role: Role, kwargs: dict[str, Any]) -> None:
    """Offer only rows of workspaces in which the person holds `role`; none of what belongs to no workspace."""
    model = db_field.related_model
    mine = managed(request, role)
    if model is Workspace:
        kwargs["queryset"] = mine
    elif any(field.name == "workspace" for field in model._meta.fields):
        kwargs["queryset"] = model._default_manager.filter(workspace__in=mine)
    elif model is User:
        kwargs["queryset"] = User.objects.filter(
            pk__in=Membership.objects.filter(workspace__in=mine).values("user_id"), is_active=True
        )
    else:
        kwargs["queryset"] = model._default_manager.none()


class ReadOnlyInline(TabularInline):
    """Rows shown beneath their parent, never changed there."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
