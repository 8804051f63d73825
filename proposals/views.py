"""The review desk. One view, one template, plain forms and links; htmx asks for parts of the same page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from proposals import desk as desks
from proposals import services
from proposals.answers import address, context_of, decided
from proposals.duplicates import candidates
from proposals.forms import form_for
from proposals.merging import choices_of, comparison, right_side, target_of
from proposals.models import Proposal
from proposals.requests import find, found_words, number, rejection, snoozed_until
from tasktracker.core.enums import Role
from tasktracker.core.errors import NotFound
from tasktracker.core.htmx import fragment, target, wants_fragment
from tasktracker.core.permissions import access_for, page, workspace_for

DONE = {"approve": "approved", "reject": "rejected", "snooze": "snoozed"}


@page()
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """List and card. `at` chooses the card, else the first of the list; `below` asks for a further page of the list.

    `after` asks for the card that would follow a decision about that one; 204 where none is left.
    """
    workspace, filters = workspace_for(request), desks.Filters.of(request.GET)
    part = target(request)
    if "after" in request.GET and part == "card":
        following = desks.neighbour(workspace, filters, find(request, number(request, "after")))
        if following is None:
            return HttpResponse(status=204)
        context = context_of(request, find(request, following.pk), chips=False, rows=False) | {"opened": True}
        return render(request, "proposals/desk.html#card", context)
    below = find(request, number(request, "below")) if "below" in request.GET else None
    if "at" in request.GET:
        shown: Proposal | None = find(request, number(request, "at"))
    else:
        shown = (
            None
            if below or part == "desk-rows"
            else filters.matching(workspace).select_related("run", "project", "decided_by").first()
        )
    context = context_of(request, shown, chips=part == "", rows=part != "card", below=below)
    context["opened"] = "at" in request.GET
    name = {"card": "#card", "desk-rows": "#rows"}.get(part, "#rows" if below else "")
    return render(request, f"proposals/desk.html{name if wants_fragment(request) else ''}", context)


@page()
@require_GET
def count(request: HttpRequest) -> HttpResponse:
    """The number beside "Review" in the bar."""
    return render(request, "proposals/count.html")


@page()
@require_GET
def permalink(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The lasting address of a proposal, whatever became of it."""
    return redirect(f"{reverse('proposals:desk')}?at={find(request, pk).pk}")


@page(Role.REVIEWER)
@require_POST
def decide(request: HttpRequest, pk: int, verb: str) -> HttpResponseBase:
    """One decision: approve, reject, merge, snooze or undo; then the next card."""
    proposal = find(request, pk)
    who: dict[str, Any] = {"proposal_id": proposal.pk, "by": access_for(request).user}
    match verb:
        case "approve":
            services.approve(**who)
        case "reject":
            services.reject(**who, **rejection(request))
        case "merge":
            services.merge(**who, into=target_of(request.POST.get("into", "")))
        case "snooze":
            services.snooze(**who, until=snoozed_until(request))
        case "not-same":
            services.mark_not_same(**who, other=target_of(request.POST.get("other", "")))
        case "quote":
            message, words = found_words(request)
            services.add_evidence(**who, message_id=message.pk, quote=words)
        case "undo":
            services.undo(**who, confirm=request.POST.get("confirm") == "true")
        case _:
            raise NotFound(f"The desk knows no {verb!r}.")
    return decided(request, proposal, verb)


@page(Role.REVIEWER)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The edit form; saving keeps the proposal on the desk, `then=approve` decides it as well."""
    proposal = find(request, pk)
    form = form_for(proposal, request.POST if request.method == "POST" else None)
    query = desks.Filters.of(request.GET).query
    if request.method == "POST" and form.is_valid():
        if request.POST.get("then") == "approve":
            services.approve(proposal_id=proposal.pk, by=access_for(request).user, edits=form.edits)
            return decided(request, proposal, "approve")
        services.edit(proposal_id=proposal.pk, by=access_for(request).user, fields=form.edits)
        return decided(request, proposal, "edit")
    context = {"proposal": proposal, "form": form, "query": query, "back": address(query, proposal)}
    return fragment(request, "proposals/edit.html#form", context, status=422 if form.errors else 200)


@page(Role.REVIEWER)
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Two of a kind side by side, a choice for each field; the evidence of both is kept."""
    loser = find(request, pk)
    into = request.POST.get("into") or request.GET.get("into", "")
    goal = target_of(into)
    title, right = right_side(loser, goal)
    lines = comparison(loser, right)
    if request.method == "POST":
        services.merge(
            proposal_id=loser.pk, into=goal, by=access_for(request).user, choose=choices_of(lines, request.POST)
        )
        return decided(request, loser, "merge")
    query = desks.Filters.of(request.GET).query
    context = {"loser": loser, "into": into, "title": title, "lines": lines, "query": query}
    context["back"] = address(query, loser)
    return fragment(request, "proposals/merge.html#form", context)


@page(Role.REVIEWER)
@require_GET
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """What this may be a duplicate of: the nearest, or what `q` finds (words, a number, an address)."""
    proposal = find(request, pk)
    filters, q = desks.Filters.of(request.GET), request.GET.get("of", "")
    context = {
        "proposal": proposal,
        "q": q,
        "filters": filters,
        "query": filters.query,
        "back": address(filters.query, proposal),
        "found": candidates(proposal, q=q, query=filters.query, host=request.get_host()),
    }
    part = "#choice" if target(request) == "duplicates" else "#form"
    return fragment(request, f"proposals/duplicate.html{part}", context)
