"""Pages of what was said: the list of messages, and one message in its conversation."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages as flash
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_GET, require_POST

from ingestion import filters, selectors, services, walls
from ingestion.models import Channel, Message
from tasktracker.core.enums import MessageCategory, Role, Verdict
from tasktracker.core.errors import NotFound
from tasktracker.core.htmx import fragment, target, wants_fragment
from tasktracker.core.models import Workspace
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, page, workspace_for

PAGE_SIZE = 30


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of messages; `next` is the address of the older ones, or ""."""

    rows: list[Message]
    next: str
    query: str
    chosen: dict[str, str]


def listing(workspace: Workspace, query: QueryDict) -> Listing:
    """The messages that a URL asks for, newest first, by keyset: nothing is counted."""
    chosen = filters.chosen({name: query.get(name, "") for name in filters.NAMES})
    rows = filters.filtered(selectors.messages(workspace), chosen)
    before = query.get("before", "")
    if is_number(before):
        edge = Message.objects.filter(workspace=workspace, pk=int(before)).first()
        if edge is None:
            raise NotFound("There is nothing at this address.")
        rows = rows.filter(Q(sent_at__lt=edge.sent_at) | Q(sent_at=edge.sent_at, id__lt=edge.pk))
    found = list(rows[: PAGE_SIZE + 1])
    more = len(found) > PAGE_SIZE
    found = found[:PAGE_SIZE]
    address = "?" + urlencode(chosen | {"before": str(found[-1].pk)}) if more else ""
    return Listing(found, address, urlencode(chosen), chosen)


@page()
@require_GET
def messages(request: HttpRequest) -> HttpResponse:
    """The list, with its filters in the URL."""
    workspace = workspace_for(request)
    context: dict[str, Any] = {
        "listing": listing(workspace, request.GET),
        "sources": selectors.sources(workspace)[:100],
        "channels": walls.channels(Channel.objects.filter(workspace=workspace))[:200],
        "verdicts": Verdict.values,
        "categories": MessageCategory.values,
        "projects": workspace.projects.order_by("name")[:200],
    }
    return render(request, "ingestion/messages.html" + ("#rows" if wants_fragment(request) else ""), context)


def find(request: HttpRequest, pk: int) -> Message:
    """The message, for a member of its workspace; 404 for anybody else."""
    rows = selectors.visible_to(access_for(request).user).filter(workspace=workspace_for(request))
    return get_object_or_404(rows.select_related("author", "channel", "source").prefetch_related("quotes"), pk=pk)


@page()
@require_GET
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One message with five either side; only the talk where a card asks for it in place."""
    shown = find(request, pk)
    before, after = selectors.around(shown)
    cited = request.GET.get("quote", "")
    spans = [(q.start, q.end) for q in shown.quotes.all() if not q.is_stale and (not cited or str(q.pk) == cited)]
    context: dict[str, Any] = {"message": shown, "talk": [*before, shown, *after], "spans": spans}
    if target(request).startswith("talk-"):
        return render(request, "ingestion/message.html#talk", context)
    context |= {"revisions": shown.revisions.all()[:10], "verdicts": Verdict.choices}
    return render(request, "ingestion/message.html", context)


@page(Role.REVIEWER)
@require_POST
def verdict(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A person's verdict on a message; without one, noise becomes signal and the rest becomes noise."""
    shown = find(request, pk)
    flipped = Verdict.SIGNAL if shown.verdict == Verdict.NOISE else Verdict.NOISE
    said = request.POST.get("verdict") or flipped.value
    services.set_verdict(message_id=shown.pk, by=access_for(request).user, verdict=said)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("ingestion:message", args=[pk])
    row = selectors.messages(workspace_for(request)).get(pk=pk)
    told = f"This is {said} now."
    context = {"row": row, "told": told}
    return fragment(request, "ingestion/messages.html#flipped", context, else_redirect=back, told=told)


@page(Role.MANAGER)
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Delete a message as its author would have: its words go everywhere."""
    services.delete_message(message_id=find(request, pk).pk, by=access_for(request).user)
    flash.success(request, "The message is deleted. Its words go out of everything that was made of them.")
    return redirect("ingestion:message", pk=pk)
