"""Invitations by mail: the link goes to the address that the invitation is for, sent by a worker."""

from datetime import timedelta

from django.core.mail import EmailMessage
from django.utils import timezone

from tasktracker.core import crypto, invitations
from tasktracker.core.account_models import Invitation
from tasktracker.core.events import enqueue
from tasktracker.core.passwords import mail_is_on

MAILS_A_DAY = 100  # of one workspace: nobody writes to the whole world through us
SUBJECT = "You are invited to Task Tracker"
LETTER = """Hello,

{who} invites you to {workspace} as {role}. Open this link, choose a name and a password, and you are in:

{link}

It works until {until:%d %B %Y, %H:%M} UTC. If you do not know what this is about, do nothing.
"""


def send_later(*, invitation: Invitation, link: str) -> str:
    """Have a worker mail the link where an address was given; what to say of it, "" where there is none.

    The link is as good as a login, so it lies in the queue encrypted. Call after the commit.
    """
    if not invitation.email:
        return ""
    if not mail_is_on():
        return "No mail is set up here, so send the link yourself."
    since = timezone.now() - timedelta(days=1)
    sent = Invitation.objects.filter(workspace=invitation.workspace_id, created_at__gt=since).exclude(email="").count()
    if sent > MAILS_A_DAY:
        return f"It was not mailed: {MAILS_A_DAY} a day are the most. Send the link yourself."
    sealed = crypto.seal(link, bind=_bound(invitation))
    if not enqueue("tasktracker.core.tasks.mail_invitation", invitation.pk, sealed):
        return "It could not be mailed at the moment. Send the link yourself."
    return f"It is on its way to {invitation.email}."


def send(*, invitation_id: int, sealed: str) -> bool:
    """Mail a link, unless the invitation was used, taken back or has ended meanwhile; whether it was sent.

    Raises OSError or SMTPException.
    """
    asked = Invitation.objects.select_related("workspace").filter(pk=invitation_id).exclude(email="").first()
    found = invitations.listed(asked.workspace).filter(pk=invitation_id).first() if asked is not None else None
    if asked is None or found is None or invitations.state_of(found, found.uses.count()) != "open":
        return False
    letter = LETTER.format(
        who=found.created_by.get_username() if found.created_by else "Somebody",
        workspace=asked.workspace,
        role=found.role,
        link=crypto.unseal(sealed, bind=_bound(found)),
        until=found.expires_at,
    )
    EmailMessage(SUBJECT, letter, to=[found.email]).send()
    return True


def _bound(invitation: Invitation) -> str:
    return f"invitation.link:{invitation.digest}"
