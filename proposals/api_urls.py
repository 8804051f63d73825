"""API addresses of the review desk."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from proposals.api import ProposalViewSet, TrailView

router = SimpleRouter(trailing_slash=False)
router.register("proposals", ProposalViewSet, basename="proposal")

urlpatterns = [*router.urls, path("tasks/<id:pk>/trail", TrailView.as_view(), name="task-trail")]
