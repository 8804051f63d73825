"""The API of members, and of the audit log."""

from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tasktracker.core import audit, members
from tasktracker.core.api import WorkspaceViewSet
from tasktracker.core.audit_models import AuditEntry
from tasktracker.core.enums import Role
from tasktracker.core.errors import Invalid
from tasktracker.core.models import Membership
from tasktracker.core.paths import is_number


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """`id` is the membership's, `user` the account's. New members come in by invitation."""

    user = serializers.IntegerField(source="user_id", read_only=True)
    username = serializers.CharField(source="user.username", read_only=True)
    is_active = serializers.BooleanField(source="user.is_active", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "user", "username", "role", "is_active", "created_at"]
        read_only_fields = ["created_at"]


class MemberViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    WorkspaceViewSet,
):
    """Members and their roles. The last admin can't be demoted or removed: 409 `last_admin`."""

    # Under a name of its own: a cursor reads it off the row.
    queryset = Membership.objects.select_related("user").annotate(name=F("user__username")).order_by("name", "id")
    serializer_class = MemberSerializer
    ordering = ("name", "id")
    write_role = Role.ADMIN
    http_method_names = ["get", "patch", "delete", "head", "options"]

    def partial_update(self, request: Request, pk: int) -> Response:
        """Change the role."""
        row = self.get_object()
        given = self.get_serializer(row, data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        role = given.validated_data.get("role", row.role)
        return Response(
            self.get_serializer(members.change_role(membership_id=row.pk, role=role, by=self.access.user)).data
        )

    def perform_destroy(self, instance: Membership) -> None:
        members.remove_member(membership_id=instance.pk, by=self.access.user)


class AuditSerializer(serializers.ModelSerializer[AuditEntry]):
    """`by` is null for a command or a worker. `changes` is `{field: [before, after]}`, or "hidden" for a secret."""

    by = serializers.SerializerMethodField()

    class Meta:
        model = AuditEntry
        fields = ["id", "at", "by", "kind", "object_id", "verb", "title", "changes"]
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_by(self, entry: AuditEntry) -> dict[str, Any] | None:
        """Id and name; an account that is gone has none."""
        if entry.by_id is None:
            return None
        return {"id": entry.by_id, "username": entry.by.get_username() if entry.by else None}


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("kind", str, enum=list(audit.KINDS)),
            OpenApiParameter("object_id", int),
            OpenApiParameter("by", int, description="The id of an account."),
            OpenApiParameter("since", OpenApiTypes.DATETIME),
        ]
    )
)
class AuditViewSet(mixins.ListModelMixin, WorkspaceViewSet):
    """Who did what, newest first. Nothing in it can be changed."""

    queryset = AuditEntry.objects.select_related("by").order_by("-id")
    serializer_class = AuditSerializer
    read_role = Role.MANAGER

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return AuditEntry.objects.none()
        return audit.entries(workspace=self.access.workspace, **wanted(self.request.query_params))


def wanted(params: Any) -> dict[str, Any]:
    """The filters of an address; `Invalid` for a value that can be none."""
    found: dict[str, Any] = {}
    if kind := params.get("kind", ""):
        if kind not in audit.KINDS:
            raise Invalid(f"There is no kind {kind[:40]!r} in the log: use one of {', '.join(audit.KINDS)}.")
        found["kind"] = kind
    for name in ("object_id", "by"):
        if text := params.get(name, ""):
            if not is_number(text):
                raise Invalid(f"{name} is the id of something, a whole number.")
            found[name] = int(text)
    if text := params.get("since", ""):
        found["since"] = moment(text)
    return found


def moment(text: str) -> datetime:
    """A moment in ISO 8601, or the beginning of a day, in UTC where it says no zone."""
    try:
        found = parse_datetime(text if len(text) > 10 else f"{text}T00:00:00")
    except ValueError:
        found = None
    if found is None:
        raise Invalid("since is a moment such as 2026-03-01T09:00:00Z, or a day.")
    return make_aware(found) if is_naive(found) else found
