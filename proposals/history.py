"""What people decided, newest first, each with what takes it back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from proposals.cards import DID
from proposals.models import ReviewAction
from proposals.undoing import is_on_top
from tasktracker.core.htmx import wants_fragment
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, page, workspace_for

PAGE_SIZE = 50
POLICY = "a policy"
MANY = {
    "approve": "approved {} at once",
    "reject": "rejected {} at once",
    "snooze": "put {} off at once",
    "merge": "merged {} at once",
    "edit": "edited {} at once",
    "supersede": "replaced {}",
}


@dataclass(frozen=True, slots=True)
class Deed:
    """One decision, or many that were one. `undo_url` is "" where there is nothing left to take back."""

    pk: int
    verb: str
    who: str
    did: str
    at: datetime
    title: str
    kind: str
    url: str
    why: str
    undo_url: str
    undone_by: str
    undone_at: datetime | None


@page()
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The decisions of the workspace, by keyset; `by=me` and `verb` choose."""
    who = "me" if request.GET.get("by") == "me" else ""
    verb = request.GET.get("verb", "")
    verb = verb if verb in ReviewAction.Verb.values else ""
    found = ReviewAction.objects.filter(workspace=workspace_for(request))
    if who:
        found = found.filter(by=access_for(request).user)
    if verb:
        found = found.filter(verb=verb)
    before = request.GET.get("before", "")
    if is_number(before, digits=15):
        found = found.filter(pk__lt=int(before))
    rows = list(found.select_related("proposal", "by", "undone_by").defer("changes").order_by("-id")[: PAGE_SIZE + 1])
    shown, chosen = rows[:PAGE_SIZE], {"by": who, "verb": verb}
    context = {
        "deeds": deeds_of(shown),
        "next": f"?{_query(chosen, before=shown[-1].pk)}" if len(rows) > PAGE_SIZE else "",
        "chosen": chosen,
        "whose": [
            ("everybody", f"?{_query(chosen, by='')}", not who),
            ("me", f"?{_query(chosen, by='me')}", bool(who)),
        ],
        "verbs": [
            (label, f"?{_query(chosen, verb=value)}", verb == value)
            for value, label in (("", "All"), *ReviewAction.Verb.choices)
        ],
    }
    return render(request, "proposals/history.html" + ("#rows" if wants_fragment(request) else ""), context)


def _query(chosen: dict[str, str], **more: str | int) -> str:
    return urlencode({name: value for name, value in {**chosen, **more}.items() if value})


def deeds_of(actions: Iterable[ReviewAction]) -> list[Deed]:
    """A line for each, those next to each other that were done as one in one line."""
    actions = list(actions)
    sizes = _sizes(ReviewAction.objects.filter(batch__in={action.batch for action in actions}))
    tops = _tops({action.proposal_id for action in actions})
    return [
        _deed(list(group), sizes[batch], tops) for batch, group in groupby(actions, key=lambda action: action.batch)
    ]


def _sizes(actions: QuerySet[ReviewAction]) -> dict[object, int]:
    return dict(actions.order_by().values("batch").annotate(size=Count("pk")).values_list("batch", "size"))


def _tops(proposals: set[int]) -> dict[int, int]:
    """The newest standing action of each proposal."""
    standing = ReviewAction.objects.filter(proposal__in=proposals, undone_at=None).order_by()
    return dict(standing.values("proposal_id").annotate(top=Max("pk")).values_list("proposal_id", "top"))


def _deed(group: list[ReviewAction], size: int, tops: dict[int, int]) -> Deed:
    first = group[0]
    proposal = first.proposal
    on_top = [one for one in group if tops.get(one.proposal_id) == one.pk and is_on_top(one)]
    if size > 1:
        undo_url = reverse("proposals:undo_batch", args=[first.batch]) if on_top else ""
    else:
        undo_url = reverse("proposals:decide", args=[proposal.pk, "undo"]) if on_top else ""
    return Deed(
        pk=first.pk,
        verb=first.verb,
        who=first.by.get_username() if first.by else POLICY,
        did=MANY[first.verb].format(size) if size > 1 else DID[first.verb].removesuffix(" this"),
        at=first.at,
        title=proposal.title if size == 1 else f"{proposal.title} and {size - 1} more",
        kind=proposal.kind,
        url=reverse("proposals:proposal", args=[proposal.pk]),
        why=proposal.reject_reason.replace("_", " ") if first.verb == "reject" and first.undone_at is None else "",
        undo_url=undo_url,
        undone_by=first.undone_by.get_username() if first.undone_by else "",
        undone_at=first.undone_at,
    )
