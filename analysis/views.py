"""Pages of runs: what ran, what it found and cost; one run as a grid of its windows."""

from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from analysis import grids, pauses, selectors, services
from analysis.models import AnalysisRun, Provider, Window
from analysis.times import left_in_words
from ingestion import selectors as ingestion
from ingestion import walls
from ingestion.models import Source
from knowledge import projects
from tasktracker.core.enums import Role, Stage
from tasktracker.core.errors import Invalid, NotFound
from tasktracker.core.htmx import fragment, target, wants_fragment
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, page, workspace_for

PAGE_SIZE = 25
CALLS = 25  # the last ones of a run
STAGES = [(Stage.KNOWLEDGE.value, "messages → knowledge"), (Stage.TASKS.value, "knowledge → tasks")]
VERBS = {"start": "start_run", "cancel": "cancel_run", "resume": "resume_run", "close": "close_run"}
TOLD = {"start": "Started", "cancel": "Stopping", "resume": "Going on", "close": "Closed"}
LABELS = {"start": "Start", "cancel": "Cancel", "resume": "Resume", "close": "Close"}
OFFERED = {
    "pending": ("start", "cancel"),
    "running": ("cancel",),
    "paused": ("resume", "cancel"),
    "partial": ("resume", "close"),
    "failed": ("resume", "close"),
    "cancelled": ("close",),
    "completed": ("close",),
    "reviewed": ("close",),
}


class RunForm(forms.Form):
    """What to run over."""

    stage = forms.ChoiceField(choices=STAGES)
    source = forms.ModelChoiceField(Source.objects.none(), required=False, empty_label="every source")
    provider = forms.ModelChoiceField(Provider.objects.none(), required=False, empty_label="the default engine")
    since = forms.DateTimeField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateTimeField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    cost = forms.FloatField(
        required=False, min_value=0, label="stop at, USD", widget=forms.NumberInput(attrs={"step": "any"})
    )

    def __init__(self, workspace: Any, data: Any = None) -> None:
        super().__init__(data)
        self.fields["source"].queryset = ingestion.sources(workspace)  # type: ignore[attr-defined]
        self.fields["provider"].queryset = Provider.objects.filter(workspace=workspace, is_active=True)  # type: ignore[attr-defined]


class CapsForm(forms.Form):
    """The caps of a run; an empty field is no cap."""

    calls = forms.IntegerField(required=False, min_value=0, max_value=10**15)
    tokens = forms.IntegerField(required=False, min_value=0, max_value=10**15)
    cost = forms.FloatField(required=False, min_value=0)


@page()
@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    """The newest runs first, by keyset."""
    workspace = workspace_for(request)
    found = AnalysisRun.objects.filter(workspace=workspace)
    before = request.GET.get("before", "")
    if is_number(before, digits=15):
        found = found.filter(pk__lt=int(before))
    rows = list(
        selectors.with_counts(found).select_related("provider", "source", "created_by").order_by("-id")[: PAGE_SIZE + 1]
    )
    context = {
        "runs": rows[:PAGE_SIZE],
        "next": f"?before={rows[PAGE_SIZE - 1].pk}" if len(rows) > PAGE_SIZE else "",
        "form": RunForm(workspace),
    }
    return render(request, "analysis/runs.html" + ("#rows" if wants_fragment(request) else ""), context)


@page(Role.MANAGER)
@require_POST
def create(request: HttpRequest) -> HttpResponseBase:
    """A pending run with its forecast; it starts from its own page."""
    workspace = workspace_for(request)
    form = RunForm(workspace, request.POST)
    if not form.is_valid():
        raise Invalid("; ".join(f"{name}: {errors[0]}" for name, errors in form.errors.items()))
    values = form.cleaned_data
    run = services.create_run(
        workspace=workspace,
        stage=values["stage"],
        by=access_for(request).user,
        since=values["since"],
        until=values["until"],
        source=values["source"],
        provider=values["provider"],
        caps={"cost": values["cost"]} if values["cost"] is not None else {},
    )
    return redirect("analysis:run", pk=run.pk)


def find(request: HttpRequest, pk: int) -> AnalysisRun:
    """The run with its counts, for a member of its workspace; 404 for anybody else."""
    rows = selectors.visible_to(access_for(request).user).filter(workspace=workspace_for(request))
    return get_object_or_404(
        selectors.with_counts(rows).select_related("workspace", "provider", "agent", "source", "created_by"), pk=pk
    )


