"""From a stored mail to what it says, with the thread that only those before it can tell."""

from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parseaddr
from urllib.parse import unquote

from django.conf import settings

from ingestion.channels import email
from ingestion.channels.base import Reading
from ingestion.drafts import MessageDraft
from ingestion.mail.accounts import FOLDER_LINE, RECEIVED_LINE, channel_of
from ingestion.mail.posted import POSTED_LINE, mail_in
from ingestion.models import Message, Source

SUBJECT_AGE = timedelta(days=30)  # an answer that names no mail joins what was said under its subject since


def read_stored(raw: bytes, source: Source) -> Reading:
    """What a mail of a source's inbox says; raises for a post that holds none, never for what a mail holds."""
    folder, received, channel = "", None, None
    if raw.startswith(POSTED_LINE):
        raw, delivered_to = mail_in(raw)
        channel = str(source.config.get("address") or "").strip().lower() or delivered_to or None
    else:
        folder, received, raw = without_trace(raw)
        channel = channel_of(source, folder)
    if not raw.strip():
        return Reading(why_not="an empty mail")
    draft = email.parse_mail(raw, channel=channel, received=received)
    if draft.author is None and not draft.text:
        return Reading(why_not="no mail: it has neither a sender nor words")
    return Reading(in_thread(draft, source), is_own=is_own(draft, source))


def without_trace(raw: bytes) -> tuple[str, datetime | None, bytes]:
    """Folder, time of receipt and mail, from what `accounts.with_trace` made."""
    folder, received = "", None
    if raw.startswith(FOLDER_LINE):
        line, _, raw = raw.removeprefix(FOLDER_LINE).partition(b"\r\n")
        folder = unquote(line.decode("ascii", "replace"))
    if raw.startswith(RECEIVED_LINE):
        line, _, raw = raw.removeprefix(RECEIVED_LINE).partition(b"\r\n")
        try:
            received = datetime.fromisoformat(line.decode("ascii", "replace"))
        except ValueError:
            received = None
    return folder, received, raw


def in_thread(draft: MessageDraft, source: Source) -> MessageDraft:
    """The draft in the thread of the mails before it that are here.

    Mailers shorten `References` at will, so the first one may be one that others of the thread do not name.
    """
    here = Message.objects.filter(
        channel__workspace_id=source.workspace_id,
        channel__platform=draft.channel.platform,
        channel__external_id=draft.channel.external_id,
    )
    if before := draft.metadata.get("references"):
        threads = dict(here.filter(external_id__in=before).values_list("external_id", "thread"))
        found = next((threads[one] for one in reversed(before) if threads.get(one)), "")
    elif draft.metadata.get("by_subject"):
        since = here.filter(sent_at__gt=draft.sent_at - SUBJECT_AGE, sent_at__lte=draft.sent_at)
        same = since.filter(thread_title=draft.thread_title).exclude(external_id=draft.external_id)
        found = same.order_by("-sent_at", "-id").values_list("thread", flat=True).first() or draft.external_id
    else:
        return draft
    return replace(draft, thread=found) if found else draft


def is_own(draft: MessageDraft, source: Source) -> bool:
    """Whether this product wrote it: it stands in `From` as it does in our own mails.

    A mailbox that our mails come from too has people who write from that address: theirs are not ours.
    """
    ours = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()
    return draft.author is not None and draft.author.external_id == ours != channel_of(source, "")
