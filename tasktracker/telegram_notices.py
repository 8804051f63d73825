"""People are told what becomes of their messages: in private, where they are linked and want it, each thing once."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from ingestion.bot_outbox import say
from ingestion.bot_texts import Texts, texts
from ingestion.models import BotContact
from knowledge.models import Task
from proposals.digests import address
from proposals.shown import TOLD
from tasktracker.core import walls
from tasktracker.core.models import Event, StatusChange
from tasktracker.core.permissions import access_of

NEWS = timedelta(hours=1)  # older than that it is none
LOST = timedelta(minutes=1)  # by then the job that an event starts has run, or was lost
LATEST = 20_000  # events that are looked at for those
AT_ONCE = 200  # tasks of one look


@transaction.atomic
def tell_made(*, task_id: int) -> set[int]:
    """Tell the authors of what a new task quotes that it was made; ids of the bots that have something to send."""
    event = Event.objects.filter(object_kind="task", object_id=task_id, type="task.created").order_by("pk").first()
    if event is None or event.at < timezone.now() - NEWS:
        return set()
    return _tell(task_id, f"task:{task_id}:made", but=event.by_id)


@transaction.atomic
def tell_status(*, task_id: int) -> set[int]:
    """Tell them its newest status, where that is news; as `tell_made`."""
    moves = StatusChange.objects.filter(kind="knowledge.task", object_id=task_id, at__gt=timezone.now() - NEWS)
    move = moves.order_by("-pk").first()
    if move is None:
        return set()
    return _tell(task_id, f"task:{task_id}:status:{move.pk}", but=move.by_id, status=move.to_status)


def tell_lost() -> set[int]:
    """Tell what nobody was told because its job was lost; as `tell_made`. What was said has a key: never twice."""
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first()
    if newest is None or not BotContact.objects.filter(notify=True).exists():
        return set()
    now = timezone.now()
    # By id, because that has an index and the time has none.
    late = Event.objects.filter(pk__gt=newest - LATEST, object_kind="task", at__gt=now - NEWS, at__lt=now - LOST)
    bots: set[int] = set()
    for kind, tell in (("task.created", tell_made), ("task.updated", tell_status)):
        about = late.filter(type=kind).values_list("object_id", flat=True)
        for task_id in _wanted(about)[:AT_ONCE]:
            bots |= tell(task_id=task_id)
    return bots


def _wanted(task_ids: Iterable[int]) -> list[int]:
    """Those of the tasks that quote somebody who wants to know, the newest first."""
    contacts = BotContact.objects.filter(notify=True).values("participant")
    quotes = Q(quotes__message__author__in=contacts) | Q(atoms__quotes__message__author__in=contacts)
    found = Task.objects.filter(quotes, pk__in=list(task_ids)).distinct().order_by("-pk")
    return list(found.values_list("pk", flat=True))


def _tell(task_id: int, key: str, *, but: int | None, status: str = "") -> set[int]:
    bots: set[int] = set()
    # Until this is to be sent nobody else writes to it: whoever takes words out of it finds this, or was before.
    list(Task.objects.select_for_update(of=("self",), no_key=True).filter(pk=task_id))
    for contact in _authors(task_id, but=but):
        task = seen_by(contact, task_id)
        if task is None:
            continue
        say(
            bot=contact.bot,
            chat_id=contact.participant.external_id,
            text=words_of(texts(contact.language), task, status),
            about={TOLD: task.pk, "status": status},
            contact=contact,
            key=f"{key}:{contact.pk}",
        )
        bots.add(contact.bot_id)
    return bots


def _authors(task_id: int, *, but: int | None) -> Iterator[BotContact]:
    """Whose messages the task quotes, itself or by its atoms, and who wants to know; not who did it."""
    quoted = Q(participant__messages__quotes__tasks=task_id) | Q(participant__messages__quotes__atoms__tasks=task_id)
    contacts = BotContact.objects.filter(quoted, notify=True, participant__user__is_active=True)
    rows = contacts.select_related("bot", "participant__user").distinct().order_by("pk")
    yield from (row for row in rows if row.participant.user_id != but)


def seen_by(contact: BotContact, task_id: int) -> Task | None:
    """The task, as far as the person sees it in its workspace."""
    user = contact.participant.user
    access = access_of(user, workspace_id=contact.participant.workspace_id) if user else None
    if access is None:
        return None
    with walls.kept_up(), walls.behind(access.wall):
        return Task.objects.select_related("workspace").filter(pk=task_id, workspace=access.workspace).first()


def words_of(said: Texts, task: Task, status: str) -> str:
    """What is said of a new task, or of its new status."""
    url = address(reverse("knowledge:task", args=[task.pk]), task.workspace)
    about = {"number": task.pk, "title": task.title, "url": url}
    if not status:
        return said.told_made.format(**about)
    return said.told_status.format(state=said.task_states[status], **about)
