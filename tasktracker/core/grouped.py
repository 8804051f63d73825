"""Small POSTs of one address from many callers, written together: what came while the last commit was under way.

Only what is plain goes this way: a bearer token, a small body of JSON, nothing that asks for more. What turns out not
to be plain (not allowed, not valid, known already, an error) goes to Django as if nothing had been, and that says it.
An answer is given after the commit, never before.
"""

import asyncio
import io
import logging
import queue
import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection
from django.http.request import split_domain_port, validate_host

from tasktracker.core.authentication import token_owner, touch
from tasktracker.core.enums import Role
from tasktracker.core.models import User
from tasktracker.core.permissions import Access, access_of_token
from tasktracker.core.throttling import UserThrottle
from tasktracker.core.wsgi import SMALL, Message, Receive, Scope, Send, whole

log = logging.getLogger(__name__)

AT_ONCE = 200  # posts in one transaction
_JSON = re.compile(rb"application/json(; ?charset=utf-8)?", re.IGNORECASE)
# Whoever sends one of these wants something that only Django knows how to do; a cookie may be answered by another one.
_NOT_PLAIN = frozenset(
    {b"idempotency-key", b"x-workspace", b"content-encoding", b"expect", b"x-http-method-override", b"cookie"}
)

type Asgi = Callable[[Scope, Receive, Send], Any]
type Record = Callable[[Sequence[tuple[Access, bytes]]], Sequence[bytes | None]]


@dataclass(frozen=True, slots=True)
class Post:
    """One request that waits for its answer: the body of the 201, or None where Django shall say it."""

    token: str
    body: bytes
    answered: "asyncio.Future[bytes | None]" = field(repr=False)
    loop: asyncio.AbstractEventLoop = field(repr=False)

    def answer(self, body: bytes | None) -> None:
        self.loop.call_soon_threadsafe(self._set, body)

    def _set(self, body: bytes | None) -> None:
        if not self.answered.done():  # its caller may have left
            self.answered.set_result(body)


class Grouped:
    """`inner`, with the plain POSTs to `path` done by `record`, which gives for each the JSON of its 201, or None.

    `role` is what the address asks of its callers.
    """

    def __init__(self, inner: Asgi, *, path: str, role: Role, record: Record) -> None:
        self._inner, self._path, self._role, self._record = inner, path, role, record
        self._waiting: queue.SimpleQueue[Post] = queue.SimpleQueue()
        self._headers: list[tuple[bytes, bytes]] | None = None  # of Django's own 201: all its middleware has its say
        self._throttle = UserThrottle()
        self._thread: threading.Thread | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != self._path or scope["method"] != "POST":
            await self._inner(scope, receive, send)
            return
        token = plain_token(scope)
        if token is None or self._headers is None:
            # Only the answer to a plain post is one that anybody may get.
            await self._inner(scope, receive, send if token is None else self._learning(send))
            return
        body = await whole(receive)
        if body is None:
            return
        answer = await self._recorded(token, body)
        if answer is None:
            await self._inner(scope, again(body), send)
            return
        length = (b"content-length", str(len(answer)).encode())
        await send({"type": "http.response.start", "status": 201, "headers": [*self._headers, length]})
        await send({"type": "http.response.body", "body": answer})

    def _learning(self, send: Send) -> Send:
        async def inner(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 201:
                self._headers = [each for each in message["headers"] if each[0] not in {b"content-length", b"date"}]
            await send(message)

        return inner

    async def _recorded(self, token: str, body: bytes) -> bytes | None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="grouped", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        post = Post(token, body, loop.create_future(), loop)
        self._waiting.put(post)
        return await post.answered

    def _work(self) -> None:
        while True:
            posts = [self._waiting.get()]
            while len(posts) < AT_ONCE and not self._waiting.empty():
                posts.append(self._waiting.get())
            answers: Sequence[bytes | None] = [None] * len(posts)
            try:
                answers = self._answers(posts)
            except Exception as error:  # noqa: BLE001 (Django answers them one by one, and says what is wrong)
                log.warning("%s posts are taken one by one: %s", len(posts), type(error).__name__)
                connection.close()  # else it is kept: to give it back and take it again is a tenth of a small post
            finally:
                for post, answer in zip(posts, answers, strict=True):
                    post.answer(answer)

    def _answers(self, posts: Sequence[Post]) -> Sequence[bytes | None]:
        admitted = self._admitted(Counter(post.token for post in posts))
        allowed = [(place, admitted[post.token]) for place, post in enumerate(posts)]
        taken = [(place, access) for place, access in allowed if access is not None]
        answers: list[bytes | None] = [None] * len(posts)
        recorded = self._record([(access, posts[place].body) for place, access in taken])
        again: Counter[User] = Counter()
        for (place, access), answer in zip(taken, recorded, strict=True):
            answers[place] = answer
            if answer is None:
                again[access.user] += 1
        for user, times in again.items():
            self._throttle.give_back(user, times)  # Django counts them
        return answers

    def _admitted(self, tokens: "Counter[str]") -> dict[str, Access | None]:
        """Who calls, for each token that may post now, and as often as it does here."""
        found: dict[str, Access | None] = {}
        for text, times in tokens.items():
            found[text] = None
            token: Any = token_owner(text)  # with its role
            if token is None:
                continue
            access = access_of_token(token)
            if access is None or not access.allows(self._role):
                continue
            if self._throttle.admits(token.user, times):
                touch(token)
                found[text] = access
            else:
                self._throttle.give_back(token.user, times)  # Django counts them, and says which are too many
        return found


def plain_token(scope: Scope) -> str | None:
    """The bearer token of a request that has nothing about it that Django should see; else None."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in headers or name in _NOT_PLAIN:
            return None
        headers[name] = value
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    plain = (
        scheme.lower() == b"bearer"
        and not scope["query_string"]
        and _JSON.fullmatch(headers.get(b"content-type", b""))
        and int(headers.get(b"content-length", b"0")) <= SMALL
        and any(kind in headers.get(b"accept", b"*/*") for kind in (b"*/*", b"application/json"))
        and is_here(headers.get(b"host", b"").decode("latin-1"))
        and (not settings.SECURE_SSL_REDIRECT or headers.get(b"x-forwarded-proto") == b"https")
    )
    return token.decode("latin-1").strip() if plain else None


def is_here(host: str) -> bool:
    """Whether a Host header names this server."""
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def again(body: bytes) -> Receive:
    """A body that was read already, once more."""
    stream = io.BytesIO(body)

    async def receive() -> Message:
        return {"type": "http.request", "body": stream.read(), "more_body": False}

    return receive
