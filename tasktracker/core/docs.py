"""The page that shows the OpenAPI description, from files of our own."""

from typing import Any

from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from drf_spectacular.views import SpectacularSwaggerSplitView

POLICY: dict[str, Any] = {
    "default-src": [CSP.SELF],
    # Swagger UI sets styles on elements; its script is a file of its own.
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

docs_view = csp_override(POLICY)(SpectacularSwaggerSplitView.as_view(url_name="api-schema"))
