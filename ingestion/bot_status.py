"""What the bot may tell in a chat. Reads only."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from ingestion.exports.telegram_message import PLATFORM
from ingestion.models import Channel, Message, Participant, Source
from tasktracker.core.models import Membership, Workspace


@dataclass(frozen=True, slots=True)
class ChatStatus:
    """What a chat may be told about the source that it reaches; counts since midnight in the workspace's time zone."""

    workspace_id: int
    workspace: str
    source: str
    here_today: int
    source_today: int


def chat_status(*, source_id: int, chat_id: str, person_id: str) -> ChatStatus | None:
    """What may be told in this chat, or None when it (or, in a private chat, the person) is none of the workspace's.

    Anybody can write to a bot in private: figures are for those who write in one of the workspace's chats, too.
    """
    source = Source.objects.select_related("workspace").filter(pk=source_id).first()
    if source is None or not _belongs(source, chat_id, person_id):
        return None
    midnight = _midnight(source.workspace)
    today = Message.objects.filter(source=source, sent_at__gte=midnight, is_own=False)
    return ChatStatus(
        workspace_id=source.workspace_id,
        workspace=source.workspace.name,
        source=source.name,
        here_today=today.filter(channel__platform=PLATFORM, channel__external_id=chat_id).count(),
        source_today=today.count(),
    )


def _belongs(source: Source, chat_id: str, person_id: str) -> bool:
    if chat_id.startswith("-"):
        known = Channel.objects.filter(workspace=source.workspace, platform=PLATFORM, external_id=chat_id)
        return known.exists()
    person = Participant.objects.filter(workspace=source.workspace, platform=PLATFORM, external_id=person_id).first()
    if person is None:
        return False
    if Membership.objects.filter(workspace=source.workspace, user=person.user_id, user__is_active=True).exists():
        return True
    return person.messages.filter(channel__external_id__startswith="-").exists()


def _midnight(workspace: Workspace) -> datetime:
    now = timezone.now().astimezone(workspace.zone)
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
