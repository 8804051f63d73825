"""Admin pages of people and history."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from tasktracker.core import services
from tasktracker.core.adminsite import ScopedAdmin, ScopedForm, managed
from tasktracker.core.enums import Role
from tasktracker.core.models import (
    ApiToken,
    Event,
    Heartbeat,
    IdempotentRequest,
    LLMCall,
    Membership,
    RememberedAnswer,
    StatusChange,
    User,
    Workspace,
)

admin.site.unregister(Group)


@admin.register(Workspace)
class WorkspaceAdmin(ScopedAdmin):
    workspace_path = "pk"
    change_role = Role.ADMIN
    list_display = ["name", "slug", "timezone", "created_at"]
    search_fields = ["name", "slug"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a new one is made by `manage.py token --workspace`, with its first admin

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MembershipForm(ScopedForm):
    """How somebody of one workspace becomes a member of another one of the same admin."""

    anybody = frozenset({"user"})


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    form = MembershipForm
    view_role = change_role = Role.ADMIN
    list_display = ["user", "workspace", "role", "updated_at"]
    list_filter = ["role", "workspace"]
    search_fields = ["user__username", "user__email"]
    list_select_related = ["user", "workspace"]
    autocomplete_fields: list[str] = []

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        services.set_staff(user=obj.user)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        user = obj.user
        super().delete_model(request, obj)
        services.set_staff(user=user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        users = [row.user for row in queryset.select_related("user")]
        super().delete_queryset(request, queryset)
        for user in users:
            services.set_staff(user=user)


@admin.register(User)
class UserAdmin(ScopedAdmin):
    """Members of the workspaces that one administers. Roles are on the membership, passwords are never shown."""

    view_role = change_role = Role.ADMIN
    list_display = ["username", "email", "is_active", "last_login"]
    list_filter = ["is_active"]
    search_fields = ["username", "email", "first_name", "last_name"]
    fields = ["username", "first_name", "last_name", "email", "is_active", "last_login", "date_joined"]
    readonly_fields = ["username", "last_login", "date_joined"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        mine = managed(request, self.view_role)
        return User.objects.filter(pk__in=Membership.objects.filter(workspace__in=mine).values("user_id"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def _reaches(self, request: HttpRequest, obj: Any) -> bool:
        """An account is changed only by who administers every workspace that it is in."""
        mine = managed(request, self.change_role)
        if obj is None:
            return mine.exists()
        return not obj.memberships.exclude(workspace__in=mine).exists()


@admin.register(ApiToken)
class ApiTokenAdmin(ScopedAdmin):
    view_role = change_role = Role.ADMIN
    list_display = ["label", "hint", "user", "workspace", "created_at", "last_used_at", "expires_at"]
    list_filter = ["workspace"]
    search_fields = ["label", "user__username"]
    list_select_related = ["user", "workspace"]
    fields = ["label", "hint", "user", "workspace", "created_at", "last_used_at", "expires_at"]
    readonly_fields = ["hint", "user", "workspace", "created_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # `manage.py token` shows a new one once


class LogAdmin(ScopedAdmin):
    """Rows that are written once and only read here."""

    read_only = True


@admin.register(Event)
class EventAdmin(LogAdmin):
    list_display = ["seq", "type", "object_kind", "object_id", "by", "at"]
    list_filter = ["type"]
    search_fields = ["=object_id", "type"]
    list_select_related = ["by"]
    ordering = ["-id"]


@admin.register(RememberedAnswer)
class RememberedAnswerAdmin(LogAdmin):
    list_display = ["call_id", "workspace", "at"]
    list_filter = ["workspace"]
    search_fields = ["=call_id"]
    list_select_related = ["workspace"]
    fields = ["call_id", "workspace", "at"]


@admin.register(StatusChange)
class StatusChangeAdmin(LogAdmin):
    list_display = ["kind", "object_id", "from_status", "to_status", "by", "at", "note"]
    list_filter = ["kind", "to_status"]
    search_fields = ["=object_id", "note"]
    list_select_related = ["by"]


@admin.register(LLMCall)
class LLMCallAdmin(LogAdmin):
    list_display = [
        "at",
        "purpose",
        "provider",
        "model",
        "outcome",
        "tokens_in",
        "tokens_out",
        "cost",
        "duration_ms",
        "attempts",
        "subject",
    ]
    list_filter = ["purpose", "outcome", "provider_kind"]
    search_fields = ["subject", "provider", "model", "error"]


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(LogAdmin):
    list_display = ["key", "user", "response_status", "created_at"]
    search_fields = ["key"]
    list_select_related = ["user"]


@admin.register(Heartbeat)
class HeartbeatAdmin(LogAdmin):
    list_display = ["name", "at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Heartbeat]:
        return Heartbeat.objects.all()