@page()
@require_GET
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: its grid, forecast against fact, its bill; `window` opens one of its windows."""
    shown = find(request, pk)
    part = target(request)
    if part == "window":
        return render(request, "analysis/run.html#window", {"run": shown, "window": window_of(request, shown)})
    if part == "run-calls":
        return render(request, "analysis/run.html#calls", {"run": shown, "calls": selectors.calls_of(shown)[:CALLS]})
    context = state_of(shown)
    if part == "run-state":
        return render(request, "analysis/run.html#state", context)
    context["window"] = window_of(request, shown) if "window" in request.GET else None
    context["calls"] = selectors.calls_of(shown)[:CALLS]
    return render(request, "analysis/run.html", context)


def state_of(shown: Any) -> dict[str, Any]:
    """What moves while a run does."""
    pause = pauses.pause_of(shown)
    verbs = OFFERED.get(shown.status, ())
    if pause is not None and pause.caps:
        verbs = tuple(
            verb for verb in verbs if verb != "resume"
        )  # it would rest again at once: see the form of its caps
    return {
        "run": shown,
        "grid": grids.picture(shown),
        "offered": [(verb, label_of(shown, verb)) for verb in verbs],
        "facts": facts(shown),
        "left": left_in_words(selectors.seconds_left(shown)),
        "pause": pause,
        "rules": projects.named(shown.project_versions or {}),
        **accepted(shown),
    }


def accepted(shown: AnalysisRun) -> dict[str, Any]:
    """Of a closed run's accuracy: the `accepted` share, how many were approved `as_it_was`, rejections by reason."""
    share, kept = shown.accuracy.get("accuracy"), shown.accuracy
    return {
        "accepted": "–" if share is None else f"{share:.0%}",
        "as_it_was": kept.get("approved", 0) - kept.get("edited", 0),
        "reasons": sorted(kept.get("by_reason", {}).items(), key=lambda one: (-one[1], one[0])),
    }


def label_of(shown: AnalysisRun, verb: str) -> str:
    """What the button says: an ended run is not gone on with, what failed of it is tried again."""
    return "Retry what failed" if verb == "resume" and shown.status in ("partial", "failed") else LABELS[verb]


def facts(shown: Any) -> list[tuple[str, Any, Any, str]]:
    """(name, fact, forecast or None, how to write it) of a run with counts."""
    forecast = shown.forecast or {}
    return [
        ("Windows", shown.n_done, shown.n_windows or forecast.get("windows"), "number"),
        ("Messages", shown.n_messages, None, "number"),
        ("Findings", shown.n_findings, None, "number"),
        ("Proposals", shown.n_proposals, None, "number"),
        ("Calls", shown.bill_calls, forecast.get("calls"), "number"),
        ("Tokens in", shown.bill_tokens_in, forecast.get("tokens_in"), "number"),
        ("Tokens out", shown.bill_tokens_out, None, "number"),
        ("Cost", shown.bill_cost if shown.bill_calls else 0, forecast.get("cost"), "money"),
    ]


def window_of(request: HttpRequest, shown: AnalysisRun) -> Window:
    """The window that the URL names, with its messages and findings."""
    ordinal = request.GET.get("window", "")
    if not is_number(ordinal, digits=9):
        raise NotFound("There is no such window.")
    rows = Window.objects.filter(Q(run=shown), ordinal=int(ordinal)).annotate(place=walls.channel_title())
    return get_object_or_404(rows.prefetch_related("places__message__author", "findings", "atoms"))


@page(Role.MANAGER)
@require_POST
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponseBase:
    """Start, cancel, resume or close a run."""
    shown = find(request, pk)
    if verb not in VERBS:
        raise NotFound("There is no such thing to do with a run.")
    more = {"caps": caps_in(request)} if verb == "resume" else {}
    getattr(services, VERBS[verb])(run_id=shown.pk, by=access_for(request).user, **more)
    shown = find(request, pk)
    context = state_of(shown)
    told = f"{TOLD[verb]}: run #{shown.pk}"
    back = reverse("analysis:run", args=[pk])
    return fragment(request, "analysis/run.html#acted", {**context, "told": told}, else_redirect=back, told=told)


def caps_in(request: HttpRequest) -> dict[str, float] | None:
    """The caps that were sent along; None where none were asked for."""
    form = CapsForm(request.POST)
    if not set(form.fields) & set(request.POST):
        return None
    if not form.is_valid():
        raise Invalid("; ".join(f"{name}: {errors[0]}" for name, errors in form.errors.items()))
    return {name: value for name, value in form.cleaned_data.items() if value is not None}
