"""Heartbeats: beat's goes through the queue, so that it proves beat, broker and worker together."""

import smtplib
from typing import Any

from celery import shared_task
from celery.signals import beat_init, heartbeat_sent, worker_ready
from django.db import DatabaseError, connection

from tasktracker.core import inviting_mail, passwords, services, sessions, unlocking
from tasktracker.core.enums import Guess
from tasktracker.core.llm import remembered
from tasktracker.core.models import User

# A server that mails may be away for a minute.
MAILING: dict[str, Any] = {
    "ignore_result": True,
    "autoretry_for": (OSError, smtplib.SMTPException),
    "retry_backoff": 5,
    "retry_jitter": True,
    "max_retries": 4,
}


@shared_task(ignore_result=True)
def beat_heartbeat() -> None:
    """Sent by beat, done by a worker."""
    services.beat(name="beat")


@beat_init.connect
def first_heartbeat(**_: object) -> None:
    """Beat's first heartbeat at once: the schedule alone would keep the start waiting for a third of a sweep."""
    beat_heartbeat.delay()


@worker_ready.connect
@heartbeat_sent.connect
def worker_heartbeat(**_: object) -> None:
    """Written by the worker's main process about every two seconds; the connection is not kept for the children."""
    try:
        services.beat(name="worker")
    except DatabaseError:
        # The heartbeat is what reports that the database is away: its absence says it.
        return
    finally:
        connection.close()


@shared_task(ignore_result=True)
def forget_old_answers() -> None:
    """Let go of answers that are kept for too long: of models, and of ours for a second asking."""
    remembered.forget_old()
    services.forget_requests()


@shared_task(**MAILING)
def mail_password_links(user_ids: list[int], base: str) -> None:
    """Mail each person a link to a new password; `base` is the origin of our pages."""
    for user in User.objects.filter(pk__in=user_ids, is_active=True):
        passwords.mail_link(user=user, base=base)


@shared_task(**MAILING)
def mail_invitation(invitation_id: int, sealed: str) -> None:
    """Mail an invitation; its link comes encrypted."""
    inviting_mail.send(invitation_id=invitation_id, sealed=sealed)


@shared_task(**MAILING)
def mail_unlocking(user_ids: list[int], lock: str, guess: str, address: str, base: str) -> None:
    """Mail whoever is locked out a link that ends it; `lock` is its key in Valkey, `base` the origin of our pages."""
    for user in User.objects.filter(pk__in=user_ids, is_active=True):
        unlocking.mail_link(user=user, lock=lock, guess=Guess(guess), address=address, base=base)


@shared_task(ignore_result=True)
def forget_ended_logins() -> None:
    """Let go of sessions that have expired, and of links to passwords that ended a month ago."""
    sessions.forget_expired()
    passwords.forget_expired()
