"""Providers, agents, assignments and task configurations as the API gives and takes them."""

from typing import Any

from rest_framework import serializers

from analysis import agents, providers
from analysis.models import Agent, AgentVersion, Assignment, Provider, TaskConfig
from analysis.task_fields import schema_error
from knowledge.models import Project
from tasktracker.core.permissions import access_for


class ScopedKey(serializers.PrimaryKeyRelatedField):  # type: ignore[type-arg]
    """A key to a row of the caller's workspace; one of another workspace does not exist."""

    def get_queryset(self) -> Any:
        request, rows = self.context.get("request"), super().get_queryset()
        if request is None or rows is None:
            return rows  # the description of the API is being made
        return rows.filter(workspace=access_for(request).workspace)

    def to_representation(self, value: Any) -> Any:
        return value if isinstance(value, int) else super().to_representation(value)  # a list of ids holds no rows


class ProviderSerializer(serializers.ModelSerializer[Provider]):
    """A provider. `api_key` goes in and never comes out; a new host in `base_url` clears it."""

    api_key = serializers.CharField(write_only=True, required=False, allow_blank=True, max_length=1000)
    has_key = serializers.BooleanField(read_only=True)
    status = serializers.SerializerMethodField(help_text="ready, inactive, model_missing or key_unreadable")

    class Meta:
        model = Provider
        fields = [
            "id",
            "name",
            "kind",
            "base_url",
            "api_key",
            "has_key",
            "default_model",
            "context_tokens",
            "concurrency",
            "timeout_seconds",
            "requests_per_minute",
            "tokens_per_minute",
            "local",
            "is_active",
            "is_default",
            "status",
            "created_at",
        ]
        read_only_fields = ["created_at"]
        extra_kwargs = {
            "context_tokens": {"min_value": 1024, "max_value": 10_000_000},
            "concurrency": {"min_value": 1, "max_value": 64},
            "timeout_seconds": {"min_value": 1, "max_value": 480},
            "requests_per_minute": {"max_value": 1_000_000},
            "tokens_per_minute": {"max_value": 1_000_000_000},
        }

    def get_status(self, provider: Provider) -> str:
        return providers.status_of(provider)

    def create(self, validated_data: dict[str, Any]) -> Provider:
        workspace = validated_data.pop("workspace")
        return providers.save_provider(provider=Provider(workspace=workspace), values=validated_data)

    def update(self, instance: Provider, validated_data: dict[str, Any]) -> Provider:
        return providers.save_provider(provider=instance, values=validated_data)


class AgentSerializer(serializers.ModelSerializer[Agent]):
    """An agent; `version` grows with each change. `fallbacks` are providers to ask in turn when its own is down."""

    provider = ScopedKey(queryset=Provider.objects.all())
    fallbacks = ScopedKey(queryset=Provider.objects.all(), many=True, required=False)

    class Meta:
        model = Agent
        fields = [
            "id",
            "name",
            "purpose",
            "provider",
            "fallbacks",
            "model",
            "temperature",
            "max_tokens",
            "instructions",
            "language",
            "version",
            "created_at",
        ]
        read_only_fields = ["version", "created_at"]
        extra_kwargs = {
            "temperature": {"min_value": 0.0, "max_value": 2.0},
            "max_tokens": {"min_value": 64, "max_value": 1_000_000},
            "instructions": {"max_length": 8_000},
        }

    def create(self, validated_data: dict[str, Any]) -> Agent:
        workspace = validated_data.pop("workspace")
        return self._save(Agent(workspace=workspace), validated_data)

    def update(self, instance: Agent, validated_data: dict[str, Any]) -> Agent:
        return self._save(instance, validated_data)

    def _save(self, agent: Agent, values: dict[str, Any]) -> Agent:
        return agents.save_agent(agent=agent, values=values, by=access_for(self.context["request"]).user)


class AgentTestSerializer(serializers.Serializer[Any]):
    """A text to try an agent on, in an earlier `version` of it or as it is now."""

    text = serializers.CharField(max_length=4_000)
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class AgentVersionSerializer(serializers.ModelSerializer[AgentVersion]):
    """An agent as it was from `at` on. `by` is who changed it, `provider` null where that is gone since."""

    by = serializers.CharField(source="by.username", default=None, read_only=True)

    class Meta:
        model = AgentVersion
        fields = [
            *("number", "name", "purpose", "provider", "provider_name", "fallbacks", "model"),
            *("temperature", "max_tokens", "instructions", "language", "at", "by"),
        ]
        read_only_fields = fields


class TaskConfigSerializer(serializers.ModelSerializer[TaskConfig]):
    """Extra fields of tasks: a JSON Schema of type object."""

    project = ScopedKey(queryset=Project.objects.all(), required=False, allow_null=True)

    class Meta:
        model = TaskConfig
        fields = ["id", "name", "project", "schema", "is_active", "created_at"]
        read_only_fields = ["created_at"]

    def validate_schema(self, value: Any) -> Any:
        error = schema_error(value)
        if error:
            raise serializers.ValidationError(error)
        return value


class AssignmentSerializer(serializers.ModelSerializer[Assignment]):
    """Which agent serves a purpose; without `project` in the whole workspace."""

    agent = ScopedKey(queryset=Agent.objects.all())
    project = ScopedKey(queryset=Project.objects.all(), required=False, allow_null=True)

    class Meta:
        model = Assignment
        fields = ["id", "purpose", "agent", "project", "created_at"]
        read_only_fields = ["created_at"]
        # "Once for each purpose and project" is the database's to say: a twin is a conflict, not bad input.
        validators: list[Any] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        purpose = attrs.get("purpose", getattr(self.instance, "purpose", None))
        agent = attrs.get("agent", getattr(self.instance, "agent", None))
        if agent is not None and agent.purpose != purpose:
            raise serializers.ValidationError({"agent": f"This agent is for {agent.purpose}."})
        return attrs
