"""Who is in the Mini App, and what they may do there.

A login here is a session of its own kind: it has no person for Django to log in, and stands in no cookie but in the
header TG-Session of each request. So it opens nothing but /tg/, needs no CSRF token (no other site can send the
header), and works in Telegram's web clients, where a browser keeps cookies of a frame to itself. It ends like every
other login, on the account's page or with the password.

Whose Telegram account it is was said by /link, from a session that had passed the second step where there is one; a
role that has to have one and has none comes in nowhere. Telegram itself asks for no second step of ours, so that
nobody acts here above a reviewer: no settings, no keys, no administration.
"""

import logging
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac

from ingestion import bot_homes
from ingestion.bot_asked import Asked
from ingestion.drafts import ChannelDraft
from ingestion.exports.telegram_message import PLATFORM
from ingestion.models import BotContact, Source
from tasktracker.core import secondstep, sessions
from tasktracker.core.account_models import LoginSession
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.enums import Role
from tasktracker.core.permissions import SESSION_KEY, Access
from tasktracker.core.walls import put_up
from tasktracker.miniapp.initdata import AHEAD, MAX_AGE, InitData, NotGenuine, read
from tasktracker.miniapp.words import language_of

log = logging.getLogger(__name__)

HEADER = "TG-Session"
MARK = "mini_app"  # in a session: whose it is, and through which bot
LASTS = 4 * 60 * 60  # seconds
KEY = re.compile(r"[a-z0-9]{32}", re.ASCII)
CEILING = Role.REVIEWER
DEVICE = "Telegram"


class Refused(Exception):
    """Nobody comes in: `http_status` of the answer, and what to do about it in words."""

    def __init__(self, http_status: int, title: str, told: str, *, link: bool = False) -> None:
        super().__init__(title)
        self.http_status, self.title, self.told, self.link = http_status, title, told, link


def log_in(request: HttpRequest, *, raw: str, bot_uid: str) -> str:
    """Check the initData `raw`, open a session for whom it names, once; its key. Raises `Refused`.

    `bot_uid` is the source in the page's address, "" for whichever bot signed it.
    """
    try:
        data = read(raw, now=time.time())
        bots = _signed_by(data, bot_uid)
        person_id = data.person_id()
    except NotGenuine as error:
        log.warning("initData refused: %s", error)
        raise Refused(401, "This is not Telegram's word", "Open the app again from the bot's menu.") from None
    bot, access = _entitled_by_one(bots, person_id)
    _use_up(data)
    session = SessionStore()
    session[MARK] = {
        "bot": bot.pk,
        "person": person_id,
        "user": access.user.pk,
        "language": language_of(data.person(), otherwise=_spoken_to(bot, access)),
        "hash": access.user.get_session_auth_hash(),  # another password ends it
    }
    session[SESSION_KEY] = access.workspace.pk
    session.set_expiry(LASTS)
    session.create()
    with _in_place(request, session, access):
        sessions.note(request, access.user)
    LoginSession.objects.filter(session_id=session.session_key).update(device=DEVICE)
    return str(session.session_key)


@contextmanager
def resumed(request: HttpRequest, key: str) -> Iterator[Access]:
    """As the person whose session has this key; everything about them is asked anew. Raises `Refused`.

    What is said meanwhile is said in the language of their Telegram.
    """
    session, access = _open(key)
    with _in_place(request, session, access), translation.override(session[MARK].get("language", "en")):
        put_up(access.wall)
        yield access


def _open(key: str) -> tuple[SessionStore, Access]:
    session = SessionStore(session_key=key) if KEY.fullmatch(key) else SessionStore()
    mark: dict[str, Any] = session.get(MARK) or {}
    bot = _bots().filter(pk=mark.get("bot")).first() if mark else None
    if bot is None:
        raise _ended()
    access = _entitled(bot, mark["person"])
    same = (access.user.pk, access.workspace.pk) == (mark["user"], session.get(SESSION_KEY))
    if not same or not constant_time_compare(access.user.get_session_auth_hash(), mark["hash"]):
        raise _ended()
    LoginSession.objects.filter(
        session_id=session.session_key, seen_at__lt=timezone.now() - timedelta(seconds=sessions.SEEN_EVERY)
    ).update(seen_at=timezone.now())
    return session, access


