"""Pages that put every app together: the dashboard and the search."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from ingestion.models import Source
from knowledge import search as hybrid
from proposals import learning
from proposals.learning_pages import SIDE, line, points
from tasktracker import buckets, charts, figures, judged
from tasktracker.core.errors import NotFound
from tasktracker.core.htmx import target
from tasktracker.core.permissions import SESSION_KEY, access_of, page, workspace_for

KINDS = ("message", "topic", "atom", "task")
FOUND = 30


def charts_of(board: figures.Board) -> dict[str, Any]:
    """What the charts of decisions and of money read. Two queries.

    Until another range is chosen, how good the models were is told by the last decisions, however old they are.
    """
    chosen = board.days != buckets.DAYS
    since = buckets.last_days(board.workspace, board.days).edges[0] if chosen else None
    recent = judged.judged(board.workspace, since)
    curve = recent.curve()
    return {
        "acceptance": recent.bars(),
        "curve": curve,
        "points": points(curve.bins),
        "bins": [line(one) for one in curve.bins if one.decided],
        "ticks": TICKS,
        "side": SIDE,
        "most_judged": judged.RECENT,
        "judged_in": board.days if chosen else 0,
        "costs": charts.costs(board.workspace, board.days),
    }


def feed(board: figures.Board) -> dict[str, Any]:
    """The newest messages, and what an empty list has to say."""
    return {
        "feed": figures.feed(board.workspace),
        "has_sources": Source.objects.filter(workspace=board.workspace).exists(),
    }


TICKS = [(SIDE * place // 4, SIDE - SIDE * place // 4, place * 25) for place in range(5)]
PARTS: dict[str, Callable[[figures.Board], dict[str, Any]]] = {
    "stopped": lambda board: {"stopped": learning.stopped(board.workspace)},
    "figures": lambda board: {"figures": board.figures()},
    "strip": lambda board: {"strip": figures.strip_of(board.workspace)},
    "feed": feed,
    "waits": lambda board: board.waits(),
    "needs": lambda board: {"needs": figures.needs_you(board.workspace)},
    "came": lambda board: {"came": charts.came_in(board.workspace, board.came[-board.days :])},
    "charts": charts_of,
}


@page()
@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """The whole page, or the one part of it that htmx asks for. `?days=` is how far its charts reach back."""
    board = figures.Board(workspace_for(request), buckets.days_asked(request.GET.get("days", "")))
    context: dict[str, Any] = {"days": board.days, "query": "" if board.days == buckets.DAYS else f"?days={board.days}"}
    part = target(request)
    if part in PARTS:
        return render(request, f"tasktracker/dashboard.html#{part}", context | PARTS[part](board))
    context["ranges"] = [(days, "" if days == buckets.DAYS else f"?days={days}") for days in buckets.RANGES]
    for read in PARTS.values():
        context |= read(board)
    return render(request, "tasktracker/dashboard.html", context)


@page()
@require_POST
def switch_workspace(request: HttpRequest) -> HttpResponseBase:
    """Act in another workspace of one's own from now on."""
    access = access_of(request.user, slug=request.POST.get("workspace", ""))  # type: ignore[arg-type]  # logged in
    if access is None:
        raise NotFound("There is no such workspace, or you are not a member of it.")
    request.session[SESSION_KEY] = access.workspace.pk
    return redirect("dashboard")


@page()
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """One box over messages, topics, atoms and tasks, by words and by meaning."""
    workspace = workspace_for(request)
    q = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    kind = request.GET.get("kind", "")
    kinds = [kind] if kind in KINDS else list(KINDS)
    found = hybrid.search(workspace=workspace, q=q, kinds=kinds, limit=FOUND) if q else []
    context = {"q": q, "kind": kind if kind in KINDS else "", "kinds": KINDS, "found": found}
    name = "#found" if target(request) == "found" else ""
    return render(request, f"tasktracker/search.html{name}", context)
