"""Many decisions at once: of a selection, or of all from a confidence up; and taking back the last, or many as one."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from proposals import desk as desks
from proposals import selectors, services
from proposals.answers import REASONS, answer, decided
from proposals.forms import SNOOZES
from proposals.models import Proposal, ReviewAction
from proposals.requests import rejection, snoozed_until
from tasktracker.core.enums import Role
from tasktracker.core.errors import Invalid
from tasktracker.core.htmx import fragment
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, page, workspace_for

DONE = {"approve": "approved", "reject": "rejected", "snooze": "snoozed"}
FIRST = 5
SWEPT = 500  # at once: they are decided while the reader waits


@page(Role.REVIEWER)
@require_GET
def sweep(request: HttpRequest) -> HttpResponse:
    """What "approve all from X up" under the filters would approve: the frozen ids and the least sure of them first."""
    filters = desks.Filters.of(request.GET)
    least = confidence(request.GET.get("least", ""))
    waiting = filters.matching(workspace_for(request)).filter(status="pending", confidence__gte=least)
    all_ids = list(waiting.order_by("-confidence", "-rank", "-id").values_list("pk", flat=True)[: desks.COUNTED + 1])
    if not all_ids:
        raise Invalid(f"Nothing of this list waits with a confidence of {least:g} or more.")
    told = f"from {least:g} up" + (f", in the topic “{filters.topic}”" if filters.topic else "")
    if len(all_ids) > SWEPT:
        told += f"; the {SWEPT} surest, as there are more"
    ids = all_ids[:SWEPT]
    chosen = Proposal.objects.filter(pk__in=ids).order_by("confidence", "rank", "id")
    return fragment(request, "proposals/bulk.html#question", question(filters, "approve", ids, chosen) | {"told": told})


def confidence(value: str) -> float:
    """A confidence out of a form, 0 to 1; raises `Invalid` for anything else."""
    try:
        found = float(value.strip().replace(",", "."))
    except ValueError as error:
        raise Invalid("Say from which confidence on, as a number from 0 to 1.") from error
    if not 0 <= found <= 1:  # NaN is not, either
        raise Invalid("Say from which confidence on, as a number from 0 to 1.")
    return found


def question(filters: desks.Filters, verb: str, ids: list[int], shown: QuerySet[Proposal]) -> dict[str, Any]:
    """What is asked before `verb` is done to exactly `ids`; the first of `shown` stand in it."""
    return {
        "ids": ids,
        "count": len(ids),
        "first": shown[:FIRST],
        "rest": len(ids) - FIRST,
        "verb": verb,
        "query": filters.query,
        "reasons": REASONS,
        "snoozes": SNOOZES,
    }


@page(Role.REVIEWER)
@require_POST
def bulk(request: HttpRequest) -> HttpResponseBase:
    """Many at once: first the question with the frozen ids and their number, then the deed."""
    verb = request.POST.get("verb", "")
    if verb not in DONE:
        raise Invalid("Choose approve, reject or snooze.")
    asked = {int(value) for value in request.POST.getlist("ids") if is_number(value)}
    visible = selectors.visible_to(access_for(request).user).filter(workspace=workspace_for(request), pk__in=asked)
    ids = [proposal.pk for proposal in visible.order_by("-rank", "-id")]
    if not ids:
        raise Invalid("Select at least one proposal first.")
    filters = desks.Filters.of(request.GET)
    if request.POST.get("confirm") != "true":
        context = question(filters, verb, ids, visible.order_by("-rank", "-id"))
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
