"""The API of sources and messages."""

from typing import Any, ClassVar

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_view,
    inline_serializer,
)
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BooleanField, CharField, IntegerField

from ingestion import keeping, posting, probing, selectors, services, walls
from ingestion.filters import MessageFilter
from ingestion.importing import ImportReport
from ingestion.models import Message, Source
from ingestion.parsers import NdjsonParser
from ingestion.serializers import (
    MessageInSerializer,
    MessageSerializer,
    SourceSerializer,
    VerdictInSerializer,
    draft_of,
    posted,
)
from tasktracker.core.api import CrudViewSet, ReadOnlyViewSet, idempotent
from tasktracker.core.enums import Role
from tasktracker.core.errors import DomainError, Invalid, NotFound
from tasktracker.core.idempotency import idempotent_secret
from tasktracker.core.locks import one_at_a_time
from tasktracker.core.models import Workspace
from tasktracker.core.paths import is_number

BULK_LIMIT = 5_000
KNOWN_OR_LEFT_OUT = PolymorphicProxySerializer(
    component_name="KnownOrLeftOut",
    serializers=[
        MessageSerializer,
        inline_serializer("LeftOut", {"id": IntegerField(allow_null=True), "left_out": CharField()}),
    ],
    resource_type_field_name=None,
)


def source_to_post(workspace: Workspace, found: Source | None, wanted: str) -> Source:
    """The source found; a name that is not known makes one of kind api. Raises for one that is switched off."""
    source = found
    if source is None:
        if is_number(wanted):
            raise NotFound(f"There is no source {wanted} in this workspace.")
        source = services.ensure_source(workspace=workspace, name=wanted, kind=Source.Kind.API)
    if not source.is_active:
        raise Invalid(f"The source {source.name} is switched off.", code="source_inactive")
    return source


class SourceViewSet(CrudViewSet):
    """Sources: where messages come from."""

    queryset = Source.objects.prefetch_related("readers").order_by("name")
    serializer_class = SourceSerializer
    ordering = ("name", "id")
    write_role = Role.ADMIN
    proven_fields = ("secret",)
    proven_actions = ("rotate_secret",)

    def get_queryset(self) -> Any:
        return walls.sources(super().get_queryset())

    @extend_schema(request=None, responses=inline_serializer("Probe", {"ok": BooleanField(), "detail": CharField()}))
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str | None = None) -> Response:
        """Whether the source works, asked of its platform where that is possible."""
        source = self.get_object()
        with one_at_a_time(user=self.access.user, seconds=60):
            found = probing.probe(source)
        return Response({"ok": found.ok, "detail": found.detail})

    @extend_schema(request=None, responses=inline_serializer("NewSecret", {"secret": CharField()}))
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    @idempotent_secret
    def rotate_secret(self, request: Request, pk: str | None = None) -> Response:
        """A new signing secret; this is the only time that it is shown."""
        return Response({"secret": probing.rotate_secret(source=self.get_object())})


