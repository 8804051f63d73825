"""The API of the search."""

from django.utils.html import escape
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from knowledge import search
from knowledge.serializers import FoundSerializer
from tasktracker.core.api import ScopedMixin
from tasktracker.core.errors import Invalid
from tasktracker.core.paths import is_number

MOST_HITS = 100


class SearchView(ScopedMixin, APIView):
    """Everything that was said and accepted, by words and by meaning."""

    @extend_schema(
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, required=True),
            OpenApiParameter("kind", OpenApiTypes.STR, description="message, topic, atom, task, with commas"),
            OpenApiParameter("limit", OpenApiTypes.INT, description="1 to 100, 30 unless told"),
        ],
        responses=FoundSerializer,
    )
    def get(self, request: Request) -> Response:
        """Hits with score and highlight, best first."""
        q = request.query_params.get("q", "").replace("\x00", "").strip()[:500]
        if not q:
            raise Invalid("q: say what to search for.")
        kinds = [one.strip() for one in request.query_params.get("kind", "").split(",") if one.strip()]
        unknown = [kind for kind in kinds if kind not in search.KINDS]
        if unknown:
            raise Invalid(f"kind: {unknown[0]!r} is none of {', '.join(search.KINDS)}.")
        limit = request.query_params.get("limit", "30")
        if not (is_number(limit, digits=4) and 0 < int(limit) <= MOST_HITS):
            raise Invalid(f"limit: a number from 1 to {MOST_HITS}.")
        hits = search.search(workspace=self.access.workspace, q=q, kinds=kinds or search.KINDS, limit=int(limit))
        results = [
            {
                "kind": hit.kind,
                "id": hit.id,
                "title": hit.title,
                "score": hit.score,
                "highlight": safe(hit.highlight),
            }
            for hit in hits
        ]
        return Response({"next": None, "previous": None, "results": results})


def safe(highlight: str) -> str:
    """A highlight as HTML: everything escaped but the marks."""
    return escape(highlight).replace("&lt;mark&gt;", "<mark>").replace("&lt;/mark&gt;", "</mark>")
