"""ASGI entry: HTTP to Django, `/ws/` to the one consumer, Origin checked before anything else."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tasktracker.settings")

import django

django.setup(set_prefix=False)

from channels.auth import AuthMiddlewareStack  # noqa: E402  (needs the app registry)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from tasktracker.core.consumers import EventConsumer, origin_or_token  # noqa: E402
from tasktracker.core.http import http_application  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http_application(),
        "websocket": origin_or_token(AuthMiddlewareStack(URLRouter([path("ws/", EventConsumer.as_asgi())]))),
    }
)
