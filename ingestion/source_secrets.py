"""Secrets of webhooks: a source that is called at an address of ours is not active without one that can sign."""

import base64
import secrets
from datetime import timedelta

from ingestion.mail.accounts import is_mailbox
from ingestion.models import Source
from ingestion.webhooks import standard
from ingestion.webhooks.doors import slack_secrets
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.errors import Invalid

CALLED = (Source.Kind.SLACK, Source.Kind.WEBHOOK, Source.Kind.MATTERMOST, Source.Kind.EMAIL)
GRACE = timedelta(days=1)  # for which a sender may go on to sign with the secret before
OURS = (Source.Kind.WEBHOOK, Source.Kind.EMAIL)  # here we make it; of the others the platform does

# What is missing and where to get it, by kind, and the form's field for it.
_WHERE: dict[str, tuple[str, str]] = {
    Source.Kind.SLACK: ("signing_secret", "Enter the signing secret of your Slack app (Basic Information)"),
    Source.Kind.MATTERMOST: ("token", "Enter the token that Mattermost shows for the outgoing webhook"),
    Source.Kind.WEBHOOK: ("secret", "Make one on its page (Settings → Sources), or enter one (whsec_ and base64)"),
    Source.Kind.EMAIL: ("signing_key", "Enter Mailgun's signing key, or have a secret made here"),
}


def new_secret() -> str:
    """A signing secret as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def is_called(source: Source) -> bool:
    """Whether its platform calls an address of ours with a secret of the source's."""
    return source.kind in CALLED and not is_mailbox(source)


def is_ours_to_make(source: Source) -> bool:
    """Whether the secret is a signing secret that we make; that of a mailbox which we read is its password."""
    return source.kind in OURS and not is_mailbox(source)


def grace_of(source: Source) -> timedelta | None:
    """How long the stored secret stays valid beside one that takes its place; None where there is none to keep.

    A password or a token that only we show to somebody has no sender who needs time to change.
    """
    has_sender = is_called(source) or source.kind == Source.Kind.TELEGRAM
    return GRACE if has_sender and source.has_secret else None


def can_sign(source: Source, secret: str) -> bool:
    """Whether anything that is signed with this secret would be let in."""
    if source.kind == Source.Kind.SLACK:
        return bool(slack_secrets(secret)[0])
    if source.kind == Source.Kind.WEBHOOK and source.config.get("format", "generic") == "generic":
        return bool(standard.key_of(secret))
    return bool(secret.strip())


def why_missing(source: Source) -> str:
    """What to do about an active source whose every call would be refused; "" where there is nothing to do."""
    if not source.is_active or not is_called(source):
        return ""
    try:
        if can_sign(source, source.open_secret()):
            return ""
    except DecryptionError:
        return ""  # there is one; that no key opens it is told elsewhere
    return f"There is no secret, so that every call would be refused. {_WHERE[source.kind][1]}, or pause the source."


def refuse_empty(source: Source) -> None:
    """Raise `Invalid`, secret_missing, with the `field`, for a source that must not be saved as it is."""
    why = why_missing(source)
    if why:
        raise Invalid(why, code="secret_missing", field=_WHERE[source.kind][0])


def without_secret() -> list[tuple[Source, str]]:
    """Active sources that were saved without a secret, when that was possible, each with what to do."""
    rows = Source.objects.filter(is_active=True, kind__in=CALLED).select_related("workspace").order_by("pk")
    return [(row, why) for row in rows.iterator() if (why := why_missing(row))]
