"""Passwords: changed by their owner, or set anew by a link that an admin made or that was mailed."""

import secrets
import smtplib
import unicodedata
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from tasktracker.core import audit
from tasktracker.core.account_models import PasswordLink
from tasktracker.core.enums import Role
from tasktracker.core.errors import Forbidden, NotFound, Unavailable
from tasktracker.core.events import enqueue
from tasktracker.core.models import Membership, User
from tasktracker.core.services import digest
from tasktracker.core.sessions import end_logins

BY_ADMIN = timedelta(hours=24)
BY_MAIL = timedelta(hours=1)
MAILS_AN_HOUR = 3  # to one person: nobody's mailbox is filled through us

SUBJECT = "A new password for Task Tracker"
LETTER = """Hello {name},

somebody asked for a new password for your login. Set it here within an hour:

{link}

If it was not you, do nothing: your password stays as it is.
"""


def mail_is_on() -> bool:
    """Whether mails can be sent from here."""
    return bool(settings.MAILERS)


@transaction.atomic
def make_link(*, user: User, by: User | None, lasts: timedelta = BY_ADMIN) -> str:
    """The token of a link to a new password for `user`, seen this once. Those that `by` made before are void.

    `by` is the admin whose permission was checked, None for a link that is mailed.
    """
    if by is not None:
        user.password_links.filter(created_by__isnull=False, used_at__isnull=True).delete()
        audit.note_account(user=user, by=by, changes={"password_link": "hidden"})
    token = secrets.token_urlsafe(32)
    PasswordLink.objects.create(user=user, digest=digest(token), created_by=by, expires_at=timezone.now() + lasts)
    return token


def is_over(*, admin: User, user: User) -> bool:
    """Whether `admin` administers every workspace of `user`."""
    mine = Membership.objects.filter(user=admin, role=Role.ADMIN, user__is_active=True).values("workspace_id")
    return not user.memberships.exclude(workspace_id__in=mine).exists()


def require_over(*, admin: User, user: User) -> None:
    """Raise `Forbidden` unless `admin` administers every workspace of `user`: a new password opens them all."""
    if not is_over(admin=admin, user=user):
        raise Forbidden("This person is also in a workspace that you do not administer, which a new password opens.")


def find(token: str) -> PasswordLink | None:
    """The link that a token belongs to, while it can be used: an admin's as long as they could make it anew."""
    link = (
        PasswordLink.objects.select_related("user", "created_by")
        .filter(digest=digest(token), used_at__isnull=True, expires_at__gt=timezone.now(), user__is_active=True)
        .first()
    )
    if link is None or (link.created_by is not None and not is_over(admin=link.created_by, user=link.user)):
        return None
    return link


@transaction.atomic
def use_link(*, token: str, password: str, end_tokens: bool = False) -> User:
    """Set the new password, once. All logins of the person end. `password` is valid; raises `NotFound`."""
    link = PasswordLink.objects.select_for_update().filter(digest=digest(token)).first()
    if link is None or find(token) is None:
        raise NotFound("This link was used, has expired, or never was. Ask for a new one.")
    link.used_at = timezone.now()
    link.save(update_fields=["used_at"])
    user = User.objects.select_for_update().get(pk=link.user_id)
    set_password(user=user, password=password, end_tokens=end_tokens)
    return user


@transaction.atomic
def set_password(*, user: User, password: str, keep: str | None = None, end_tokens: bool = False) -> None:
    """The person sets a valid password: it stands in the log of each of their workspaces.

    Logins but the session `keep` end, links to another password and codes for bots too, and with `end_tokens` every
    API token.
    """
    user.set_password(password)
    user.save(update_fields=["password"])
    user.password_links.filter(used_at__isnull=True).delete()
    user.link_codes.filter(used_at__isnull=True).delete()  # whoever says one to a bot is taken for the person
    changes: dict[str, Any] = {"password": "hidden"}
    if end_tokens:
        ended, _ = user.api_tokens.all().delete()
        changes["api_tokens"] = [ended, 0]
    audit.note_account(user=user, by=user, changes=changes)
    end_logins(user=user, keep=keep)


@transaction.atomic
def set_address(*, user: User, address: str) -> None:
    """Set the e-mail address. Links that were mailed to the old one are void."""
    user.email = address
    user.save(update_fields=["email"])
    user.password_links.filter(created_by=None, used_at__isnull=True).delete()


def people_at(address: str) -> list[int]:
    """The ids of the people with this e-mail address, whatever its case, but no look-alike of it."""
    wanted = _plain(address)
    found = User.objects.filter(email__iexact=address, is_active=True).values_list("pk", "email")
    return [pk for pk, email in found if _plain(email) == wanted]


def _plain(address: str) -> str:
    return unicodedata.normalize("NFKC", address).casefold()


def ask_by_mail(*, address: str, base: str) -> None:
    """Mail a link to whoever has this address. What is done here, and how long it takes, is the same where nobody has.

    `base` is the origin of our pages. Raises `Unavailable` with the broker away.
    """
    if not enqueue("tasktracker.core.tasks.mail_password_links", people_at(address), base):
        raise Unavailable("Mails can't be sent at the moment. Try again in a minute.")


def mail_link(*, user: User, base: str) -> None:
    """Mail `user` a link, if they have not got enough of them in the last hour. Raises OSError or SMTPException."""
    recent = user.password_links.filter(created_by=None, created_at__gt=timezone.now() - timedelta(hours=1))
    if not user.email or recent.count() >= MAILS_AN_HOUR:
        return
    token = make_link(user=user, by=None, lasts=BY_MAIL)
    letter = LETTER.format(name=user.get_username(), link=f"{base}/password/{token}/")
    try:
        EmailMessage(SUBJECT, letter, to=[user.email]).send()
    except (OSError, smtplib.SMTPException):
        PasswordLink.objects.filter(digest=digest(token)).delete()
        raise


def forget_expired() -> None:
    """Delete the links that ended a month ago."""
    PasswordLink.objects.filter(expires_at__lt=timezone.now() - timedelta(days=30)).delete()
