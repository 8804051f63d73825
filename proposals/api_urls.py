"""API addresses of the review desk."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from proposals.api import ProposalViewSet, TrailView
from proposals.learning_api import AutoApprovalViewSet, LearningView

router = SimpleRouter(trailing_slash=False)
router.register("proposals", ProposalViewSet, basename="proposal")
router.register("auto-approvals", AutoApprovalViewSet, basename="auto-approval")

urlpatterns = [
    *router.urls,
    path("tasks/<id:pk>/trail", TrailView.as_view(), name="task-trail"),
    path("stats/learning", LearningView.as_view(), name="stats-learning"),
]