def _spoken_to(bot: Source, access: Access) -> str:
    """In which language the bot speaks to the person, where Telegram does not tell theirs."""
    found = BotContact.objects.filter(bot=bot, participant__user=access.user)
    return found.values_list("language", flat=True).first() or ""


def _ended() -> Refused:
    return Refused(401, "This session is over", "Close the app and open it again from the bot's menu.")


def _bots() -> Any:
    return Source.objects.filter(kind=Source.Kind.TELEGRAM, is_active=True).exclude(sealed_secret="").order_by("pk")


def _signed_by(data: InitData, bot_uid: str) -> list[Source]:
    """The bots whose token signed the data: one, or the same bot as a source of several workspaces."""
    found = []
    for bot in _bots().filter(uid=_uid(bot_uid)) if bot_uid else _bots():
        try:
            # The newest alone: Telegram signs with no other, and whoever has one that leaked could sign for anybody.
            tokens = [bot.open_secret()]
        except DecryptionError as error:
            log.error("source %d: %s", bot.pk, error)  # noqa: TRY400 (one clear line for whoever has to act)
            continue
        if data.is_signed_by(tokens):
            found.append(bot)
    if not found:
        raise NotGenuine("No bot of ours has signed it.")
    return found


def _uid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotGenuine("The address names no source.") from None


def _entitled_by_one(bots: list[Source], person_id: str) -> tuple[Source, Access]:
    refusal = None
    for bot in bots:
        try:
            return bot, _entitled(bot, person_id)
        except Refused as error:
            refusal = refusal or error
    raise refusal or _ended()


def _entitled(bot: Source, person_id: str) -> Access:
    """What the person may do here: as in the private chat with the bot, and no more than a reviewer."""
    chat = {"chat": {"id": person_id, "type": "private"}}
    home = bot_homes.home_of(source=bot, channel=ChannelDraft(PLATFORM, person_id, ""))
    asked = Asked(bot=bot, home=home, message=chat, person={"id": person_id}, name="", words="")
    access = asked.access()
    if access is None:
        told = (
            "Make a code on the site under Settings, Telegram, and write to the bot: /link CODE. Then open this again."
        )
        raise Refused(403, "The bot does not know you yet", told, link=True)
    if secondstep.required_of(access.user) and not secondstep.has_second_step(access.user):
        told = "Your role has to sign in in two steps. Set the second one up on the site, then open this again."
        raise Refused(403, "One step is missing", told)
    return replace(access, role=access.role if access.role.rank <= CEILING.rank else CEILING)


def _use_up(data: InitData) -> None:
    """Raise `Refused` the second time that the same data comes. The row outlives the data, and is nobody's session."""
    key = salted_hmac("telegram.initdata", data.hash, algorithm="sha256").hexdigest()[:40]
    expires = datetime.fromtimestamp(data.at, UTC) + timedelta(seconds=MAX_AGE + 2 * AHEAD)
    values = {"session_data": SessionStore().encode({}), "expire_date": expires}
    if not Session.objects.get_or_create(session_key=key, defaults=values)[1]:
        raise Refused(409, "This was used already", "Close the app and open it again from the bot's menu.")


@contextmanager
def _in_place(request: HttpRequest, session: SessionStore, access: Access) -> Iterator[None]:
    """The request is this person's for now. Whoever is logged in by cookie is put back, before middleware asks."""
    http: Any = request
    user, cookie = http.user, http.session
    http.user, http.session, http.access = access.user, session, access
    try:
        yield
    finally:
        http.user, http.session = user, cookie
        del http.access
