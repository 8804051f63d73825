"""Pages that change by hand what people have accepted: edit, merge, split, confirm, take back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from knowledge import history, selectors, services, topicpage
from knowledge.forms import FORMS
from knowledge.kinds import MODELS
from knowledge.models import Edit
from tasktracker.core.enums import Role
from tasktracker.core.errors import Invalid
from tasktracker.core.htmx import target
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, page, workspace_for

CANDIDATES = 20
SPLIT_FROM = 500

VISIBLE = {
    "topic": selectors.topics_visible_to,
    "atom": selectors.atoms_visible_to,
    "task": selectors.tasks_visible_to,
}


def find(request: HttpRequest, kind: str, pk: int) -> Any:
    """The object, for a member of its workspace; 404 for anybody else."""
    rows: Any = VISIBLE[kind](access_for(request).user)
    return get_object_or_404(rows.filter(workspace=workspace_for(request)), pk=pk)


def page_of(kind: str, pk: int) -> str:
    """The address of its page."""
    return reverse(f"knowledge:{kind}", args=[pk])


def back_to(request: HttpRequest, default: str) -> str:
    """Where a form wants to go afterwards, if that is here."""
    wanted = request.POST.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else default


def done(request: HttpRequest, told: str, kind: str, pk: int, to: str) -> HttpResponseBase:
    """To a page that says what was done to an object, with its undo."""
    messages.success(request, told, extra_tags=history.undo_of(kind, pk, access_for(request).user))
    return redirect(to)


@page(Role.REVIEWER)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """The form of a topic, atom or task; what differs is written and stands in its history."""
    row = find(request, kind, pk)
    form = FORMS[type(row)](request.POST or None, instance=row, workspace=workspace_for(request))
    if request.method == "POST" and form.is_valid():
        change = getattr(services, f"change_{kind}")
        change(**{f"{kind}_id": pk}, by=access_for(request).user, values=form.values, seen=form.seen_at)
        if not form.values:
            messages.success(request, "Nothing was different.")
            return redirect(page_of(kind, pk))
        return done(request, "Saved.", kind, pk, page_of(kind, pk))
    shown = MODELS[kind]._default_manager.get(pk=pk)  # the form has written into its own one
    context = {"form": form, "kind_name": kind, "row": shown, "back": page_of(kind, pk)}
    return render(request, "knowledge/edit.html", context, status=400 if form.errors else 200)


@page(Role.REVIEWER)
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Pick the topic that this one goes into, by search."""
    shown = find(request, "topic", pk)
    if request.method == "POST":
        into = request.POST.get("into", "")
        if not is_number(into, digits=15):
            raise Invalid("Choose the topic that this one goes into.")
        goal = find(request, "topic", int(into))
        winner = services.merge_topic(topic_id=pk, into_id=goal.pk, by=access_for(request).user)
        return done(request, f"“{shown.name}” is part of this topic now.", "topic", pk, page_of("topic", winner.pk))
    q = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = selectors.with_counts(topicpage.near(shown, q))[: CANDIDATES + 1]
    rows = list(found)
    context = {"topic": shown, "found": rows[:CANDIDATES], "more": len(rows) > CANDIDATES, "q": q}
    part = "#found" if target(request) == "found" else ""
    return render(request, f"knowledge/merge.html{part}", context)


@page(Role.REVIEWER)
@require_http_methods(["GET", "POST"])
def split(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Choose the atoms that become a topic of their own."""
    shown = find(request, "topic", pk)
    if request.method == "POST":
        made = services.split_topic(
            topic_id=pk,
            by=access_for(request).user,
            name=request.POST.get("name", "").replace("\x00", ""),
            description=request.POST.get("description", "").replace("\x00", "")[:20_000],
            atoms=[int(key) for key in request.POST.getlist("atoms") if is_number(key, digits=15)],
            keep="keep" in request.POST,
        )
        told = f"A topic of its own now. “{shown.name}” keeps the rest."
        return done(request, told, "topic", pk, page_of("topic", made.pk))
    atoms = list(
        topicpage.with_words(topicpage.atoms_of(shown)).order_by("type", "-valid_from", "-id")[: SPLIT_FROM + 1]
    )
    context = {"topic": shown, "atoms": atoms[:SPLIT_FROM], "more": len(atoms) > SPLIT_FROM}
    return render(request, "knowledge/split.html", context)


@page(Role.REVIEWER)
@require_POST
def still_true(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """An edited message was read, and what quotes it holds."""
    find(request, kind, pk)
    quote = request.POST.get("quote", "")
    if not is_number(quote, digits=15):
        raise Invalid("Say which quote.")
    services.confirm_quote(kind=kind, object_id=pk, quote_id=int(quote), by=access_for(request).user)
    return done(request, "Kept: this still holds.", kind, pk, back_to(request, page_of(kind, pk)))


@page(Role.REVIEWER)
@require_POST
def undo_edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take back a change by hand."""
    found = get_object_or_404(Edit, workspace=workspace_for(request), pk=pk)
    services.take_back(edit_id=found.pk, by=access_for(request).user, confirm="confirm" in request.POST)
    messages.success(request, "Taken back: everything is as before.")
    return redirect(back_to(request, page_of(found.kind, found.object_id)))
