"""The end of a lock-out by mail: whoever was kept out by wrong guesses gets a link that lets them try again at once.

What is done when a lock begins, and how long it takes, is the same for a name that nobody has: a worker mails.
"""

import secrets
import smtplib
import unicodedata

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from redis.exceptions import RedisError

from tasktracker.core.enums import Guess
from tasktracker.core.errors import NotFound, Unavailable
from tasktracker.core.events import enqueue
from tasktracker.core.models import User
from tasktracker.core.passwords import mail_is_on
from tasktracker.core.throttling import count_in_window, counters

LASTS = 3600  # seconds that a link is good for
MAILS_AN_HOUR = 3  # to one person: nobody's mailbox is filled through us
SALT = "core.unlocking"
GONE = "This link was used, has expired, or never was."

SUBJECT = "Too many wrong guesses at your login to Task Tracker"
LETTER = """Hello {name},

{story}

If it was you, this link lets you try again at once. It works once, within an hour:

{link}

If it was not you, do nothing with it: whoever it was has to wait. {advice}
"""
STORIES = {
    Guess.FIRST_STEP: (
        "ten wrong passwords were typed for your login, from the address {address}. It has to wait now.",
        "Your password was not guessed.",
    ),
    Guess.SECOND_STEP: (
        "ten wrong codes were typed at the second step of your login, last from the address {address}. "
        "No code is looked at for a while.",
        "But they know your password, so choose another one now.",
    ),
}


def plain(username: str) -> str:
    """A name as guesses at it are counted: whatever its case and way of writing."""
    return unicodedata.normalize("NFKC", username).casefold()


def people_named(username: str) -> list[int]:
    """The ids of the open accounts whose guesses are counted under this name."""
    wanted = plain(username)
    found = User.objects.filter(username__iexact=wanted, is_active=True).values_list("pk", "username")
    return [pk for pk, name in found if plain(name) == wanted]


def offer(user_ids: list[int], *, lock: str, guess: Guess, address: str, base: str) -> None:
    """A lock began: have a worker mail a link to whoever it keeps out, if there is anybody.

    `lock` is its key in Valkey, `address` whence the last guess came, `base` the origin of our pages.
    """
    enqueue("tasktracker.core.tasks.mail_unlocking", user_ids, lock, guess.value, address, base)


def mail_link(*, user: User, lock: str, guess: Guess, address: str, base: str) -> None:
    """Mail `user` a link, if they have not got enough of them in the last hour. Raises OSError or SMTPException."""
    mails = _key(f"mails:{user.pk}")
    if not mail_is_on() or not user.email or count_in_window(mails, LASTS) > MAILS_AN_HOUR:
        return
    story, advice = STORIES[guess]
    link = f"{base}/login/unlock/{make_token(lock)}/"
    name = user.get_username()
    letter = LETTER.format(name=name, story=story.format(address=address or "?"), link=link, advice=advice)
    try:
        EmailMessage(SUBJECT, letter, to=[user.email]).send()
    except (OSError, smtplib.SMTPException):
        counters().decr(mails)
        raise


def make_token(lock: str) -> str:
    """What ends the lock, once."""
    nonce = secrets.token_urlsafe(24)
    counters().set(_key(nonce), lock, ex=LASTS)
    return signing.dumps(nonce, salt=SALT)


def is_good(token: str) -> bool:
    """Whether the link can be used. Raises `Unavailable` with Valkey away."""
    nonce = _nonce(token)
    try:
        return nonce is not None and bool(counters().exists(_key(nonce)))
    except RedisError:
        raise Unavailable("This can't be looked up at the moment. Try again in a minute.") from None


def end_lock(token: str) -> None:
    """End the lock that the link is for. Raises `NotFound` for one that is used up, and `Unavailable`."""
    nonce = _nonce(token)
    try:
        lock = counters().getdel(_key(nonce)) if nonce is not None else None
        if lock is None:
            raise NotFound(GONE)
        counters().delete(lock)
    except RedisError:
        raise Unavailable("This can't be done at the moment. Try again in a minute.") from None


def _nonce(token: str) -> str | None:
    try:
        return str(signing.loads(token, salt=SALT, max_age=LASTS))
    except signing.BadSignature:
        return None


def _key(name: str) -> str:
    return f"{settings.CACHES['default']['KEY_PREFIX']}:unlock:{name}"
