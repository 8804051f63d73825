"""The API of topics, atoms, links and tasks."""

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from ingestion.serializers import MessageSerializer
from knowledge import handwork, selectors, services
from knowledge.filters import AtomFilter, AtomLinkFilter, TaskFilter, TopicFilter
from knowledge.models import Atom, AtomLink, Task, Topic
from knowledge.serializers import (
    AtomLinkSerializer,
    AtomSerializer,
    HappenedSerializer,
    MergeIntoSerializer,
    SplitSerializer,
    TakeBackSerializer,
    TaskSerializer,
    TopicSerializer,
)
from tasktracker.core.api import CrudViewSet, WorkspaceViewSet, idempotent
from tasktracker.core.errors import NotFound


class KnowledgeViewSet(CrudViewSet):
    """CRUD whose writes go through services; a body is answered with the object as a GET gives it."""

    kind: str
    made: Any
    ordering: tuple[str, ...]
    unlisted: ClassVar[tuple[str, ...]] = ()  # statuses that a list shows only when asked for

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """`rows` with what goes with them; for each request anew, since what it may see is its own."""
        return rows

    def get_queryset(self) -> Any:
        rows = self.dressed(super().get_queryset())
        listing = self.action == "list" and not self.request.query_params.get("status")
        return rows.exclude(status__in=self.unlisted) if listing and self.unlisted else rows

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make one."""
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        self.perform_create(given)
        return Response(self.shown(self.made.pk), status=201)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change one."""
        row = self.get_object()
        given = self.get_serializer(row, data=request.data, partial=kwargs.pop("partial", False))
        given.is_valid(raise_exception=True)
        self.perform_update(given)
        return Response(self.shown(row.pk))

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        make = getattr(services, f"create_{self.kind}")
        self.made = make(workspace=self.access.workspace, by=self.access.user, values=serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        change = getattr(services, f"change_{self.kind}")
        row: Any = serializer.instance
        change(**{f"{self.kind}_id": row.pk}, by=self.access.user, values=serializer.validated_data)

    def perform_destroy(self, instance: Model) -> None:
        getattr(services, f"delete_{self.kind}")(**{f"{self.kind}_id": instance.pk}, by=self.access.user)

    def shown(self, pk: int) -> Any:
        """The row as a GET gives it."""
        return self.get_serializer(self.get_queryset().get(pk=pk)).data

    def merged(self, request: Request) -> Response:
        """Merge this one into another; answers with that."""
        pk = self.get_object().pk
        given = MergeIntoSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        get_object_or_404(self.get_queryset(), pk=given.validated_data["into"])
        merge = getattr(services, f"merge_{self.kind}")
        into = merge(**{f"{self.kind}_id": pk}, into_id=given.validated_data["into"], by=self.access.user)
        return Response(self.shown(into.pk))

    def page_of(self, rows: QuerySet[Any], serializer: type[BaseSerializer[Any]]) -> Response:
        """A cursor page of other rows."""
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(serializer(page, many=True, context=self.get_serializer_context()).data)

    def happened(self) -> Response:
        """What happened to it, newest first."""
        return Response(HappenedSerializer(selectors.history_of(self.kind, self.get_object()), many=True).data)

    @extend_schema(request=TakeBackSerializer, responses=HappenedSerializer(many=True))
    @action(detail=True, methods=["post"], pagination_class=None, filterset_class=None)
    @idempotent
    def undo(self, request: Request, pk: str) -> Response:
        """Take back a change by hand, named by the `edit` of its line in the history; answers with the history."""
        row = self.get_object()
        given = TakeBackSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        edit = handwork.edits_of(self.kind, row.pk).filter(pk=given.validated_data["edit"]).first()
        if edit is None:
            raise NotFound("There is no such change of this.")
        services.take_back(edit_id=edit.pk, by=self.access.user, confirm=given.validated_data["confirm"])
        return self.happened()


class TopicViewSet(KnowledgeViewSet):
    """Topics, by name; merged ones are listed only when asked for."""

    kind = "topic"
    queryset = Topic.objects.select_related("project").order_by("name", "id")

    serializer_class = TopicSerializer
    filterset_class = TopicFilter
    unlisted = (Topic.Status.MERGED,)
    ordering: tuple[str, ...] = ("name", "id")

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return selectors.with_counts(rows)

    @extend_schema(responses=AtomSerializer(many=True))
    @action(detail=True, filterset_class=None)
    def atoms(self, request: Request, pk: str) -> Response:
        """Its atoms, newest first."""
        rows = Atom.objects.filter(topics=self.get_object()).exclude(status=Atom.Status.MERGED)
        self.ordering = ("-id",)
        return self.page_of(selectors.with_quotes(rows).prefetch_related("topics"), AtomSerializer)

    @extend_schema(responses=MessageSerializer(many=True))
    @action(detail=True, filterset_class=None)
    def messages(self, request: Request, pk: str) -> Response:
        """The messages that it rests on, oldest first."""
        self.ordering = ("sent_at", "id")
        return self.page_of(selectors.messages_of(self.get_object()), MessageSerializer)

    @extend_schema(request=MergeIntoSerializer, responses=TopicSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def merge(self, request: Request, pk: str) -> Response:
        """Merge it into another topic; answers with that."""
        return self.merged(request)

    @extend_schema(request=SplitSerializer, responses={201: TopicSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def split(self, request: Request, pk: str) -> Response:
        """Take some of its atoms into a new topic; answers with that."""
        topic = self.get_object()
        given = SplitSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        made = services.split_topic(topic_id=topic.pk, by=self.access.user, **given.validated_data)
        return Response(self.shown(made.pk), status=201)

    @extend_schema(responses=HappenedSerializer(many=True))
    @action(detail=True, pagination_class=None, filterset_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """What happened to it, newest first."""
        return self.happened()


class AtomViewSet(KnowledgeViewSet):
    """Atoms, newest first; merged ones are listed only when asked for."""

    kind = "atom"
    queryset = Atom.objects.prefetch_related("topics").order_by("-id")

    serializer_class = AtomSerializer
    filterset_class = AtomFilter
    unlisted = (Atom.Status.MERGED,)
    ordering = ("-id",)

    def dressed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return selectors.with_quotes(rows)

    @extend_schema(request=MergeIntoSerializer, responses=AtomSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def merge(self, request: Request, pk: str) -> Response:
        """Merge it into another atom; answers with that."""
        return self.merged(request)

    @extend_schema(responses=HappenedSerializer(many=True))
    @action(detail=True, pagination_class=None, filterset_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """What happened to it, newest first."""
        return self.happened()


class AtomLinkViewSet(
    mixins.CreateModelMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    WorkspaceViewSet,
):
    """Links between atoms."""

    queryset = AtomLink.objects.order_by("-id")
    serializer_class = AtomLinkSerializer
    filterset_class = AtomLinkFilter
    ordering = ("-id",)

    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make one."""
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: Any) -> None:
        data = serializer.validated_data
        serializer.instance = services.link_atoms(
            workspace=self.access.workspace,
            from_atom=data["from_atom"],
            to_atom=data["to_atom"],
            kind=data["type"],
            by=self.access.user,
        )

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = services.change_link(
            link_id=serializer.instance.pk, by=self.access.user, **serializer.validated_data
        )

    def perform_destroy(self, instance: AtomLink) -> None:
        services.unlink_atoms(link_id=instance.pk, by=self.access.user)


class TaskViewSet(KnowledgeViewSet):
    """Tasks, newest first."""

    kind = "task"
    queryset = Task.objects.select_related("assignee", "project").prefetch_related("atoms").order_by("-id")
    serializer_class = TaskSerializer
    filterset_class = TaskFilter
    ordering = ("-id",)

    @extend_schema(responses=HappenedSerializer(many=True))
    @action(detail=True, pagination_class=None, filterset_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """What happened to it, newest first."""
        return self.happened()
