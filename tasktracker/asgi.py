"""ASGI entry: HTTP to Django, `/ws/` to the one consumer, Origin checked before anything else."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tasktracker.settings")

import django

django.setup(set_prefix=False)

from functools import partial  # noqa: E402

from channels.auth import AuthMiddlewareStack  # noqa: E402  (needs the app registry)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import get_resolver, path  # noqa: E402

from ingestion.grouped import Recorder  # noqa: E402
from ingestion.webhooks.grouped import GroupedWebhooks  # noqa: E402
from tasktracker.core.consumers import EventConsumer, origin_or_token  # noqa: E402
from tasktracker.core.grouped import Asgi, Grouped  # noqa: E402
from tasktracker.core.http import http_application  # noqa: E402
from tasktracker.core.permissions import RolePermission  # noqa: E402

messages = partial(Grouped, path="/api/messages", role=RolePermission.DEFAULT_WRITE, record=Recorder())


def grouped(inner: Asgi) -> Asgi:
    """Messages that are posted and webhooks, each written with those that come at the same time."""
    return GroupedWebhooks(messages(inner))


application = ProtocolTypeRouter(
    {
        "http": http_application(grouped),
        "websocket": origin_or_token(AuthMiddlewareStack(URLRouter([path("ws/", EventConsumer.as_asgi())]))),
    }
)

# Every page and endpoint is loaded before the first request would wait for it. What was loaded lives as long as the
# process: to look through it for garbage held up everything for 150 ms, which one webhook in a hundred met.
get_resolver().url_patterns  # noqa: B018
gc.collect()
gc.freeze()
