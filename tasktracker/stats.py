"""`/api/stats`: counts over every app, always counted, never stored."""

from datetime import timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Sum, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analysis.models import AnalysisRun
from ingestion.models import Message
from knowledge.models import Atom, Task, Topic
from proposals.models import Proposal
from proposals.selectors import JUDGED
from tasktracker.core.enums import Tier
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.core.permissions import access_for

DAYS = 30


def tally(rows: Any, *keys: str) -> Any:
    """Rows of `values(*keys, n)` as nested dicts of counts."""
    found: dict[str, Any] = {}
    for row in rows:
        place = found
        for key in keys[:-1]:
            place = place.setdefault(str(row[key]), {})
        place[str(row[keys[-1]])] = row["n"]
    return found


def figures(workspace: Workspace) -> dict[str, Any]:
    """Counts by status and kind, messages by day and source, acceptance by tier, cost by day (30 days)."""
    since = timezone.now() - timedelta(days=DAYS)
    messages = Message.objects.filter(workspace=workspace)
    proposals = Proposal.objects.filter(workspace=workspace)
    tier = Case(
        When(confidence__gt=0.9, then=Value(Tier.HIGH)),
        When(confidence__gte=0.7, then=Value(Tier.MEDIUM)),
        default=Value(Tier.LOW),
        output_field=CharField(),
    )
    decided = proposals.filter(JUDGED, status__in=["approved", "rejected", "merged"])
    recent = messages.filter(sent_at__gte=since)
    calls = LLMCall.objects.filter(workspace=workspace, at__gte=since)
    cost = calls.annotate(day=TruncDate("at")).values("day").annotate(n=Sum("cost")).order_by("day")
    return {
        "messages": {
            "total": messages.count(),
            "by_verdict": tally(messages.values("verdict").annotate(n=Count("id")), "verdict"),
            "by_source": tally(messages.values("source__name").annotate(n=Count("id")), "source__name"),
            "by_day": tally(recent.annotate(day=TruncDate("sent_at")).values("day").annotate(n=Count("id")), "day"),
        },
        "proposals": tally(proposals.values("kind", "status").annotate(n=Count("id")), "kind", "status"),
        "acceptance": tally(decided.annotate(t=tier).values("t", "status").annotate(n=Count("id")), "t", "status"),
        "topics": Topic.objects.filter(workspace=workspace, status="active").count(),
        "atoms": tally(
            Atom.objects.filter(workspace=workspace, status="active").values("type").annotate(n=Count("id")), "type"
        ),
        "tasks": tally(Task.objects.filter(workspace=workspace).values("status").annotate(n=Count("id")), "status"),
        "runs": tally(
            AnalysisRun.objects.filter(workspace=workspace).values("stage", "status").annotate(n=Count("id")),
            "stage",
            "status",
        ),
        "cost_by_day": {str(row["day"]): row["n"] for row in cost},
    }


class StatsView(APIView):
    """Counts of the workspace."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return Response(figures(access_for(request).workspace))
