"""API addresses of what was said."""

from rest_framework.routers import SimpleRouter

from ingestion.api import MessageViewSet, SourceViewSet

router = SimpleRouter(trailing_slash=False)
router.register("sources", SourceViewSet, basename="source")
router.register("messages", MessageViewSet, basename="message")

urlpatterns = router.urls
