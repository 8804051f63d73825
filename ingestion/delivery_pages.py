"""Pages of raw deliveries: what came, what became of it, and processing it again."""

import json
from contextlib import suppress

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from ingestion import selectors, source_pages, source_upkeep
from ingestion.models import Delivery
from tasktracker.core.enums import Role
from tasktracker.core.errors import NotFound
from tasktracker.core.htmx import wants_fragment
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import page, workspace_for

PAGE_SIZE = 50
SHOWN = 100_000  # bytes of a raw body


@page(Role.MANAGER)
@require_GET
def deliveries(request: HttpRequest, pk: int) -> HttpResponse:
    """The deliveries of a source, newest first, by keyset; `?status=` leaves the others out."""
    source = source_pages.find(request, pk)
    rows = Delivery.objects.filter(source=source).defer("raw").order_by("-id")
    status, before = request.GET.get("status", ""), request.GET.get("before", "")
    if status in Delivery.Status.values:
        rows = rows.filter(status=status)
    else:
        status = ""
    if before:
        if not is_number(before):
            raise NotFound("There is nothing at this address.")
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: PAGE_SIZE + 1])
    older = ""
    if len(found) > PAGE_SIZE:
        found = found[:PAGE_SIZE]
        kept = {"status": status} if status else {}
        older = "?" + urlencode({**kept, "before": str(found[-1].pk)})
    context = {"source": source, "rows": found, "next": older, "status": status, "statuses": Delivery.Status.values}
    template = "settings/source_deliveries.html"
    return render(request, f"{template}#rows" if wants_fragment(request) else template, context)


def find(request: HttpRequest, pk: int) -> Delivery:
    """The delivery, for whoever may read its source; 404 for anybody else."""
    mine = selectors.sources(workspace_for(request))
    return get_object_or_404(Delivery.objects.select_related("source"), Q(source__in=mine), pk=pk)


@page(Role.ADMIN)
@require_GET
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery as it came."""
    row = find(request, pk)
    raw = bytes(row.raw)
    context = {
        "delivery": row,
        "source": row.source,
        "body": readable(raw),
        "size": len(raw),
        "is_cut": len(raw) > SHOWN,
    }
    return render(request, "settings/source_delivery.html", context)


def readable(raw: bytes) -> str:
    """A body as text: JSON indented, anything else as it is, the first SHOWN bytes of what is long."""
    if len(raw) <= SHOWN:
        with suppress(ValueError, RecursionError):  # what is no JSON is shown as it came
            return json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    return raw[:SHOWN].decode("utf-8", "replace").replace("\x00", "�")


@page(Role.ADMIN)
@require_POST
def replay(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Process a delivery again, in the worker."""
    row = find(request, pk)
    source_upkeep.replay(delivery=row)
    messages.success(request, "It is in the inbox again; a worker processes it in a moment.")
    return redirect("ingestion:delivery", pk=pk)
