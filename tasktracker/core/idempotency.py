"""Idempotency-Key on a POST: the same request again gets the first answer and does nothing, another one gets 409."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from rest_framework.response import Response

from tasktracker.core import crypto, walls
from tasktracker.core.errors import Conflict
from tasktracker.core.models import IdempotentRequest
from tasktracker.core.permissions import access_for

SALT = "idempotency"  # a body may hold a password, which nobody shall find out by hashing guesses
LONGEST = 200


def idempotent[**P](method: Callable[P, Response]) -> Callable[P, Response]:
    """Honour the key. The method runs in one transaction with the answer that is kept."""

    @wraps(method)
    def inner(*args: P.args, **kwargs: P.kwargs) -> Response:
        request: Any = args[1]
        if not (key := _key(request)):
            return method(*args, **kwargs)
        with transaction.atomic():
            row, made = _claim(request, key)
            if not made:
                return _again(row, is_kept=True)
            with walls.kept_up():
                answer = method(*args, **kwargs)
            _keep(row, answer, is_kept=True)
        return answer

    return inner


def idempotent_apart[**P](method: Callable[P, Response]) -> Callable[P, Response]:
    """Honour the key where no transaction may stand around the method, which asks somebody over the network.

    The key is taken before, and free again where the request was refused. Where the process ends in between, the same
    request is told so and not done a second time.
    """
    return _apart(method, is_kept=True)


def idempotent_secret[**P](method: Callable[P, Response]) -> Callable[P, Response]:
    """As `idempotent_apart`, for an answer with a secret in it: that is shown once and not kept, so that the same
    request again gets 409, and makes no second one."""
    return _apart(method, is_kept=False)


def _apart[**P](method: Callable[P, Response], *, is_kept: bool) -> Callable[P, Response]:
    @wraps(method)
    def inner(*args: P.args, **kwargs: P.kwargs) -> Response:
        request: Any = args[1]
        if not (key := _key(request)):
            return method(*args, **kwargs)
        with transaction.atomic():
            row, made = _claim(request, key)
        if not made:
            return _again(row, is_kept=is_kept)
        is_done = False
        try:
            answer = method(*args, **kwargs)
            is_done = answer.status_code < 400
        finally:
            if not is_done:
                row.delete()
        if is_done:
            _keep(row, answer, is_kept=is_kept)
        return answer

    return inner


def _key(request: Any) -> str:
    """The key that is still to be honoured; a method that calls one of its base class honours it itself."""
    key: str = request.headers.get("Idempotency-Key", "")[:LONGEST]
    if getattr(request, "key_is_honoured", False):
        return ""
    request.key_is_honoured = bool(key)
    return key


def _claim(request: Any, key: str) -> tuple[IdempotentRequest, bool]:
    """The row of the key, locked, and whether it is new. Raises `Conflict` where another request used it."""
    access = access_for(request)
    basis = f"{request.method} {request.path}\n{json.dumps(request.data, sort_keys=True)}"
    fingerprints = crypto.digests(SALT, basis)
    row, made = IdempotentRequest.objects.select_for_update().get_or_create(
        workspace=access.workspace,
        user=access.user,
        key=key,
        defaults={"fingerprint": fingerprints[0], "response_status": 0},
    )
    if row.fingerprint not in fingerprints:
        raise Conflict("This Idempotency-Key was used for another request. Use a new one.", code="idempotency_mismatch")
    return row, made


def _again(row: IdempotentRequest, *, is_kept: bool) -> Response:
    if row.response_status == 0:
        raise Conflict(
            "This request was begun, and what became of it is not known. See whether it was done; if it was not, send "
            "it with a new Idempotency-Key.",
            code="idempotency_unknown",
        )
    if not is_kept:
        raise Conflict(
            "This was done, and what it answered is shown only once. To make another one, use a new Idempotency-Key.",
            code="shown_once",
        )
    return Response(row.body, status=row.response_status)


def _keep(row: IdempotentRequest, answer: Response, *, is_kept: bool) -> None:
    row.response_status = answer.status_code
    row.body = json.loads(json.dumps(answer.data, default=str)) if is_kept else None
    row.save(update_fields=["response_status", "body"])
