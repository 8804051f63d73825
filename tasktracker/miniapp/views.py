"""The pages of the Mini App: a light shell, its login, and the parts that it shows, each the whole screen."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from knowledge import selectors as knowledge
from knowledge import services as knowledge_services
from knowledge.models import Task
from knowledge.models.tasks import OPEN
from proposals import desk, selectors, services
from proposals.answers import TITLE_SHOWN, TOLD, context_of
from proposals.models import Proposal
from proposals.requests import find, rejection, snoozed_until
from tasktracker.core.enums import Role, TaskStatus
from tasktracker.core.errors import DomainError, Invalid, NotFound
from tasktracker.core.htmx import refusal_of, wants_fragment
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import Access, access_for, workspace_for
from tasktracker.miniapp import logins
from tasktracker.miniapp.logins import HEADER, Refused
from tasktracker.miniapp.words import guessed, said, script_words

# Telegram's web client shows a Mini App in a frame; its other clients in a window of their own.
POLICY: dict[str, Any] = {**settings.SECURE_CSP, "frame-ancestors": ["https://web.telegram.org"]}
COUNTED = 99  # beyond it the tab says "99+"
PAGE_SIZE = 30

type View = Callable[..., HttpResponseBase]


def in_app(role: Role) -> Callable[[View], View]:
    """A part for whoever has a session of the Mini App, in at least `role`; no cookie is looked at."""

    def wrap(view: View) -> View:
        @csrf_exempt  # the session is in a header that no other site can send
        @never_cache
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                with logins.resumed(request, request.headers.get(HEADER, "")) as access:
                    return _in_words(request, access, role, lambda: view(request, *args, **kwargs))
            except Refused as refusal:
                return _refused(request, refusal)

        return inner

    return wrap


@xframe_options_exempt
@csp_override(POLICY)
@require_GET
def app(request: HttpRequest) -> HttpResponse:
    """The shell. Its script finds in the address what Telegram says of the person, and logs in with it."""
    with translation.override(guessed(request)):
        return render(request, "tg/app.html", {"source": request.GET.get("source", ""), "words": script_words()})


@csrf_exempt  # whoever calls shows what Telegram signed
@never_cache
@require_POST
def log_in(request: HttpRequest) -> HttpResponseBase:
    """The desk, and in the header TG-Session the key of the session; 401, 403 or 409 with what to do."""
    try:
        raw, source = request.POST.get("init_data", ""), request.POST.get("source", "")
        key = logins.log_in(request, raw=raw, bot_uid=source)
        with logins.resumed(request, key) as access:
            answer = _in_words(request, access, Role.VIEWER, lambda: _screen(request, _first(request)))
    except Refused as refusal:
        return _refused(request, refusal)
    answer[HEADER] = key
    return answer


@in_app(Role.VIEWER)
@require_GET
def review(request: HttpRequest) -> HttpResponse:
    """The best proposal that waits, or the one that `at` names."""
    at = request.GET.get("at", "")
    return _screen(request, find(request, int(at)) if is_number(at, digits=15) else _first(request))


@in_app(Role.REVIEWER)
@require_POST
def decide(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One decision, through the same services as the desk; then the next card, or the same one after an undo."""
    proposal = find(request, pk)
    who: dict[str, Any] = {"proposal_id": proposal.pk, "by": access_for(request).user}
    match verb:
        case "approve":
            services.approve(**who)
        case "reject":
            services.reject(**who, **rejection(request))
        case "snooze":
            services.snooze(**who, until=snoozed_until(request))
        case "undo":
            services.undo(**who, confirm=request.POST.get("confirm") == "true")
        case _:
            raise NotFound(f"The app knows no {verb!r}.")
    title = proposal.title if len(proposal.title) <= TITLE_SHOWN else proposal.title[: TITLE_SHOWN - 1] + "…"
    told = f"{said(TOLD[verb])}: {title}"
    if verb == "undo":
        return _screen(request, find(request, pk), told=told)
    following = desk.neighbour(workspace_for(request), desk.Filters(), proposal)
    shown = find(request, following.pk) if following else None
    return _screen(request, shown, told=told, undo=reverse("tg_decide", args=[pk, "undo"]))


@in_app(Role.VIEWER)
@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """The open tasks of who asks, newest first, by keyset."""
    return _tasks(request)


@in_app(Role.REVIEWER)
@require_POST
def change_task(request: HttpRequest, pk: int) -> HttpResponse:
    """Another status for a task of one's own."""
    task = get_object_or_404(_mine(request), pk=pk)
    status = request.POST.get("status", "")
    if status not in TaskStatus.values:
        raise Invalid(f"{status!r} is no status.")
    knowledge_services.change_task(task_id=pk, by=access_for(request).user, values={"status": status})
    told = f"{said(TaskStatus(status).label)}: {task.title}"
    return _tasks(request, {"told": told, "undo": reverse("tg_task", args=[pk]), "before_it": task.status})


def _mine(request: HttpRequest) -> Any:
    access = access_for(request)
    return knowledge.tasks_visible_to(access.user).filter(workspace=access.workspace, assignee__user=access.user)


def _tasks(request: HttpRequest, more: dict[str, str] | None = None) -> HttpResponse:
    found = _mine(request).filter(status__in=OPEN).select_related("project", "assignee").order_by("-id")
    before = request.GET.get("before", "")
    if is_number(before, digits=15):
        found = found.filter(pk__lt=int(before))
    rows: list[Task] = list(found[: PAGE_SIZE + 1])
    context = {
        "tab": "tasks",
        "tasks": rows[:PAGE_SIZE],
        "next": rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None,
        "statuses": TaskStatus.choices,
        **_around(request),
        **(more or {}),
    }
    return render(request, "tg/tasks.html", context)


def _first(request: HttpRequest) -> Proposal | None:
    return selectors.inbox(workspace_for(request)).select_related("run", "project", "decided_by").first()


def _screen(request: HttpRequest, shown: Proposal | None, *, told: str = "", undo: str = "") -> HttpResponse:
    context = context_of(request, shown, chips=False, rows=False)
    context |= {"tab": "review", "told": told, "undo": undo, **_around(request)}
    answer = render(request, "tg/review.html", context)
    answer["HX-Trigger"] = "closeDialog"
    return answer


def _around(request: HttpRequest) -> dict[str, Any]:
    """What stands on every screen."""
    access = access_for(request)
    waiting = selectors.inbox(access.workspace)[: COUNTED + 1].count()
    return {
        "waiting": f"{COUNTED}+" if waiting > COUNTED else waiting,
        "can_review": access.allows(Role.REVIEWER),
        "workspace": access.workspace,
    }


def _in_words(
    request: HttpRequest, access: Access, role: Role, answer: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """The answer, marked with its language; a service's refusal is said in it, too.

    The page's script reads the language there. Whoever asks without it has refusals from the middleware.
    """
    try:
        access.require(role)
        found = answer()
    except DomainError as error:
        if not wants_fragment(request):
            raise
        found = refusal_of(request, error, question="tg/question.html", toast="tg/refusal.html")
    found["Content-Language"] = translation.get_language()
    return found


def _refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """To somebody who is not in: their language is only what they say themselves."""
    with translation.override(guessed(request, request.POST.get("init_data", ""))):
        answer = render(request, "tg/refused.html", {"refusal": refusal}, status=refusal.http_status)
        answer["Content-Language"] = translation.get_language()
    return answer
