"""Small POSTs of one address from many callers, written together: what came while the last commit was under way.

Only what is plain goes this way: a bearer token, a small body of JSON, nothing that asks for more. What turns out not
to be plain (not allowed, not valid, known already, an error) goes to Django as if nothing had been, and that says it.
An answer is given after the commit, never before.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tasktracker.core.authentication import touch
from tasktracker.core.enums import Role
from tasktracker.core.models import ApiToken, User
from tasktracker.core.permissions import access_of_token
from tasktracker.core.services import digest
from tasktracker.core.throttling import UserThrottle
from tasktracker.core.together import Learnt, Together, again, plain_headers
from tasktracker.core.wsgi import Receive, Scope, Send, whole

_JSON = re.compile(rb"application/json(; ?charset=utf-8)?", re.IGNORECASE)
# Whoever sends one of these wants something that only Django knows how to do; a cookie may be answered by another one.
_NOT_PLAIN = frozenset(
    {b"idempotency-key", b"x-workspace", b"content-encoding", b"expect", b"x-http-method-override", b"cookie"}
)

type Asgi = Callable[[Scope, Receive, Send], Any]
type Post = tuple[str, bytes]  # token and body
type Admit = Callable[[Sequence[ApiToken]], Sequence[bool]]  # which of the callers may post now, each for one post
type Record = Callable[[Sequence[Post], Admit], Sequence[bytes | None]]


class Grouped:
    """`inner`, with the plain POSTs to `path` done by `record`, which gives for each the JSON of its 201, or None.

    `record` finds whose the tokens are together with what it needs anyway, and asks which of them may post, before it
    writes. `role` is what the address asks of its callers.
    """

    def __init__(self, inner: Asgi, *, path: str, role: Role, record: Record) -> None:
        self._inner, self._path, self._role, self._record = inner, path, role, record
        # Results are the body of the 201, or None where Django shall say it.
        self._posts: Together[Post, bytes | None] = Together(self._answers, instead=None, name="posts")
        self._learnt = Learnt(201)
        self._throttle = UserThrottle()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != self._path or scope["method"] != "POST":
            await self._inner(scope, receive, send)
            return
        token, headers = plain_token(scope), self._learnt.headers
        if token is None or headers is None:
            # Only the answer to a plain post is one that anybody may get.
            await self._inner(scope, receive, send if token is None else self._learnt.listening(send))
            return
        body = await whole(receive)
        if body is None:
            return
        answer = await self._posts.ask((token, body))
        if answer is None:
            await self._inner(scope, again(body), send)
            return
        length = (b"content-length", str(len(answer)).encode())
        await send({"type": "http.response.start", "status": 201, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": answer})

    def _answers(self, posts: Sequence[Post]) -> Sequence[bytes | None]:
        counted: dict[User, int] = Counter()
        owners: dict[str, User] = {}

        def admit(tokens: Sequence[ApiToken]) -> list[bool]:
            # Each by itself: of one token that was looked up twice, the second may have found another role.
            allowed = [self._allows(token) for token in tokens]
            times = Counter(token.user for token, is_allowed in zip(tokens, allowed, strict=True) if is_allowed)
            free = {user for user, wanted in times.items() if self._has_left(user, wanted)}
            for user in free:
                counted[user] += times[user]
            admitted = [is_allowed and token.user in free for token, is_allowed in zip(tokens, allowed, strict=True)]
            for token in {token.digest: token for token, is_in in zip(tokens, admitted, strict=True) if is_in}.values():
                owners[token.digest] = token.user
                touch(token)
            return admitted

        answers: Sequence[bytes | None] = [None] * len(posts)
        try:
            answers = self._record(posts, admit)
        finally:
            for (token, _), answer in zip(posts, answers, strict=True):
                if answer is not None:
                    counted[owners[digest(token)]] -= 1
            for user, left in counted.items():
                if left:
                    self._throttle.give_back(user, left)  # Django counts them
        return answers

    def _allows(self, token: ApiToken) -> bool:
        access = access_of_token(token) if token.is_live else None
        return access is not None and access.allows(self._role)

    def _has_left(self, user: User, times: int) -> bool:
        if self._throttle.admits(user, times):
            return True
        self._throttle.give_back(user, times)  # Django counts them, and says which are too many
        return False


def plain_token(scope: Scope) -> str | None:
    """The bearer token of a request that has nothing about it that Django should see; else None."""
    headers = plain_headers(scope, without=_NOT_PLAIN)
    if headers is None:
        return None
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    plain = (
        scheme.lower() == b"bearer"
        and _JSON.fullmatch(headers.get(b"content-type", b""))
        and any(kind in headers.get(b"accept", b"*/*") for kind in (b"*/*", b"application/json"))
    )
    return token.decode("latin-1").strip() if plain else None
