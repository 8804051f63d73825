"""Logins that are open: each noted with device and address, and to be ended; when each was last proven."""

import ipaddress
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.contrib.sessions.models import Session
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from tasktracker.core.account_models import LoginSession
from tasktracker.core.events import recheck_member
from tasktracker.core.models import Membership, User

SEEN = "seen"  # in the session: for which key it was noted, and when
SEEN_EVERY = 300  # seconds between two notes of one login
PROVEN = "proven"  # in the session: when the person last showed who they are, by a login or by saying it again
PROVEN_LASTS = 15 * 60  # seconds

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows")),
    *(("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)


def device_name(agent: str) -> str:
    """What a person would call the device: "Firefox on Linux"; the first word of what says neither."""
    browser = next((name for mark, name in BROWSERS if f"{mark}/" in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or re.split(r"[/\s]", agent, maxsplit=1)[0][:40] or "unknown device"


def prove(request: HttpRequest) -> None:
    """The person showed who they are just now."""
    request.session[PROVEN] = int(time.time())


def is_proven(request: HttpRequest) -> bool:
    """Whether the person showed who they are a short time ago."""
    return bool(0 <= int(time.time()) - request.session.get(PROVEN, 0) <= PROVEN_LASTS)


def note(request: HttpRequest, user: User) -> None:
    """Write down that `user` is logged in with this session, from where and with what."""
    session: Any = request.session
    if session.session_key is None:
        session.save()
    now = timezone.now()
    session[SEEN] = {"key": session.session_key, "at": int(time.time())}
    row = LoginSession(
        user=user,
        session_id=session.session_key,
        address=_address(request),
        device=request.headers.get("User-Agent", "").replace("\x00", "")[:300],
        seen_at=now,
    )
    # A session that is ended at this very moment has nothing to be noted of: the foreign key says so.
    with suppress(IntegrityError):
        LoginSession.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["session"],
            update_fields=["user", "address", "device", "seen_at"],
        )


def _address(request: HttpRequest) -> str | None:
    """The address of the connection, never a header's word; None for a socket that has none."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None


type Handler = Callable[[HttpRequest], HttpResponseBase]


def note_logins(get_response: Handler) -> Handler:
    """Middleware: notes a login again when it was last seen a while ago, or goes on under another key."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        answer = get_response(request)
        session: Any = request.session
        # Where nobody asked who it is, asking now would make the answer vary by cookie.
        if session.accessed and request.user.is_authenticated and not session.is_empty():
            seen = session.get(SEEN) or {}
            if seen.get("key") != session.session_key or time.time() - seen.get("at", 0) > SEEN_EVERY:
                note(request, request.user)
        return answer

    return middleware


def open_logins(user: User) -> QuerySet[LoginSession]:
    """The logins of `user` that have not ended, the last used first."""
    return LoginSession.objects.filter(user=user, session__expire_date__gt=timezone.now()).order_by("-seen_at", "-id")


def end_login(*, login: LoginSession) -> None:
    """End one login: its next request is a stranger's, and its sockets close."""
    Session.objects.filter(pk=login.session_id).delete()
    _tell_sockets(login.user_id)


def end_logins(*, user: User, keep: str | None = None) -> int:
    """End all logins of `user` but the session `keep`; returns how many."""
    ended = Session.objects.filter(login__user=user).exclude(pk=keep or "")
    number = ended.count()
    ended.delete()
    _tell_sockets(user.pk)
    return number


def _tell_sockets(user_id: int) -> None:
    for workspace_id in Membership.objects.filter(user=user_id).values_list("workspace_id", flat=True):
        recheck_member(workspace_id, user_id)


def forget_expired() -> None:
    """Delete the sessions that have expired, with what was noted of them."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
