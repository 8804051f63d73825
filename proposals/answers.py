"""How the desk answers: its page, a part of it, or after a deed the next card with a toast that can undo it."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from ingestion.models import Message
from proposals import desk as desks
from proposals.cards import card_of
from proposals.forms import SNOOZES
from proposals.models import Proposal, SavedFilter
from proposals.requests import find
from tasktracker.core.enums import RejectReason
from tasktracker.core.htmx import wants_fragment
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, workspace_for

TOLD = {
    "approve": "Approved",
    "reject": "Rejected",
    "merge": "Merged",
    "snooze": "Snoozed",
    "undo": "Back on the desk",
    "edit": "Saved",
    "not-same": "Remembered as two things",
    "quote": "Quote added",
}
STAYS = ("undo", "edit", "not-same", "quote")
TITLE_SHOWN = 60
REASONS = [(value, label.capitalize()) for value, label in RejectReason.choices]


def context_of(
    request: HttpRequest,
    shown: Proposal | None,
    *,
    chips: bool = True,
    rows: bool = True,
    below: Proposal | None = None,
) -> dict[str, Any]:
    """What the desk's template and its parts read; `chips` and `rows` false leave those out."""
    workspace, filters = workspace_for(request), desks.Filters.of(request.GET)
    context: dict[str, Any] = {
        "filters": filters,
        "query": filters.query,
        "reasons": REASONS,
        "snoozes": SNOOZES,
        "tomorrow": (timezone.now().astimezone(workspace.zone) + timedelta(days=1)).date().isoformat(),
        "card": card_of(shown, query=filters.query) if shown else None,
    }
    if chips:
        context["chips"] = desks.chips_of(workspace, filters)
    if rows:
        context |= {
            "page": desks.page_of(workspace, filters, below=below),
            "choices": desks.choices_for(workspace),
            "saved": SavedFilter.objects.filter(workspace=workspace, user=access_for(request).user),
            "has_messages": Message.objects.filter(workspace=workspace).exists,  # asked only where the list is empty
        }
    return context


def decided(request: HttpRequest, proposal: Proposal, verb: str) -> HttpResponseBase:
    """The answer after one decision: the next card, or the same one where it stays on the desk."""
    title = proposal.title if len(proposal.title) <= TITLE_SHOWN else proposal.title[: TITLE_SHOWN - 1] + "…"
    if verb in STAYS:
        return answer(request, find(request, proposal.pk), f"{TOLD[verb]}: {title}", redraw=True)
    filters = desks.Filters.of(request.GET)
    there = card_there(request, filters)
    following = None if there else desks.neighbour(workspace_for(request), filters, proposal)
    undo_url = reverse("proposals:decide", args=[proposal.pk, "undo"])
    return answer(
        request,
        find(request, following.pk) if following else None,
        f"{TOLD[verb]}: {title}",
        undo_url=undo_url + (f"?{filters.query}" if filters.query else ""),
        gone=[proposal.pk],
        redraw=following is None and not there,
        card_is_there=there,
    )


def card_there(request: HttpRequest, filters: desks.Filters) -> bool:
    """Whether the page shows the next card already, one that still stands on the desk (see static/desk.js)."""
    shown = request.headers.get("TT-Shown", "")
    if not (wants_fragment(request) and is_number(shown, digits=15)):
        return False
    return filters.matching(workspace_for(request)).filter(pk=int(shown)).exists()


def answer(
    request: HttpRequest,
    shown: Proposal | None,
    told: str,
    *,
    undo_url: str = "",
    gone: list[int] | None = None,
    redraw: bool = False,
    card_is_there: bool = False,
) -> HttpResponseBase:
    """The desk after a deed: parts for htmx, else a redirect with the same words in a toast.

    Where the next `card_is_there` already, the parts around it only.
    """
    filters = desks.Filters.of(request.GET)
    if shown is None and redraw:
        shown = filters.matching(workspace_for(request)).select_related("run", "project", "decided_by").first()
    if not wants_fragment(request):
        messages.success(request, told, extra_tags=undo_url)
        if request.POST.get("back") == "history":
            return redirect("proposals:history")
        return redirect(address(filters.query, shown))
    context = context_of(request, shown, rows=redraw)
    context["card_is_there"] = card_is_there
    context |= {"toast": told, "undo_url": undo_url, "gone": gone or [], "redraw": redraw, "focus": True, "oob": True}
    # on a phone the next card stays open, until nothing is left
    context["opened"] = shown is not None
    response = render(request, "proposals/desk.html#decided", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#card", "none" if card_is_there else "outerHTML"
    if not card_is_there:
        response["HX-Replace-Url"] = address(filters.query, shown)
    response["HX-Trigger"] = "closeDialog"
    return response


def address(query: str, shown: Proposal | None) -> str:
    """The desk under these filters, with this card."""
    parts = [part for part in (query, f"at={shown.pk}" if shown else "") if part]
    return reverse("proposals:desk") + ("?" + "&".join(parts) if parts else "")
