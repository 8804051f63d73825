"""The morning's digest: what waits, told to whoever is on duty, once a day, by mail and on Telegram.

Beat looks each minute. A row for the day is made first, so that it happens once; who delivers it takes it by raising
its attempt, outside of any transaction speaks to the world, and then writes down how it went.
"""

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Count, F
from django.urls import reverse
from django.utils import timezone

from ingestion import telling
from ingestion.models import Message
from proposals import duty as rota
from proposals import selectors
from proposals.models import Digest, Duty, Proposal
from tasktracker.core import walls
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.models import User, Workspace
from tasktracker.core.permissions import access_of
from tasktracker.core.words import counted_as

LATEST = timedelta(hours=4)  # after that the morning is over, and what waits is seen anyway
ATTEMPTS = 5
PAUSE = timedelta(minutes=5)  # while one is at it, and between two attempts
SHOWN = 10
# What mail programs and Telegram make a link of: "https://…", "www.…", "site.example/…".
LINK = re.compile(r"(?:\w[\w+.-]*://|www\.)\S+|[\w-]+(?:\.[\w-]+)+/\S*", re.IGNORECASE)
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # letters that change the direction of reading


def send_due(*, now: datetime | None = None) -> int:
    """Make the digests that are due and deliver what waits to be; how many were delivered."""
    now = now or timezone.now()
    for duty in Duty.objects.filter(is_active=True).select_related("workspace"):
        _make(duty, now)
    waiting = Digest.objects.filter(sent_at=None, gave_up_at=None, next_attempt_at__lte=now)
    return sum(_deliver(pk, now) for pk in list(waiting.order_by("pk").values_list("pk", flat=True)[:100]))


def text_of(workspace: Workspace, user: User, now: datetime) -> tuple[str, str]:
    """Subject and plain text: how much waits, the best of it with links, what came in; of what the person may see."""
    access = access_of(user, workspace_id=workspace.pk)
    with walls.behind(access.wall if access else None):
        return _text(workspace, user, now)


def _text(workspace: Workspace, user: User, now: datetime) -> tuple[str, str]:
    waiting = selectors.inbox(workspace)
    counted = dict(waiting.order_by().values_list("kind").annotate(n=Count("pk")))
    total = sum(counted.values())
    since = now - timedelta(days=1)
    came = Message.objects.filter(workspace=workspace, received_at__gt=since, deleted_at=None).count()
    decided = Proposal.objects.filter(workspace=workspace, decided_at__gt=since).count()
    if total:
        parts = [counted_as(n, kind) for kind, n in sorted(counted.items())]
        subject = f"{total:,} to review in {workspace.name}"
        waits = f"{' and '.join(parts)} {'waits' if total == 1 else 'wait'}"
        lines = [f"Good morning, {user.get_username()}. You are on duty: {waits}.", ""]
        for proposal in waiting[:SHOWN]:
            lines += [
                f"{proposal.kind.capitalize()} · {_harmless(proposal.title)} · {proposal.confidence:.2f}",
                f"  {address(reverse('proposals:proposal', args=[proposal.pk]), workspace)}",
            ]
        if total > SHOWN:
            lines += ["", f"… and {total - SHOWN:,} more: {address(reverse('proposals:desk'), workspace)}"]
    else:
        subject = f"Nothing to review in {workspace.name}"
        lines = [f"Good morning, {user.get_username()}. You are on duty, and nothing waits."]
    lines += ["", f"The last 24 hours: {counted_as(came, 'new message')}, {counted_as(decided, 'decision')}."]
    lines += [f"Away, or not you? {address(reverse('proposals:duty'), workspace)}"]
    return _one_line(subject), "\n".join(lines)


def address(path: str, workspace: Workspace) -> str:
    """An absolute address, by the first origin that this installation is told to trust."""
    origins = settings.CSRF_TRUSTED_ORIGINS or ["http://127.0.0.1:8000"]
    return f"{origins[0].rstrip('/')}{path}"


def _make(duty: Duty, now: datetime) -> None:
    there = now.astimezone(duty.workspace.zone)
    due = there.replace(hour=duty.digest_at.hour, minute=duty.digest_at.minute, second=0, microsecond=0)
    if not due <= there < due + LATEST:
        return
    person = rota.on_duty(duty, there.date())
    if person is not None:
        Digest.objects.get_or_create(
            workspace=duty.workspace, day=there.date(), defaults={"user": person, "next_attempt_at": now}
        )


def _deliver(pk: int, now: datetime) -> bool:
    taken = _take(pk, now)
    if taken is None:
        return False
    if not rota.may_review(taken.workspace, taken.user):  # removed since it was made
        Digest.objects.filter(pk=pk).update(gave_up_at=timezone.now(), error=f"{taken.user} may not review here.")
        return False
    subject, text = text_of(taken.workspace, taken.user, now)
    problems = []
    if not taken.by_mail and (problem := _mail(taken.user, subject, text)):
        problems.append(problem)
    by_mail = taken.by_mail or not problems
    said = _tell(taken, f"{subject}\n\n{text}")
    if said:
        problems.append(said)
    by_telegram = taken.by_telegram or not said
    return _write_down(taken, by_mail=by_mail, by_telegram=by_telegram, problems=problems)


@transaction.atomic
def _take(pk: int, now: datetime) -> Digest | None:
    """The digest, for this caller alone until `PAUSE` is over; None when another has it."""
    mine = Digest.objects.filter(pk=pk, sent_at=None, gave_up_at=None, next_attempt_at__lte=now)
    if not mine.update(attempt=F("attempt") + 1, next_attempt_at=now + PAUSE):
        return None
    return Digest.objects.select_related("workspace", "user").get(pk=pk)


def _mail(user: User, subject: str, text: str) -> str:
    """Send it; what went wrong in words, or nothing."""
    if not settings.MAILERS:
        return "No mail server is set (EMAIL_URL)."
    if not user.email:
        return f"{user} has no e-mail address."
    try:
        EmailMessage(subject, text, to=[user.email]).send()
    except (OSError, ValueError) as error:  # smtplib's are OSErrors; a ValueError is an address that is none
        # Without their texts, which may hold addresses and answers of servers.
        return f"The mail could not be sent ({type(error).__name__})."
    return ""


def _tell(digest: Digest, text: str) -> str:
    if digest.by_telegram:
        return ""
    bot = telling.bot_of(digest.workspace)
    if bot is None:
        return "No Telegram bot is connected."
    chat = telling.telegram_id(workspace=digest.workspace, user=digest.user)
    if chat is None:
        return f"{digest.user} is not linked to a Telegram account."
    try:
        telling.tell(bot=bot, chat_id=chat, text=text)
    except (telling.NotTold, DecryptionError) as error:
        return str(error)
    return ""


@transaction.atomic
def _write_down(digest: Digest, *, by_mail: bool, by_telegram: bool, problems: list[str]) -> bool:
    """One way is enough; with none it is tried again, and given up at last. Whether it was delivered."""
    sent = by_mail or by_telegram
    over = digest.attempt >= ATTEMPTS
    values = {
        "by_mail": by_mail,
        "by_telegram": by_telegram,
        "error": " ".join(problems)[:300],
        "sent_at": timezone.now() if sent else None,
        "gave_up_at": timezone.now() if over and not sent else None,
    }
    return bool(Digest.objects.filter(pk=digest.pk, attempt=digest.attempt).update(**values)) and sent


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _harmless(title: str) -> str:
    """A title out of a chat beside links of ours: on one line, without links and turned letters of its own."""
    return LINK.sub("[link]", TURNING.sub("", _one_line(title)))
