"""How many proposals wait, for the bar of every page; where things come from, and who filled a field."""

from typing import Any

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from proposals import origins
from proposals.models import Proposal

register = template.Library()

CEILING = 1_000


def waiting(context: Context) -> str:
    """The number of pending proposals in the reader's workspace; above CEILING it is not counted on."""
    here: Any = context["here"]
    if here.workspace is None:
        return ""
    pending = Proposal.objects.filter(workspace=here.workspace, status=Proposal.Status.PENDING).order_by()
    count = pending.values("id")[:CEILING].count()
    return f"{CEILING - 1}+" if count == CEILING else str(count or "")


@register.simple_tag(takes_context=True)
def review_number(context: Context) -> str:
    return waiting(context)


@register.simple_tag(takes_context=True)
def review_count(context: Context) -> SafeString:
    """The number beside "Review"; it keeps itself fresh."""
    return format_html(
        '<span class="count hot" id="review-count" data-live="proposal." hx-get="{}" hx-trigger="live"'
        ' hx-target="this" hx-swap="outerHTML">{}</span>',
        reverse("proposals:count"),
        waiting(context),
    )


@register.simple_tag
def origin_mark(origin: str, plain: bool = False, told: str = "") -> SafeString | str:
    """Who filled a field, as a drawing with its words: a spark for a machine, a pencil for what a person changed.

    Beside a value only what was edited is marked: a machine's spark is drawn by the value's own class. `plain` marks
    each of them, `told` says it in other words.
    """
    told = told or origins.TOLD.get(origin, "")
    if not told or not (plain or origin == origins.EDITED):
        return ""
    drawn = "machine " if origin in origins.MACHINES else ""
    return format_html(
        '<span class="{}origin {}" title="{}"><span class="sr">{}</span></span>', drawn, origin, told, told
    )


@register.simple_tag
def origin_of(kind: str, pk: int) -> Proposal | None:
    """The approved proposal that made this topic, atom or task; None for what was made by hand."""
    made = Proposal.objects.filter(created_kind=kind, created_id=pk, status=Proposal.Status.APPROVED)
    return made.select_related("decided_by").order_by("id").first()