@extend_schema_view(list=extend_schema(summary="Messages, newest first"))
class MessageViewSet(ReadOnlyViewSet):
    """What was said."""

    queryset = Message.objects.select_related("source", "channel", "author")
    serializer_class = MessageSerializer
    filterset_class = MessageFilter
    ordering = ("-sent_at", "-id")
    roles: ClassVar = {"destroy": Role.MANAGER}
    ingest_actions: ClassVar = ("create", "bulk")

    @extend_schema(request=MessageInSerializer, responses={200: KNOWN_OR_LEFT_OUT, 201: MessageSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Store one message: 201, or 200 when it was known (a later `edited_at` replaces its text).

        What the source's filters leave out is not stored: 200 with `{"id": null, "left_out": why}`.
        """
        given = posted().run_validation(request.data)
        with transaction.atomic():
            found, place = posting.find_posted(
                workspace_id=self.access.workspace.pk,
                source=given["source"],
                channel=given.get("channel", ""),
                author=given["author"].external_id,
            )
            source = source_to_post(self.access.workspace, found, given["source"])
            draft = draft_of(given, source)
            if why := keeping.why_not_posted(draft, source):
                return Response({"id": None, "left_out": why})
            recorded = services.record_message(source=source, draft=draft, place=place)
        body = MessageSerializer(recorded.message).data
        return Response(body, status=201 if recorded.outcome == "created" else 200)

    @extend_schema(
        request={"application/json": MessageInSerializer(many=True), "application/x-ndjson": OpenApiTypes.OBJECT},
        responses=OpenApiResponse(OpenApiTypes.OBJECT, "Counts, and the errors by position"),
    )
    @action(detail=False, methods=["post"], parser_classes=[JSONParser, NdjsonParser])
    @idempotent
    def bulk(self, request: Request) -> Response:
        """Store up to 5,000 messages: counts, with an error for each one that could not be taken.

        `skipped` are those that their source's filters leave out, and `reasons` says why.
        """
        rows = request.data
        if not isinstance(rows, list):
            raise Invalid("Send an array of messages, or one JSON object a line as application/x-ndjson.")
        if len(rows) > BULK_LIMIT:
            raise Invalid(f"At most {BULK_LIMIT} messages at once; these are {len(rows)}. Send them in parts.")
        total, errors = ImportReport(seen=len(rows)), []
        by_source: dict[str, list[dict[str, Any]]] = {}
        for position, row in enumerate(rows):
            try:
                given = posted().run_validation(row)
            except ValidationError as error:
                errors.append({"position": position, "errors": error.detail})
            else:
                by_source.setdefault(given["source"], []).append(given)
        for wanted, group in by_source.items():
            self._record_group(wanted, group, total)
        counts = total.counts() | {"errors": total.errors + len(errors)}
        return Response({**counts, "problems": errors[:100], "reasons": total.reasons})

    def _record_group(self, wanted: str, group: list[dict[str, Any]], total: ImportReport) -> None:
        try:
            found, _ = posting.find_posted(workspace_id=self.access.workspace.pk, source=wanted)
            source = source_to_post(self.access.workspace, found, wanted)
        except DomainError as error:
            total.errors += len(group)
            total.note(error.detail)
            return
        report = services.record_messages(source=source, drafts=[draft_of(given, source) for given in group])
        report.seen = 0  # counted above, with those that are no message
        total.add(report)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One message with its thread and what became of it."""
        message = self.get_object()
        body = dict(MessageSerializer(message).data)
        body["thread_messages"] = MessageSerializer(selectors.thread_of(message), many=True).data
        quotes = message.quotes.prefetch_related("topics", "atoms", "tasks", "evidence__proposal")
        body["quotes"] = [
            {
                "id": quote.pk,
                "quote": quote.text,
                "start": quote.start,
                "end": quote.end,
                "stale": quote.is_stale,
                "became": [
                    *({"kind": "topic", "id": topic.pk, "title": topic.name} for topic in quote.topics.all()),
                    *({"kind": "atom", "id": atom.pk, "title": atom.title} for atom in quote.atoms.all()),
                    *({"kind": "task", "id": task.pk, "title": task.title} for task in quote.tasks.all()),
                    *(
                        {"kind": "proposal", "id": row.proposal.pk, "title": row.proposal.title}
                        for row in quote.evidence.all()
                    ),
                ],
            }
            for quote in quotes
        ]
        body["revisions"] = [
            {"text": revision.text, "edited_at": revision.edited_at, "replaced_at": revision.replaced_at}
            for revision in message.revisions.all()
        ]
        return Response(body)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str | None = None) -> Response:
        """Delete the message as its author would have: its words go everywhere, and no import brings it back."""
        message = get_object_or_404(self.get_queryset(), pk=pk)
        services.delete_message(message_id=message.pk, by=self.access.user)
        return Response(status=204)

    @extend_schema(responses=OpenApiTypes.OBJECT, filters=False)
    @action(detail=False, pagination_class=None, filterset_class=None)
    def filters(self, request: Request) -> Response:
        """What a filter form offers."""
        return Response(selectors.filter_choices(self.access.workspace))

    @extend_schema(request=VerdictInSerializer, responses=MessageSerializer)
    @action(detail=True, methods=["post"])
    def verdict(self, request: Request, pk: str | None = None) -> Response:
        """A person's verdict on the message."""
        message = get_object_or_404(self.get_queryset(), pk=pk)
        given = VerdictInSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        changed = services.set_verdict(
            message_id=message.pk, by=self.access.user, verdict=given.validated_data["class"]
        )
        return Response(MessageSerializer(changed).data)
