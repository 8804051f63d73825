"""API addresses of what people have accepted."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from knowledge.api import AtomLinkViewSet, AtomViewSet, TaskViewSet, TopicViewSet
from knowledge.project_api import ProjectViewSet
from knowledge.search_api import SearchView

router = SimpleRouter(trailing_slash=False)
router.register("projects", ProjectViewSet, basename="project")
router.register("topics", TopicViewSet, basename="topic")
router.register("atoms", AtomViewSet, basename="atom")
router.register("atom-links", AtomLinkViewSet, basename="atom-link")
router.register("tasks", TaskViewSet, basename="task")

urlpatterns = [*router.urls, path("search", SearchView.as_view(), name="search")]
