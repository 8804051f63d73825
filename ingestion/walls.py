"""Which sources are closed to a member, and what a list of sources, channels or people may name."""

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When

from ingestion.models import Channel, Delivery, Message, Participant, Source
from tasktracker.core import walls
from tasktracker.core.models import Workspace


def closed_sources(*, user_id: int, workspace_id: int) -> frozenset[int]:
    """Ids of the workspace's restricted sources that do not name this person among their readers."""
    closed = Source.objects.filter(workspace_id=workspace_id, restricted=True).exclude(readers=user_id)
    return frozenset(closed.values_list("pk", flat=True))


def sources(rows: QuerySet[Source]) -> QuerySet[Source]:
    """Those that whoever asks may read."""
    closed = walls.hidden()
    return rows.exclude(pk__in=closed) if closed else rows


def deliveries(rows: QuerySet[Delivery], *, user_id: int, administers: QuerySet[Workspace]) -> QuerySet[Delivery]:
    """Those of sources that this person may read: open ones, those that name them, those of workspaces they run.

    For the administration, which has no wall around it: raw deliveries are less than what managers see of a source
    elsewhere, since nobody has looked yet at what is in them, or whose it is.
    """
    named = Source.objects.filter(readers=user_id)
    return rows.filter(Q(source__restricted=False) | Q(source__in=named) | Q(source__workspace__in=administers))


def channels(rows: QuerySet[Channel]) -> QuerySet[Channel]:
    """Those in which something may be read, or nothing was said yet."""
    return _speaking(rows, "channel")


def channel_title() -> Case | F:
    """For rows with a `channel`: its title where something in it may be read, else none."""
    if not walls.hidden():
        return F("channel__title")
    return Case(When(channel__in=channels(Channel.objects.all()), then=F("channel__title")), default=None)


def people(rows: QuerySet[Participant]) -> QuerySet[Participant]:
    """Those of whom something may be read, or who said nothing yet."""
    return _speaking(rows, "author")


def _speaking[R: QuerySet](rows: R, name: str) -> R:  # type: ignore[type-arg]  # of channels or of people
    closed = walls.hidden()
    if not closed:
        return rows
    said = Message._base_manager.filter(**{name: OuterRef("pk")})
    return rows.filter(Exists(said.exclude(source__in=closed)) | ~Exists(said))
