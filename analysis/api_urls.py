"""API addresses of analysis."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from analysis.api import ExtractView, RunViewSet
from analysis.provider_api import AgentViewSet, AssignmentViewSet, ProviderViewSet, TaskConfigViewSet
from analysis.schedule_api import ScheduleViewSet, SpendingCapView

router = SimpleRouter(trailing_slash=False)
router.register("analysis/runs", RunViewSet, basename="run")
router.register("providers", ProviderViewSet, basename="provider")
router.register("agents", AgentViewSet, basename="agent")
router.register("task-configs", TaskConfigViewSet, basename="task-config")
router.register("assignments", AssignmentViewSet, basename="assignment")
router.register("schedules", ScheduleViewSet, basename="schedule")

urlpatterns = [
    path("knowledge/extract", ExtractView.as_view(), name="knowledge-extract"),
    path("spending-cap", SpendingCapView.as_view(), name="spending-cap"),
    *router.urls,
]
