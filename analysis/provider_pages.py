"""Settings pages of providers: the form, the test, the models to choose from, the Ollama that was found."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from analysis import probing, providers, trying
from analysis.forms import ProviderForm
from analysis.models import Agent, Provider
from tasktracker.core.enums import ProviderKind, Role
from tasktracker.core.errors import Conflict
from tasktracker.core.htmx import fragment, wants_fragment
from tasktracker.core.locks import one_at_a_time
from tasktracker.core.models import Workspace
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, page, posted_by, workspace_for
from tasktracker.core.stepup import filled, proven

TRY_SECONDS = 90  # longer than any of these waits
OFFER_SECONDS = 5.0  # what a list of models to choose from may take
KEEP_SECONDS = 60
OLLAMA_NAME = "ollama"
MOST_SHOWN = 12
PAGE = "analysis/settings/provider.html"


def find(request: HttpRequest, pk: int) -> Provider:
    """The provider, for a member of its workspace; 404 for anybody else."""
    return get_object_or_404(Provider.objects.filter(workspace=workspace_for(request)), pk=pk)


@page(Role.ADMIN)
@require_http_methods(["GET", "POST"])
@proven(filled("api_key"))
def new_provider(request: HttpRequest) -> HttpResponseBase:
    """An empty form, and what becomes of it."""
    workspace = workspace_for(request)
    row = Provider(workspace=workspace, kind=ProviderKind.OLLAMA)
    return form_page(request, row, told="{} is set up. Test it before you use it.")


@page()
@require_http_methods(["GET", "POST"])
@proven(filled("api_key"))
def provider(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One provider: an admin changes it, everybody else sees it."""
    return form_page(request, find(request, pk), told="{} is saved.")


def form_page(request: HttpRequest, row: Provider, *, told: str) -> HttpResponseBase:
    """The form of a new or stored provider; saved it leads to the provider's own page."""
    access, posted = posted_by(request, Role.ADMIN)
    had_key = row.has_key
    form = ProviderForm(row, access.workspace, posted)
    saved = form.save(access.user)
    if saved is not None:
        lost = had_key and not saved.has_key
        words = "{} is saved. Its host is new, so enter the key again." if lost else told
        messages.success(request, words.format(saved.name))
        return redirect("analysis:provider", pk=saved.pk)
    context = {"provider": row, "form": form, "state": providers.status_of(row) if row.pk else "", **uses_of(row)}
    return render(request, PAGE, context, status=422 if form.errors else 200)


def uses_of(row: Provider) -> dict[str, Any]:
    """What would miss the provider."""
    if not row.pk:
        return {"agents": [], "stands_in": [], "n_runs": 0}
    agents = Agent.objects.filter(provider=row)
    return {"agents": agents[:50], "stands_in": providers.stands_in_for(row)[:50], "n_runs": row.runs.count()}


@page(Role.ADMIN)
@require_POST
def delete_provider(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remove what nothing uses."""
    row = find(request, pk)
    providers.delete_provider(provider=row)
    messages.success(request, f"{row.name} is deleted.")
    return redirect("settings")


@page(Role.ADMIN)
@require_POST
def test_provider(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Whether it answers, in plain sentences; with `structured` its model is asked for an answer with a schema."""
    row = find(request, pk)
    with one_at_a_time(user=access_for(request).user, seconds=TRY_SECONDS):
        found = probing.probe(row)
        if request.POST.get("structured") and found.ok and row.default_model:
            found = replace(found, structured=trying.ask_structured(row))
    context = {"provider": row, "form": ProviderForm(row, row.workspace), "found": found, **sentences(row, found)}
    if not wants_fragment(request):
        context |= uses_of(row)
    return fragment(request, f"{PAGE}#result", context)


def sentences(row: Provider, found: probing.Probe) -> dict[str, Any]:
    """What the test has shown, for the page."""
    chosen = row.default_model
    too_much = bool(found.context_tokens and found.context_tokens < row.context_tokens)
    return {
        "too_much": too_much,
        "more_models": max(0, len(found.models) - MOST_SHOWN),
        "shown_models": found.models[:MOST_SHOWN],
        "can_ask": bool(found.ok and chosen and found.structured == "unknown"),
    }


@page(Role.ADMIN)
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """The models of `?provider=` as options; none where it does not answer. Kept for a minute."""
    pk = request.GET.get("provider", "")
    rows = Provider.objects.filter(workspace=workspace_for(request))
    row = rows.filter(pk=int(pk)).first() if is_number(pk, digits=15) else None
    return render(request, "analysis/settings/models.html", {"models": known_models(row) if row else []})


def known_models(row: Provider) -> list[str]:
    """The models of a provider, as it said within the last minute."""
    key = f"models:{row.pk}:{row.updated_at.timestamp()}"
    found: list[str] | None = cache.get(key)
    if found is None:
        found = probing.glance(row, seconds=OFFER_SECONDS)
        cache.set(key, found, KEEP_SECONDS)
    return found


@page(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def ollama(request: HttpRequest) -> HttpResponseBase:
    """GET: the card that offers an Ollama found at OLLAMA_URL, empty where there is none. POST: the provider of it."""
    workspace = workspace_for(request)
    if request.method == "POST":
        return add_ollama(request, workspace)
    found = None if has_ollama(workspace) else glance_at_ollama()
    context = {"found": found, "url": settings.OLLAMA_URL, "shown": (found or [])[:MOST_SHOWN]}
    return render(request, "analysis/settings/ollama.html", context)


def has_ollama(workspace: Workspace) -> bool:
    """Whether a provider points at OLLAMA_URL already."""
    there = urlsplit(settings.OLLAMA_URL).netloc
    urls = (
        Provider.objects.filter(workspace=workspace).exclude(kind=ProviderKind.OFFLINE).values_list("kind", "base_url")
    )
    return any((kind == ProviderKind.OLLAMA and not url) or urlsplit(url).netloc == there for kind, url in urls)


def glance_at_ollama() -> list[str] | None:
    """`probing.find_ollama`, asked once a minute for everybody."""
    known = cache.get("ollama:models")
    if known is None:
        known = {"models": probing.find_ollama()}
        cache.set("ollama:models", known, KEEP_SECONDS)
    found: list[str] | None = known["models"]
    return found


def add_ollama(request: HttpRequest, workspace: Workspace) -> HttpResponseBase:
    """One click: a provider at OLLAMA_URL with the chosen model, or the first one."""
    if has_ollama(workspace):
        raise Conflict("There is a provider for it already.", code="exists")
    known = glance_at_ollama()
    if known is None:
        raise Conflict("No Ollama answers there any more.", code="gone")
    chosen = request.POST.get("model", "")
    values = {
        "name": free_name(workspace),
        "kind": ProviderKind.OLLAMA,
        "base_url": settings.OLLAMA_URL,
        "default_model": chosen if chosen in known else next(iter(known), ""),
    }
    row = providers.save_provider(provider=Provider(workspace=workspace), values=values)
    messages.success(request, f"{row.name} is set up. Test it before you use it.")
    return redirect("analysis:provider", pk=row.pk)


def free_name(workspace: Workspace) -> str:
    taken = set(Provider.objects.filter(workspace=workspace).values_list("name", flat=True))
    return next(name for n in range(1, 1000) if (name := OLLAMA_NAME if n == 1 else f"{OLLAMA_NAME} {n}") not in taken)
