"""The API of the ground floor: health, config, events."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tasktracker.core import enums, health, selectors, walls
from tasktracker.core.errors import PROBLEM, Invalid, problem_body
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for

EVENTS_PAGE = 500


@csrf_exempt  # it changes nothing, and the page about cookies is no answer for a program
def nowhere(request: HttpRequest, rest: str) -> JsonResponse:
    """An address below `/api/` that is none: also one where something else than a number stands for a row."""
    body = problem_body("not_found", "There is no such address. What there is stands in /api/schema.", 404)
    return JsonResponse(body, status=404, content_type=PROBLEM)


class HealthView(APIView):
    """Whether each part works. Open to all: it says states, never data. 503 only without the database."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes: list[Any] = []

    @extend_schema(
        auth=[],
        responses=inline_serializer(
            "Health",
            {
                "status": serializers.ChoiceField(["ok", "degraded", "down"]),
                "checks": serializers.DictField(child=serializers.CharField()),
            },
        ),
    )
    def get(self, request: Request) -> Response:
        found = health.checks()
        status = health.overall(found)
        body = {"status": status, "checks": {name: check.state for name, check in found.items()}}
        return Response(body, status=503 if status == "down" else 200)


class LiveView(APIView):
    """That the process runs, for proxies and containers."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes: list[Any] = []

    @extend_schema(auth=[], responses=inline_serializer("Live", {"status": serializers.CharField()}))
    def get(self, request: Request) -> Response:
        return Response({"status": "ok"})


class ConfigView(APIView):
    """What a client needs to know before anything else."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        access = access_for(request)
        names = ("Role", "AtomType", "LinkType", "MessageCategory", "Verdict", "TaskCategory", "Priority", "TaskStatus")
        more = ("Recommendation", "Tier", "Stage", "Purpose", "ProviderKind", "RejectReason")
        return Response(
            {
                "name": "Task Tracker",
                "version": settings.VERSION,
                "workspace": {
                    "slug": access.workspace.slug,
                    "name": access.workspace.name,
                    "timezone": access.workspace.timezone,
                },
                "user": access.user.get_username(),
                "role": access.role,
                "roles": enums.Role.values,
                "enumerations": {name: getattr(enums, name).values for name in names + more},
                "embedding_model": settings.EMBEDDING_MODEL,
            }
        )


class EventsView(APIView):
    """The event log of the workspace after `?since=ID`, oldest first."""

    @extend_schema(
        parameters=[OpenApiParameter("since", int, description="Events with a greater id; 0 for all that are kept.")],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        text = request.query_params.get("since", "0")
        if not is_number(text):
            raise Invalid("since must be the id of an event, a whole number.")
        replay = selectors.events_page(access_for(request).workspace.pk, int(text), limit=EVENTS_PAGE)
        following = replay.last if len(replay.events) == EVENTS_PAGE else None
        told = [event for event in replay.events if not walls.tells_of(event, walls.hidden())]
        return Response({"next": following, "reset": replay.reset, "last": replay.last, "results": told})
