"""Filters of messages: one set for the API, the page and the live stream alike."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from typing import Any

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.dateparse import parse_date, parse_datetime
from django_filters import rest_framework as filters

from ingestion import selectors
from ingestion.models import Message, Quote
from tasktracker.core.enums import MessageCategory, Verdict
from tasktracker.core.models import Event
from tasktracker.core.paths import is_number

NAMES = (
    "source",
    "channel",
    "author",
    "verdict",
    "category",
    "project",
    "has_task",
    "since",
    "until",
    "q",
    "contains",
)
YES, NO = ("true", "1", "yes"), ("false", "0", "no")
LONGEST = 200  # characters of a value
# What a message belongs to: its own passages, or those that stand on them.
OF_A_TASK = Q(tasks__isnull=False) | Q(atoms__tasks__isnull=False)
PROJECT_PATHS = ("topics__project", "tasks__project", "atoms__topics__project", "atoms__tasks__project")


def chosen(query: Mapping[str, str]) -> dict[str, str]:
    """The filters that a query names, with values that may be asked for."""
    found = {name: query.get(name, "").replace("\x00", "").strip()[:LONGEST] for name in NAMES}
    return {name: value for name, value in found.items() if value}


def filtered(rows: QuerySet[Message], wanted: Mapping[str, str]) -> QuerySet[Message]:
    """`rows` under the filters; a value that makes no sense finds nothing rather than everything."""
    for name, value in wanted.items():
        rows = _FILTERS[name](rows, value)
    return rows


def of_stream(query: Mapping[str, str]) -> dict[str, str]:
    """`chosen` for the socket, where `since` is the id of an event."""
    return {name: value for name, value in chosen(query).items() if name != "since"}


def matching_ids(*, workspace_id: int, ids: Iterable[int], wanted: Mapping[str, str]) -> set[int]:
    """Which of these messages the filters let through; one query, for the stream."""
    rows = Message.objects.filter(workspace_id=workspace_id, pk__in=list(ids))
    return set(filtered(rows, wanted).values_list("pk", flat=True))


def matching_batches(*, workspace_id: int, seqs: Iterable[int], wanted: Mapping[str, str]) -> set[int]:
    """Which of these events, each of a batch that was imported, tell of a message that the filters let through."""
    first, last = (Cast(OuterRef(f"data__{end}"), BigIntegerField()) for end in ("first", "last"))
    batch = Message.objects.filter(
        workspace_id=workspace_id, source_id=OuterRef("object_id"), pk__gte=first, pk__lte=last
    )
    events = Event.objects.filter(workspace_id=workspace_id, seq__in=list(seqs))
    found = events.filter(Exists(filtered(batch, wanted))).values_list("seq", flat=True)
    return {seq for seq in found if seq is not None}


def of_channel(rows: QuerySet[Message], value: str) -> QuerySet[Message]:
    """Those of a channel, by its number."""
    return rows.filter(channel_id=int(value)) if is_number(value) else rows.none()


def of_project(rows: QuerySet[Message], value: str) -> QuerySet[Message]:
    """Those whose passages stand in a topic or a task of a project, named by id or by name."""
    lookup = ("_id", int(value)) if is_number(value) else ("__name", value)
    stands = Q(pk__in=())
    for path in PROJECT_PATHS:
        stands |= Q(**{path + lookup[0]: lookup[1]})
    return rows.filter(pk__in=Quote.objects.filter(stands).values("message_id"))


def with_task(rows: QuerySet[Message], value: str) -> QuerySet[Message]:
    """Those that a task stands on, itself or through an atom ("true"), or the others ("false")."""
    if value.casefold() not in YES + NO:
        return rows.none()
    ones = Q(pk__in=Quote.objects.filter(OF_A_TASK).values("message_id"))
    return rows.filter(ones if value.casefold() in YES else ~ones)


def containing(rows: QuerySet[Message], value: str) -> QuerySet[Message]:
    """Those with these very characters, whatever the case: by an index where there is one (`substrings`), else looked
    for in what the other filters leave."""
    return rows.filter(text__icontains=value)


def moment_of(value: str) -> datetime | None:
    """A date (midnight UTC) or a moment with its zone, UTC without one; None for anything else."""
    try:
        moment, day = parse_datetime(value), parse_date(value)
    except ValueError:
        return None
    if day is not None:
        return datetime.combine(day, time.min, UTC)
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


def _at(lookup: str) -> Any:
    def by_time(rows: QuerySet[Message], value: str) -> QuerySet[Message]:
        moment = moment_of(value)
        return rows.filter(**{lookup: moment}) if moment else rows.none()

    return by_time


def _one_of(field: str, values: Iterable[str]) -> Any:
    known = frozenset(values)
    return lambda rows, value: rows.filter(**{field: value}) if value in known else rows.none()


_FILTERS = {
    "source": selectors.of_source,
    "channel": of_channel,
    "author": selectors.of_author,
    "verdict": _one_of("verdict", Verdict.values),
    "category": _one_of("category", MessageCategory.values),
    "project": of_project,
    "has_task": with_task,
    "since": _at("sent_at__gte"),
    "until": _at("sent_at__lt"),
    "q": selectors.matching,
    "contains": containing,
}


class MessageFilter(filters.FilterSet):
    """`source`, `author` and `project` take an id or a name; `q` searches words, `contains` any characters.

    `author` finds all accounts of a person; `has_task` those that a task stands on.
    """

    source = filters.CharFilter(method="by_name")
    author = filters.CharFilter(method="by_name")
    channel = filters.NumberFilter(field_name="channel_id")
    since = filters.IsoDateTimeFilter(field_name="sent_at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="sent_at", lookup_expr="lt")
    q = filters.CharFilter(method="by_name")
    contains = filters.CharFilter(method="by_name", max_length=LONGEST)
    verdict = filters.ChoiceFilter(choices=Verdict.choices)
    category = filters.ChoiceFilter(choices=MessageCategory.choices)
    project = filters.CharFilter(method="by_name")
    has_task = filters.BooleanFilter(method="by_task")

    class Meta:
        model = Message
        fields: list[str] = []

    def by_name(self, rows: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        found: QuerySet[Message] = _FILTERS[name](rows, value)
        return found

    def by_task(self, rows: QuerySet[Message], name: str, value: bool) -> QuerySet[Message]:
        return with_task(rows, YES[0] if value else NO[0])
