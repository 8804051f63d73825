"""`/api/stats`: counts over every app, always counted, never stored."""

from operator import itemgetter
from typing import Any

from django.db.models import Count
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analysis.models import AnalysisRun
from ingestion.models import Message
from knowledge.models import Atom, Task, Topic
from proposals.models import Proposal
from tasktracker import charts, judged
from tasktracker.buckets import counted, last_days
from tasktracker.core.models import Workspace
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


def by_bucket(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Oldest first."""
    return sorted(rows, key=itemgetter("bucket"))


def figures(workspace: Workspace) -> dict[str, Any]:
    """Counts by status and kind, messages by day and source, acceptance by tier, cost by day.

    Days are the last 30 of the workspace's own zone, those with anything in them; acceptance is of people's last 1,000
    decisions: what the dashboard shows is the same.
    """
    days = last_days(workspace, DAYS)
    messages = Message.objects.filter(workspace=workspace)
    proposals = Proposal.objects.filter(workspace=workspace)
    came = counted(messages, "sent_at", days)
    cost = charts.cost_rows(workspace, days)
    verdicts = tally(messages.values("verdict").annotate(n=Count("id")), "verdict")
    return {
        "messages": {
            "total": sum(verdicts.values()),
            "by_verdict": verdicts,
            "by_source": tally(messages.values("source__name").annotate(n=Count("id")), "source__name"),
            "by_day": {str(days.starts[row["bucket"]].date()): row["n"] for row in by_bucket(came)},
        },
        "proposals": tally(proposals.values("kind", "status").annotate(n=Count("id")), "kind", "status"),
        "acceptance": judged.judged(workspace).by_tier(),
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
        "cost_by_day": {str(days.starts[row["bucket"]].date()): row["spent"] for row in by_bucket(cost)},
    }


class StatsView(APIView):
    """Counts of the workspace."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return Response(figures(access_for(request).workspace))
