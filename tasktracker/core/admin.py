"""Admin pages of people and history."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from tasktracker.core import audit, members, passwords, services
from tasktracker.core.account_models import (
    Invitation,
    InvitationUse,
    LoginSession,
    Passkey,
    PasswordLink,
    RecoveryCode,
    TotpDevice,
)
from tasktracker.core.adminsite import ScopedAdmin, ScopedForm, managed
from tasktracker.core.audit_models import AuditEntry
from tasktracker.core.enums import Role
from tasktracker.core.events import recheck_member
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

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        names = super().get_readonly_fields(request, obj)
        return names if obj is None else [*names, "user"]

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """A new role goes through the service, which keeps the last admin. Whose membership it is stays."""
        if change and "role" in form.changed_data:
            user: Any = request.user
            role, obj.role = obj.role, form.initial["role"]
            members.change_role(membership_id=obj.pk, role=role, by=user)
        elif not change:
            super().save_model(request, obj, form, change)
            services.set_staff(user=obj.user)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        user: Any = request.user
        members.remove_member(membership_id=obj.pk, by=user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        self.each(request, queryset, lambda row: self.delete_model(request, row), "removed")


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

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if "is_active" in form.changed_data and not obj.is_active:
            members.refuse_switching_off(user=obj)
        super().save_model(request, obj, form, change)
        for room in obj.memberships.values_list("workspace_id", flat=True) if change else ():
            recheck_member(room, obj.pk)  # an open socket of an account that was switched off
        if "email" in form.changed_data:
            passwords.set_address(user=obj, address=obj.email)
        told = {
            name: "hidden" if name == "email" else [form.initial[name], getattr(obj, name)]
            for name in ("email", "is_active")
            if name in form.changed_data
        }
        if told:
            me: Any = request.user
            audit.note_account(user=obj, by=me, changes=told)

    def _reaches(self, request: HttpRequest, obj: Any) -> bool:
        """An account is changed only by who administers every workspace that it is in."""
        mine = managed(request, self.change_role)
        if obj is None:
            return mine.exists()
        return not obj.memberships.exclude(workspace__in=mine).exists()


@admin.register(ApiToken)
class ApiTokenAdmin(ScopedAdmin):
    view_role = change_role = Role.ADMIN
    list_display = ["label", "hint", "scope", "user", "workspace", "created_at", "last_used_at", "expires_at"]
    list_filter = ["scope", "workspace"]
    search_fields = ["label", "user__username"]
    list_select_related = ["user", "workspace"]
    fields = ["label", "hint", "scope", "user", "workspace", "created_at", "last_used_at", "expires_at"]
    readonly_fields = ["hint", "scope", "user", "workspace", "created_at", "last_used_at"]

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


@admin.register(AuditEntry)
class AuditEntryAdmin(LogAdmin):
    list_display = ["at", "by", "verb", "kind", "object_id", "title"]
    list_filter = ["kind", "verb", "by"]
    search_fields = ["=object_id", "title"]
    list_select_related = ["by"]
    ordering = ["-id"]


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


@admin.register(Invitation)
class InvitationAdmin(LogAdmin):
    """Made and revoked on the page of members, where the link is shown once."""

    view_role = Role.ADMIN
    list_display = ["id", "workspace", "role", "email", "created_by", "created_at", "expires_at", "revoked_at"]
    list_filter = ["role", "workspace"]
    list_select_related = ["workspace", "created_by"]
    fields = ["workspace", "role", "email", "max_uses", "created_by", "created_at", "expires_at", "revoked_at"]


@admin.register(InvitationUse)
class InvitationUseAdmin(LogAdmin):
    workspace_path = "invitation__workspace"
    view_role = Role.ADMIN
    list_display = ["invitation", "user", "at"]
    list_select_related = ["invitation", "user"]


class PersonalAdmin(LogAdmin):
    """Rows of a person: seen by who administers a workspace that the person is in."""

    view_role = Role.ADMIN
    list_select_related = ["user"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        mine = managed(request, self.view_role)
        rows: QuerySet[Any] = self.model._default_manager.filter(
            user__in=Membership.objects.filter(workspace__in=mine).values("user_id")
        )
        return rows.order_by("-id")


@admin.register(PasswordLink)
class PasswordLinkAdmin(PersonalAdmin):
    list_display = ["user", "created_by", "created_at", "expires_at", "used_at"]
    fields = ["user", "created_by", "created_at", "expires_at", "used_at"]


@admin.register(LoginSession)
class LoginSessionAdmin(PersonalAdmin):
    """The key of a session is as good as a password, so it stands on no page."""

    list_display = ["user", "device", "address", "started_at", "seen_at"]
    fields = ["user", "device", "address", "started_at", "seen_at"]


@admin.register(TotpDevice)
class TotpDeviceAdmin(PersonalAdmin):
    list_display = fields = ["user", "created_at", "confirmed_at"]


@admin.register(Passkey)
class PasskeyAdmin(PersonalAdmin):
    list_display = fields = ["name", "user", "created_at", "last_used_at"]


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(PersonalAdmin):
    list_display = fields = ["user", "used_at"]
