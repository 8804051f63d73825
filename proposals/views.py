"""The review desk. One view, one template, plain forms and links; htmx asks for parts of the same page."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from proposals import desk as desks
from proposals import selectors, services
from proposals.answers import REASONS, address, answer, context_of, decided
from proposals.forms import SNOOZES, form_for
from proposals.merging import choices_of, comparison, right_side, target_of
from proposals.models import Proposal, ReviewAction
from proposals.requests import find, found_words, number, rejection, snoozed_until
from tasktracker.core.enums import Role
from tasktracker.core.errors import Invalid, NotFound
from tasktracker.core.htmx import fragment, target, wants_fragment
from tasktracker.core.permissions import access_for, page, workspace_for

DONE = {"approve": "approved", "reject": "rejected", "snooze": "snoozed"}


@page()
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """List and card. `at` chooses the card, else the first of the list; `below` asks for a further page of the list."""
    workspace, filters = workspace_for(request), desks.Filters.of(request.GET)
    part = target(request)
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
@require_POST
def bulk(request: HttpRequest) -> HttpResponseBase:
    """Many at once: first the question with the frozen ids and their number, then the deed."""
    verb = request.POST.get("verb", "")
    if verb not in DONE:
        raise Invalid("Choose approve, reject or snooze.")
    asked = {
        int(value) for value in request.POST.getlist("ids") if value.isascii() and value.isdigit() and len(value) <= 18
    }
    visible = selectors.visible_to(access_for(request).user).filter(workspace=workspace_for(request), pk__in=asked)
    ids = [proposal.pk for proposal in visible.order_by("-rank", "-id")]
    if not ids:
        raise Invalid("Select at least one proposal first.")
    filters = desks.Filters.of(request.GET)
    if request.POST.get("confirm") != "true":
        context = {
            "ids": ids,
            "count": len(ids),
            "first": visible.order_by("-rank", "-id")[:5],
            "rest": len(ids) - 5,
            "verb": verb,
            "query": filters.query,
            "reasons": REASONS,
            "snoozes": SNOOZES,
        }
        return fragment(request, "proposals/bulk.html#question", context)
    more: dict[str, Any] = {}
    if verb == "reject":
        more = rejection(request)
    elif verb == "snooze":
        more = {"until": snoozed_until(request)}
    result = services.decide_bulk(
        ids=ids, verb=verb, by=access_for(request).user, workspace=workspace_for(request), **more
    )
    told = f"{len(result.done)} {DONE[verb]}"
    if result.skipped:
        told += f", {len(result.skipped)} skipped: somebody else was quicker, or they need evidence"
    undo_url = reverse("proposals:undo_batch", args=[result.action_id]) if result.done else ""
    return answer(request, None, told, undo_url=undo_url, redraw=True)


@page(Role.REVIEWER)
@require_POST
def undo_last(request: HttpRequest) -> HttpResponseBase:
    """Take back the reader's own newest standing decision."""
    mine = ReviewAction.objects.filter(workspace=workspace_for(request), by=access_for(request).user, undone_at=None)
    last = mine.exclude(verb=ReviewAction.Verb.SUPERSEDE).select_related("proposal").first()
    if last is None:
        raise Invalid("You have decided nothing that could be undone.")
    if mine.filter(batch=last.batch).exclude(pk=last.pk).exists():
        return undo_batch(request, last.batch)
    services.undo(
        proposal_id=last.proposal_id, by=access_for(request).user, confirm=request.POST.get("confirm") == "true"
    )
    return decided(request, last.proposal, "undo")


@page(Role.REVIEWER)
@require_POST
def undo_batch(request: HttpRequest, batch: UUID) -> HttpResponseBase:
    """Take back what was done as one."""
    workspace = workspace_for(request)
    confirm = request.POST.get("confirm") == "true"
    result = services.undo_bulk(action_id=batch, by=access_for(request).user, workspace=workspace, confirm=confirm)
    return answer(request, None, f"{len(result.done)} back on the desk", redraw=True)
