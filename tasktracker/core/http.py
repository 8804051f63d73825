"""What stands before Django for each HTTP request: limits that need no Django, then WSGI in a pool of threads.

Only the sockets are asynchronous. Under ASGI Django steps from the event loop into a thread and back several times
for one request, and spools its whole body before it asks who sends it; under WSGI it does neither.
"""

import json
from collections.abc import Awaitable, Callable

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from tasktracker.core.errors import PROBLEM, problem_body
from tasktracker.core.wsgi import Bridge, Receive, Scope, Send

THREADS = 12  # fewer than the pool has connections: what is more waits here, not there with an error after 5 s

type Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


def http_application(wrap: Callable[[Asgi], Asgi] = lambda inner: inner) -> Asgi:
    """The whole of our HTTP as one ASGI application; `wrap` stands between the guard and Django."""
    return guarded(wrap(Bridge(get_wsgi_application(), threads=THREADS)))


def guarded(inner: Asgi) -> Asgi:
    """`inner` without bodies that are too large (413) or of unknown length (411), and without ambiguous headers."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        # A name with `_` would be read as the one with `-`, which a proxy in front sets or removes.
        headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
        named = {name.lower(): value for name, value in headers}
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if b"transfer-encoding" in named:
            await refuse(send, 411, "length_required", "Send the body with a Content-Length, not in chunks.")
        elif int(named.get(b"content-length", b"0")) > limit:
            await refuse(send, 413, "too_large", f"A body may have {limit // 1024 // 1024} MB. Send it in parts.")
        else:
            await inner({**scope, "headers": headers}, receive, send)

    return application


async def refuse(send: Send, status: int, code: str, detail: str) -> None:
    """Answer with problem+json, and close: the body that was not read would be taken for the next request."""
    headers = [(b"content-type", PROBLEM.encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(problem_body(code, detail, status)).encode()})
