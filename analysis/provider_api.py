"""The API of who answers: providers, agents, assignments, task configurations."""

from dataclasses import replace
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analysis import agents, probing, providers, trying
from analysis.models import Agent, Assignment, Provider, TaskConfig
from analysis.provider_serializers import (
    AgentSerializer,
    AgentTestSerializer,
    AgentVersionSerializer,
    AssignmentSerializer,
    ProviderSerializer,
    TaskConfigSerializer,
)
from tasktracker.core.api import CrudViewSet
from tasktracker.core.enums import Role
from tasktracker.core.locks import one_at_a_time

VERSIONS = 200
TRY_SECONDS = 90  # longer than any of these waits


class ProviderViewSet(CrudViewSet):
    """Providers. The offline engine is always among them."""

    queryset = Provider.objects.order_by("id")
    serializer_class = ProviderSerializer
    ordering = ("id",)
    write_role = Role.ADMIN
    roles = {"models": Role.ADMIN}
    proven_fields = ("api_key",)
    in_transaction = False

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        providers.ensure_offline_provider(workspace=self.access.workspace)
        return super().list(request, *args, **kwargs)

    def perform_destroy(self, instance: Provider) -> None:  # type: ignore[override]
        providers.delete_provider(provider=instance)

    @extend_schema(
        request=inline_serializer("ProviderTest", {"structured": serializers.BooleanField(required=False)}),
        responses=OpenApiTypes.OBJECT,
    )
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Whether the provider answers: `{"ok", "detail", "models", "structured", "context_tokens"}`.

        `structured` (yes, no, unknown) says whether answers can be held to a schema. With `structured` true in the
        body its default model is asked where that is not known: a call of a few tokens.
        """
        provider = self.get_object()
        field = serializers.BooleanField(default=False)
        ask = field.run_validation(request.data.get("structured", False) if isinstance(request.data, dict) else False)
        with one_at_a_time(user=self.access.user, seconds=TRY_SECONDS):
            found = probing.probe(provider)
            if ask and found.ok and found.structured == "unknown" and provider.default_model:
                found = replace(found, structured=trying.ask_structured(provider))
            return Response(found.as_dict())

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def models(self, request: Request, pk: str) -> Response:
        """The models that the provider says it has: `{"models": [name]}`; 502 when it does not answer."""
        provider = self.get_object()
        with one_at_a_time(user=self.access.user, seconds=TRY_SECONDS):
            return Response({"models": probing.models_of(provider)})


class AgentViewSet(CrudViewSet):
    """Agents: a provider put to one purpose."""

    queryset = Agent.objects.select_related("provider").order_by("id")
    serializer_class = AgentSerializer
    ordering = ("id",)
    write_role = Role.ADMIN

    @extend_schema(
        request=AgentTestSerializer,
        responses=OpenApiTypes.OBJECT,
    )
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """What the agent would say about a text.

        `{"prompt": {"system", "user", "name", "version"}, "answer", "tokens_in", "tokens_out", "cost", "duration_ms",
        "model"}`; lines of the form `Name: words` are messages of their own. `version` tries an earlier version.
        """
        agent = self.get_object()
        body = AgentTestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        asked = agents.at_version(agent, body.validated_data.get("version", agent.version))
        with one_at_a_time(user=self.access.user, seconds=TRY_SECONDS):
            return Response(trying.try_agent(asked, body.validated_data["text"]))

    def perform_destroy(self, instance: Agent) -> None:  # type: ignore[override]
        agents.delete_agent(agent=instance)

    @extend_schema(responses=AgentVersionSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def versions(self, request: Request, pk: str) -> Response:
        """The agent as it was, the newest version first: at most 200."""
        rows = self.get_object().versions.select_related("by")[:VERSIONS]
        return Response(AgentVersionSerializer(rows, many=True).data)


class TaskConfigViewSet(CrudViewSet):
    """Extra fields that tasks get."""

    queryset = TaskConfig.objects.order_by("id")
    serializer_class = TaskConfigSerializer
    ordering = ("id",)
    write_role = Role.MANAGER


class AssignmentViewSet(CrudViewSet):
    """Which agent serves which purpose."""

    queryset = Assignment.objects.order_by("id")
    serializer_class = AssignmentSerializer
    ordering = ("id",)
    write_role = Role.ADMIN
