"""The API of the review desk, and the trail of a task through it."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from knowledge import selectors as knowledge
from knowledge.models import Task
from knowledge.serializers import AtomSerializer, QuoteSerializer, TaskSerializer
from proposals import selectors, services
from proposals.filters import ProposalFilter
from proposals.models import Proposal
from proposals.serializers import (
    ApproveSerializer,
    BulkResultSerializer,
    BulkSerializer,
    EvidenceInSerializer,
    MergeSerializer,
    NotSameSerializer,
    ProposalDetailSerializer,
    ProposalSerializer,
    RejectSerializer,
    SnoozeSerializer,
    UndoSerializer,
)
from tasktracker.core.api import ReadOnlyViewSet, ScopedMixin, idempotent
from tasktracker.core.errors import Invalid

Given = dict[str, Any]


def given[S: serializers.Serializer[Any]](kind: type[S], request: Request) -> Given:
    """The checked body of a verb."""
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    data: Given = body.validated_data
    return data


@extend_schema_view(list=extend_schema(summary="Proposals, best first; those that need evidence by `status` only"))
class ProposalViewSet(ReadOnlyViewSet):
    """What people must decide."""

    queryset = Proposal.objects.all()
    serializer_class = ProposalSerializer
    filterset_class = ProposalFilter
    ordering = ("-rank", "-id")

    def get_queryset(self) -> Any:
        rows = selectors.with_evidence(super().get_queryset())
        listing = self.action == "list" and not self.request.query_params.get("status")
        return rows.exclude(status=Proposal.Status.NEEDS_EVIDENCE) if listing else rows

    def get_serializer_class(self) -> type[ProposalSerializer]:
        return ProposalDetailSerializer if self.action == "retrieve" else ProposalSerializer

    def _who(self) -> dict[str, Any]:
        """The proposal, looked up among those that the caller may see, and the caller."""
        proposal = get_object_or_404(
            Proposal.objects.filter(workspace=self.access.workspace).only("pk"), pk=self.kwargs["pk"]
        )
        return {"proposal_id": proposal.pk, "by": self.access.user}

    def _answer(self, proposal: Proposal) -> Response:
        shown = selectors.with_evidence(Proposal.objects.filter(pk=proposal.pk)).get()
        return Response(ProposalSerializer(shown).data)

    @extend_schema(request=OpenApiTypes.OBJECT, responses=ProposalSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change payload keys, given at the top or in `payload`; they count as a person's from now on."""
        who, body = self._who(), request.data
        if not isinstance(body, dict):
            raise Invalid("Send an object with the keys to change.")
        fields = body["payload"] if isinstance(body.get("payload"), dict) else body
        return self._answer(services.edit(**who, fields=fields))

    @extend_schema(request=ApproveSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: Request, pk: str) -> Response:
        """Accept it: the topic, atom or task is made. 409 already_decided, superseded or needs_evidence."""
        return self._answer(services.approve(**self._who(), edits=given(ApproveSerializer, request).get("edits")))

    @extend_schema(request=RejectSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def reject(self, request: Request, pk: str) -> Response:
        """Refuse it; it stays away until two new independent messages support it."""
        return self._answer(services.reject(**self._who(), **given(RejectSerializer, request)))

    @extend_schema(request=MergeSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def merge(self, request: Request, pk: str) -> Response:
        """Merge it into another proposal or an approved object of its kind; answers with the one that was merged."""
        return self._answer(services.merge(**self._who(), **given(MergeSerializer, request)))

    @extend_schema(request=SnoozeSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def snooze(self, request: Request, pk: str) -> Response:
        """Put it off until a moment in the future."""
        return self._answer(services.snooze(**self._who(), **given(SnoozeSerializer, request)))

    @extend_schema(request=UndoSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def undo(self, request: Request, pk: str) -> Response:
        """Take back what was done last. 409 has_consequences with `items`, unless `confirm` is true."""
        return self._answer(services.undo(**self._who(), **given(UndoSerializer, request)))

    @extend_schema(request=EvidenceInSerializer, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def evidence(self, request: Request, pk: str) -> Response:
        """Add a quote; what needed evidence waits like any other then."""
        who = self._who()
        body = given(EvidenceInSerializer, request)
        return self._answer(services.add_evidence(**who, message_id=body["message"], quote=body["quote"]))

    @extend_schema(request=NotSameSerializer, responses={204: None})
    @action(detail=True, methods=["post"], url_path="not-same")
    @idempotent
    def not_same(self, request: Request, pk: str) -> Response:
        """Say that something similar is another thing; it is remembered for good."""
        services.mark_not_same(**self._who(), **given(NotSameSerializer, request))
        return Response(status=204)

    @extend_schema(request=BulkSerializer, responses=BulkResultSerializer, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    @idempotent
    def bulk(self, request: Request) -> Response:
        """One verb for many ids, each by itself; undone as one by `{"verb": "undo", "action_id": …}`."""
        body = given(BulkSerializer, request)
        scope: dict[str, Any] = {"workspace": self.access.workspace, "by": self.access.user}
        if "action_id" in body:
            confirm = body["params"].get("confirm", False)
            result = services.undo_bulk(action_id=body["action_id"], **scope, confirm=confirm)
        else:
            result = services.decide_bulk(ids=body["ids"], verb=body["verb"], **scope, **body["params"])
        return Response(
            {
                "requested": result.requested,
                "done": len(result.done),
                "ids": result.done,
                "skipped": result.skipped,
                "action_id": str(result.action_id),
            }
        )


class TrailSerializer(serializers.Serializer[Any]):
    """From a task back to the exact words."""

    task = TaskSerializer()
    proposal = ProposalSerializer(allow_null=True)
    atoms = AtomSerializer(many=True)
    quotes = QuoteSerializer(many=True)


class TrailView(ScopedMixin, APIView):
    """Words, atoms, proposal, task."""

    @extend_schema(responses=TrailSerializer, operation_id="tasks_trail_retrieve")
    def get(self, request: Request, pk: int) -> Response:
        """The task, the proposal that made it (null for one made by hand), and its atoms with their quotes."""
        tasks = knowledge.with_quotes(Task.objects.filter(workspace=self.access.workspace))
        task = get_object_or_404(tasks.select_related("assignee", "project").prefetch_related("atoms"), pk=pk)
        return Response(
            TrailSerializer(
                {
                    "task": task,
                    "proposal": selectors.proposal_of(task),
                    "atoms": knowledge.trail_atoms(task),
                    "quotes": task.quotes.all(),
                }
            ).data
        )
