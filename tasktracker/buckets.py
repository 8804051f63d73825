"""Days and hours of a workspace's own zone, and counting rows by them. Bounded ranges, read along an index."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, DateTimeField, F, Func, IntegerField, QuerySet, Value
from django.utils import timezone

from tasktracker.core.models import Workspace

HOUR = timedelta(hours=1)
DAYS = 14
# How many days the charts may reach back, and how many days lie between two words below them: those divide evenly.
RANGES = {7: 1, DAYS: 2, 30: 5, 90: 15}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time cut into buckets: bucket i reaches from `edges[i]` to just before `edges[i + 1]`.

    `edges` are aware and in the workspace's zone, oldest first; the last bucket is the one that now lies in.
    """

    edges: list[datetime]

    @property
    def starts(self) -> list[datetime]:
        return self.edges[:-1]

    def __len__(self) -> int:
        return len(self.edges) - 1


class WidthBucket(Func):
    """PostgreSQL's own: 1 from the first edge on. Cheaper than a date in a zone for each row, and right on days of 23
    and 25 hours.
    """

    function = "width_bucket"
    output_field = IntegerField()


def days_asked(value: str) -> int:
    """The range that an address asks for; 14 days where it names none that there is."""
    return next((days for days in RANGES if str(days) == value), DAYS)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Midnight at the beginning of `day` there."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def last_days(workspace: Workspace, count: int) -> Stretch:
    """The last `count` days there, today among them."""
    zone = workspace.zone
    today = timezone.now().astimezone(zone).date()
    return Stretch([start_of(today + timedelta(days=back), zone) for back in range(1 - count, 2)])


def last_hours(workspace: Workspace, count: int = 24) -> Stretch:
    """The last `count` hours, the one under way among them. Full hours of the clock there."""
    zone = workspace.zone
    now = timezone.now().astimezone(UTC)
    local = now.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    # Steps in absolute time: an hour that the clock shows twice is two buckets.
    return Stretch([(now - past + back * HOUR).astimezone(zone) for back in range(1 - count, 2)])


def counted(rows: QuerySet[Any], column: str, stretch: Stretch, *by: str, **what: Any) -> list[dict[str, Any]]:
    """Rows `{bucket, *by, n}` for each bucket that holds any; `what` replaces n. One query."""
    within = {f"{column}__gte": stretch.edges[0], f"{column}__lt": stretch.edges[-1]}
    edges = Value(stretch.edges, output_field=ArrayField(DateTimeField()))
    return list(
        rows.filter(**within)
        .order_by()
        .annotate(bucket=WidthBucket(F(column), edges) - 1)
        .values("bucket", *by)
        .annotate(**(what or {"n": Count("*")}))
    )


def per_bucket(rows: QuerySet[Any], column: str, stretch: Stretch) -> list[int]:
    """How many of `rows` lie in each bucket, oldest first. One query."""
    found = {row["bucket"]: row["n"] for row in counted(rows, column, stretch)}
    return [found.get(place, 0) for place in range(len(stretch))]
