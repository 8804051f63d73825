"""Every address: the API without trailing slashes, pages with them."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from ingestion import telegram_webhook
from tasktracker.core import (
    api_views,
    schema,  # noqa: F401  (registers itself with drf-spectacular)
)
from tasktracker.core.invitations_api import InvitationViewSet
from tasktracker.core.people_api import AuditViewSet, MemberViewSet
from tasktracker.core.policy import docs_view
from tasktracker.stats import StatsView

admin.autodiscover()

people = SimpleRouter(trailing_slash=False)
people.register("members", MemberViewSet, basename="member")
people.register("invitations", InvitationViewSet, basename="invitation")
people.register("audit", AuditViewSet, basename="audit")

api: list[URLPattern | URLResolver] = [
    path("health", api_views.HealthView.as_view(), name="api-health"),
    path("live", api_views.LiveView.as_view(), name="api-live"),
    path("config", api_views.ConfigView.as_view(), name="api-config"),
    path("stats", StatsView.as_view(), name="api-stats"),
    path("events", api_views.EventsView.as_view(), name="api-events"),
    path("schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs", docs_view, name="api-docs"),
    *people.urls,
    path("", include("ingestion.api_urls")),
    path("", include("knowledge.api_urls")),
    path("", include("analysis.api_urls")),
    path("", include("proposals.api_urls")),
    re_path(r"^(?P<rest>[\s\S]*)$", api_views.nowhere, name="api-nowhere"),
]

urlpatterns = [
    path("api/", include(api)),
    path("webhook/telegram/<uuid:uid>", telegram_webhook.receive, name="webhook_telegram"),
    path("webhook/", include("ingestion.webhooks.urls")),
    path("tg/", include("tasktracker.miniapp.urls")),
    # The administration's own form would leave the other logins open.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account")),
    path("admin/", admin.site.urls),
    path("", include("tasktracker.page_urls")),
    path("", include("ingestion.urls")),
    path("", include("knowledge.urls")),
    path("", include("analysis.urls")),
    path("", include("proposals.urls")),
]
