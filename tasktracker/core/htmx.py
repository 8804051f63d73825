"""Pages and their fragments: one view, one template; what every page knows of its reader; refusals as pages."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.deprecation import MiddlewareMixin

from tasktracker.core import keys, selectors
from tasktracker.core.enums import Role
from tasktracker.core.errors import DomainError, TooMany
from tasktracker.core.models import Membership, Workspace
from tasktracker.core.permissions import access_for

THEMES = ("light", "dark")


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page (and not for the whole of it after a click on Back)."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def target(request: HttpRequest) -> str:
    """The id of the element that htmx will put the answer into, or ""."""
    return ((getattr(request, "htmx", None) and request.htmx.target) or "") if wants_fragment(request) else ""  # type: ignore[attr-defined]  # set by django-htmx's middleware


def fragment(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    else_redirect: str = "",
    told: str = "",
    undo: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render `template` ("page.html#part") for htmx. Without it: the whole page, or a redirect to `else_redirect`.

    `told` is what the next page says in a toast after a redirect, `undo` the address that takes it back.
    """
    if wants_fragment(request):
        return render(request, template, dict(context or {}), status=status)
    if else_redirect:
        if told:
            messages.success(request, told, extra_tags=undo)
        return redirect(else_redirect)
    return render(request, template.partition("#")[0], dict(context or {}), status=status)


class Here:
    """What every page knows: theme, workspace, role, where in the site it is. Read from templates as `here`."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def theme(self) -> str:
        """light, dark, or "" for the system's own."""
        chosen = self._request.COOKIES.get("theme", "")
        return chosen if chosen in THEMES else ""

    @cached_property
    def memberships(self) -> list[Membership]:
        """The reader's memberships, by the name of the workspace."""
        user = getattr(self._request, "user", None)
        if user is None or not user.is_authenticated:
            return []
        return list(Membership.objects.filter(user=user).select_related("workspace").order_by("workspace__name", "id"))

    @cached_property
    def workspace(self) -> Workspace | None:
        """The workspace in which this request acts, None for a stranger."""
        return access_for(self._request).workspace if self.memberships else None

    @cached_property
    def role(self) -> Role:
        return access_for(self._request).role if self.memberships else Role.VIEWER

    @property
    def can_review(self) -> bool:
        return self.role.rank >= Role.REVIEWER.rank

    @property
    def can_manage(self) -> bool:
        return self.role.rank >= Role.MANAGER.rank

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    @cached_property
    def keys(self) -> dict[str, str]:
        """The reader's key for each action, by event.code."""
        return keys.keys_of(getattr(self._request, "user", None))

    @property
    def keymap(self) -> str:
        """As JSON what the page's script has to translate; "" for a reader with the defaults."""
        found = keys.keymap_of(getattr(self._request, "user", None))
        return json.dumps(found, separators=(",", ":")) if found else ""

    @cached_property
    def since(self) -> int:
        """The newest event that this page can know of: the socket tells what came after."""
        return selectors.last_event_id(self.workspace.pk) if self.workspace else 0

    @property
    def section(self) -> str:
        """The first word of the path, or "dashboard"."""
        return self._request.path.strip("/").split("/")[0] or "dashboard"


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `here`, which asks the database only for what a template reads."""
    return {"here": Here(request)}


def refusal_of(
    request: HttpRequest,
    error: DomainError,
    *,
    question: str = "errors/consequences.html#question",
    toast: str = "components/toast.html",
) -> HttpResponse:
    """A service's refusal with its status: a page, or for htmx the `question` in a dialog, or a `toast`."""
    consequences = error.error_code == "has_consequences"
    context = {
        "detail": error.detail,
        "code": error.error_code,
        "status": error.status,
        "extra": error.extra,
        "fields": [
            (name, value)
            for name in request.POST
            if name not in ("csrfmiddlewaretoken", "confirm")
            for value in request.POST.getlist(name)
        ],
        "again": request.get_full_path(),
    }
    if not wants_fragment(request):
        template = "errors/consequences.html" if consequences else "errors/refused.html"
        return render(request, template, context, status=error.status)
    if consequences:
        answer = render(request, question, context, status=error.status)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#dialog-body", "innerHTML"
        return answer
    answer = render(
        request,
        toast,
        {"text": error.detail, "kind": "error"},
        # htmx puts 409 and 422 into the page; a toast is all that a reader needs to see of the others too
        status=error.status if error.status in (409, 429) else 422,
    )
    answer["HX-Retarget"], answer["HX-Reswap"] = "#toasts", "beforeend"
    answer["HX-Push-Url"] = "false"
    if error.status == 409:
        answer["HX-Trigger"] = "stale"  # what the page shows is older than the world: it asks again
    return answer


class DomainErrorMiddleware(MiddlewareMixin):
    """Says a service's refusal kindly: as a toast or dialog for htmx, else as a page, with the true status.

    It also keeps fragments and pages of one URL apart in every cache.
    """

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """An answer for a DomainError; None leaves anything else to Django."""
        if not isinstance(exception, DomainError):
            return None
        answer = refusal_of(request, exception)
        if isinstance(exception, TooMany):
            answer["Retry-After"] = str(exception.extra["retry_after"])
        return answer

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Pages differ by who asks and how: no shared cache may keep one, and Back asks again."""
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ("HX-Request", "HX-Target", "Cookie"))
            patch_cache_control(response, private=True, no_cache=True)
        return response
