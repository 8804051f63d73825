"""The API of runs."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from analysis import selectors, services
from analysis.filters import RunFilter, WindowFilter
from analysis.models import AnalysisRun, Provider, Window
from analysis.serializers import (
    CallSerializer,
    ExtractInSerializer,
    ResumeInSerializer,
    RunInSerializer,
    RunSerializer,
    WindowSerializer,
)
from ingestion.models import Source
from tasktracker.core.api import WorkspaceViewSet, idempotent
from tasktracker.core.enums import Role, Stage
from tasktracker.core.errors import NotFound
from tasktracker.core.models import Workspace
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import Access, access_for


def _create(access: Access, given: Serializer[Any], *, stage: str) -> AnalysisRun:
    """A pending run from checked input."""
    values = given.validated_data
    return services.create_run(
        workspace=access.workspace,
        stage=stage,
        by=access.user,
        since=values.get("since"),
        until=values.get("until"),
        source=_source(access.workspace, values.get("source")),
        provider=_provider(access.workspace, values.get("provider")),
        caps=values.get("caps"),
    )


def _source(workspace: Workspace, wanted: str | None) -> Source | None:
    if not wanted:
        return None
    rows = Source.objects.filter(workspace=workspace)
    found = (rows.filter(pk=int(wanted)).first() if is_number(wanted) else None) or rows.filter(name=wanted).first()
    if found is None:
        raise NotFound(f"There is no source {wanted!r} in this workspace.")
    return found


def _provider(workspace: Workspace, wanted: str | None) -> Provider | str | None:
    """A row for an id; a name is looked up by the service, which tells the names that there are."""
    if not wanted:
        return None
    found = Provider.objects.filter(workspace=workspace, pk=int(wanted)).first() if is_number(wanted) else None
    return found or wanted


def _shown(run_id: int) -> dict[str, Any]:
    rows = AnalysisRun.objects.select_related("provider").filter(pk=run_id)
    return dict(RunSerializer(selectors.with_counts(rows).get()).data)


class RunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, WorkspaceViewSet):
    """Analysis runs: made pending with a forecast, then started."""

    queryset = AnalysisRun.objects.select_related("provider")
    serializer_class = RunSerializer
    filterset_class = RunFilter
    ordering = ("-id",)
    write_role = Role.MANAGER

    def get_queryset(self) -> Any:
        return selectors.with_counts(super().get_queryset())

    @extend_schema(request=RunInSerializer, responses={201: RunSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a run over what waits: pending, with its forecast."""
        given = RunInSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        run = _create(self.access, given, stage=given.validated_data["stage"])
        return Response(_shown(run.pk), status=201)

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def start(self, request: Request, pk: str) -> Response:
        """pending → running. Twice is harmless."""
        return Response(_shown(services.start_run(run_id=self.get_object().pk, by=self.access.user).pk))

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """End a run that is not over; what it found stays."""
        return Response(_shown(services.cancel_run(run_id=self.get_object().pk, by=self.access.user).pk))

    @extend_schema(request=ResumeInSerializer, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def resume(self, request: Request, pk: str) -> Response:
        """Go on with what is not done: a paused run, or the failed windows of one that ended."""
        given = ResumeInSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        run = services.resume_run(
            run_id=self.get_object().pk, by=self.access.user, caps=given.validated_data.get("caps")
        )
        return Response(_shown(run.pk))

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: Request, pk: str) -> Response:
        """Put an ended run away."""
        return Response(_shown(services.close_run(run_id=self.get_object().pk, by=self.access.user).pk))

    @extend_schema(
        responses=WindowSerializer(many=True),
        filters=False,
        parameters=[OpenApiParameter("status", str, enum=Window.Status.values)],
    )
    @action(detail=True, methods=["get"], filterset_class=None)
    def windows(self, request: Request, pk: str) -> Response:
        """The windows of a run, newest first; `status` filters."""
        run = get_object_or_404(AnalysisRun, pk=pk, workspace=self.access.workspace)
        rows = WindowFilter(request.query_params, queryset=selectors.windows_of(run)).qs
        return self.get_paginated_response(WindowSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(responses=CallSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], filterset_class=None)
    def calls(self, request: Request, pk: str) -> Response:
        """The calls that a run has made, newest first."""
        run = get_object_or_404(AnalysisRun, pk=pk, workspace=self.access.workspace)
        page = self.paginate_queryset(selectors.calls_of(run))
        return self.get_paginated_response(CallSerializer(page, many=True).data)


class ExtractView(APIView):
    """Extract knowledge from what has come since the last run."""

    write_role = Role.MANAGER

    @extend_schema(request=ExtractInSerializer, responses={202: RunSerializer})
    def post(self, request: Request) -> Response:
        """A run of stage knowledge, started."""
        return self._extract(request)

    @idempotent
    def _extract(self, request: Request) -> Response:
        access = access_for(request)
        given = ExtractInSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        run = _create(access, given, stage=Stage.KNOWLEDGE)
        return Response(_shown(services.start_run(run_id=run.pk, by=access.user).pk), status=202)
