"""The API of who answers: providers, agents, assignments, task configurations."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analysis import probing, providers
from analysis.models import Agent, Assignment, Provider, TaskConfig
from analysis.provider_serializers import (
    AgentSerializer,
    AssignmentSerializer,
    ProviderSerializer,
    TaskConfigSerializer,
)
from tasktracker.core.api import CrudViewSet
from tasktracker.core.enums import Role
from tasktracker.core.locks import one_at_a_time

TEXT_LIMIT = 4_000
TRY_SECONDS = 90  # longer than any of these waits


class ProviderViewSet(CrudViewSet):
    """Providers. The offline engine is always among them."""

    queryset = Provider.objects.order_by("id")
    serializer_class = ProviderSerializer
    ordering = ("id",)
    write_role = Role.ADMIN
    roles = {"models": Role.ADMIN}
    in_transaction = False

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        providers.ensure_offline_provider(workspace=self.access.workspace)
        return super().list(request, *args, **kwargs)

    def perform_destroy(self, instance: Provider) -> None:  # type: ignore[override]
        providers.delete_provider(provider=instance)

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Whether the provider answers: `{"ok", "detail", "models"}`."""
        provider = self.get_object()
        with one_at_a_time(user=self.access.user, seconds=TRY_SECONDS):
            return Response(probing.probe(provider).as_dict())

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
        request=inline_serializer("AgentTest", {"text": serializers.CharField(max_length=TEXT_LIMIT)}),
        responses=OpenApiTypes.OBJECT,
    )
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """What the agent would say about a text: `{"answer", "tokens_in", "tokens_out", "cost", "duration_ms"}`."""
        agent = self.get_object()
        field = serializers.CharField(max_length=TEXT_LIMIT)
        text = field.run_validation(request.data.get("text") if isinstance(request.data, dict) else None)
        with one_at_a_time(user=self.access.user, seconds=TRY_SECONDS):
            return Response(probing.try_agent(agent, text))


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
