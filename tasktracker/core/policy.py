"""The content security policy of pages that are not ours: Unfold's admin, and the API docs."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from drf_spectacular.views import SpectacularSwaggerSplitView

BASE: dict[str, Any] = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
# Unfold is built on Alpine, which evaluates expressions in attributes, and has inline styles. Its scripts are files:
# what somebody wrote would not run here either, were it ever shown unescaped.
ADMIN: dict[str, Any] = {
    **BASE,
    "script-src": [CSP.SELF, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
}
# Swagger UI sets styles on elements; its script is a file of its own.
DOCS: dict[str, Any] = {**BASE, "style-src": [CSP.SELF, CSP.UNSAFE_INLINE]}

docs_view = csp_override(DOCS)(SpectacularSwaggerSplitView.as_view(url_name="api-schema"))

type Handler = Callable[[HttpRequest], HttpResponseBase]


def admin_policy(get_response: Handler) -> Handler:
    """Middleware: `/admin/` gets a policy of its own, every other page keeps the strict one."""
    for_admin = csp_override(ADMIN)(get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return for_admin(request) if request.path.startswith("/admin/") else get_response(request)

    return middleware
