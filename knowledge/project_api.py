"""The API of projects and their versions."""

from typing import Any

from django.db.models import Model
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ingestion.models import Participant
from knowledge import projects, services
from knowledge.models import Project
from knowledge.serializers import Anything, MemberField, NamedRelatedField
from tasktracker.core.api import CrudViewSet, idempotent
from tasktracker.core.enums import Priority, Role
from tasktracker.core.models import User


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "participant": {"oneOf": [{"type": "integer"}, {"type": "string"}]},
            "components": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["participant"],
    }
)
class TeamMemberField(Anything):
    """Somebody of the team, by id or name (given out as the id), and the components that they own."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict) or not {"participant"} <= set(data) <= {"participant", "components"}:
            raise serializers.ValidationError("Give {participant, components}.")
        who = NamedRelatedField(Participant)
        who.parent = self  # type: ignore[assignment]  # it knows the caller's workspace by its parents
        return {"participant": who.to_internal_value(data["participant"]).pk, "components": data.get("components", [])}

    def to_representation(self, value: Any) -> dict[str, Any]:
        return {"participant": value["participant"], "components": value["components"]}


class PriorityRuleSerializer(serializers.Serializer[Any]):
    """The first rule of which a word is said decides."""

    keywords = serializers.ListField(child=serializers.CharField(max_length=60), allow_empty=False)
    priority = serializers.ChoiceField(choices=Priority.choices)


class ProjectSerializer(serializers.ModelSerializer[Project]):
    """`version` is major.minor.patch and grows with each change.

    Major: a component was removed or renamed, or the project was. Minor: another language, a new component, other
    priority rules. Patch: everything else.
    """

    default_assignee = NamedRelatedField(Participant, required=False, allow_null=True)
    manager = MemberField(queryset=User.objects.all(), required=False, allow_null=True)
    keywords = serializers.ListField(child=serializers.CharField(max_length=60), required=False)
    components = serializers.ListField(child=serializers.CharField(max_length=60), required=False)
    glossary = serializers.DictField(child=serializers.CharField(max_length=300), required=False)
    team = serializers.ListField(child=TeamMemberField(), required=False)
    priority_rules = PriorityRuleSerializer(many=True, required=False)

    class Meta:
        model = Project
        fields = [
            "id",
            "name",
            "description",
            "keywords",
            "glossary",
            "components",
            "team",
            "default_assignee",
            "manager",
            "priority_rules",
            "language",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["version", "created_at", "updated_at"]
        # Whether the name is taken is for the service to say.
        validators: list[Any] = []


class ChangeSerializer(serializers.Serializer[Any]):
    """A field as it was and as it became, in words."""

    field = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class VersionSerializer(serializers.Serializer[Any]):
    """A version, and what it changed."""

    number = serializers.CharField()
    part = serializers.CharField(help_text="What grew: first, major, minor or patch.")
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)
    changes = ChangeSerializer(many=True)


class ProjectViewSet(CrudViewSet):
    """Projects: keywords, glossary, components, team, priority rules, language, and the versions of all that."""

    queryset = Project.objects.select_related("default_assignee").order_by("name", "id")
    serializer_class = ProjectSerializer
    ordering = ("name", "id")
    write_role = Role.MANAGER

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make one, at version 1.0.0."""
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = services.create_project(
            workspace=self.access.workspace, values=serializer.validated_data, by=self.access.user
        )

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = services.change_project(
            project_id=serializer.instance.pk, values=serializer.validated_data, by=self.access.user
        )

    def perform_destroy(self, instance: Model) -> None:
        services.delete_project(project_id=instance.pk, by=self.access.user)

    @extend_schema(responses=VersionSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def versions(self, request: Request, pk: int) -> Response:
        """The newest 50 versions: who made them, when, and what changed."""
        return Response(VersionSerializer(projects.versions_of(self.get_object()), many=True).data)
