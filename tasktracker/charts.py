"""The charts of columns: what came in by hour and by day, what the models cost. Geometry, and the same as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from ingestion.models import Message
from tasktracker.buckets import DAYS, RANGES, Stretch, counted, last_days, last_hours
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.core.templatetags.ui import money
from tasktracker.core.words import counted_as

SOURCES = 5


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is not empty, one unit wide at `x`; `y` and `height` out of 100, and what it says."""

    x: int
    y: float
    height: float
    told: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns, what they say in a sentence, what the highest of them is, the words below, and the numbers as a table.

    `axis` are words at even distances from the left edge on. `rows` begin with the name of their bucket.
    """

    name: str
    title: str
    told: str
    most: str
    size: int
    columns: list[Column]
    axis: list[str]
    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One source of the hours: its name, its sum, its columns on the scale that all sources share."""

    name: str
    total: int
    columns: list[Column]


@dataclass(frozen=True, slots=True)
class CameIn:
    """Messages of the last 24 hours by source, and of the days of the range. `zone` says whose hours and days."""

    zone: str
    hours: Chart
    hours_total: int
    sources: list[Line]
    days: Chart
    days_total: int


@dataclass(frozen=True, slots=True)
class Costs:
    """The bill of the range: USD, calls, and calls whose price nobody knows."""

    chart: Chart
    cost: Decimal
    calls: int
    unknown: int


def columns(values: Sequence[float], told: Sequence[str], top: float = 0) -> list[Column]:
    """Those of `values` that are above 0; the highest, or `top`, has the full height."""
    top = top or max(values, default=0) or 1
    heights = [max(2.0, round(100 * value / top, 1)) if value else 0.0 for value in values]
    return [
        Column(x, round(100 - height, 1), height, words)
        for x, (height, words) in enumerate(zip(heights, told, strict=True))
        if height
    ]


def hour_word(at: datetime) -> str:
    return f"{at:%a %H:%M}"


def day_word(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b}"


def day_axis(stretch: Stretch) -> list[str]:
    """As many days as there is room for, the first among them."""
    return [f"{at.day} {at:%b}" for at in stretch.starts[:: RANGES[len(stretch)]]]


def came_in(workspace: Workspace, by_day: list[int]) -> CameIn:
    """What came in; `by_day` is how much on each of the last days, as many as the range has. One query, of a day."""
    messages = Message.objects.filter(workspace=workspace)
    hours, days = last_hours(workspace), last_days(workspace, len(by_day))
    by_source = by_name(counted(messages, "sent_at", hours, "source__name"), len(hours))
    return CameIn(
        zone=str(hours.edges[0].tzinfo),
        hours=hour_chart(hours, by_source),
        hours_total=sum(map(sum, by_source.values())),
        sources=lines(hours, by_source),
        days=count_chart("days", "Messages by day", days, by_day),
        days_total=sum(by_day),
    )


def by_name(rows: list[dict[str, Any]], size: int) -> dict[str, list[int]]:
    """Counts by bucket for the five sources with the most, and for all others together; the most first."""
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row["source__name"], [0] * size)[row["bucket"]] += row["n"]
    ranked = sorted(found.items(), key=lambda one: (-sum(one[1]), one[0]))
    kept = dict(ranked[:SOURCES])
    if others := ranked[SOURCES:]:
        kept[f"{len(others)} more"] = [sum(each) for each in zip(*(values for _, values in others), strict=True)]
    return kept


def hour_chart(hours: Stretch, by_source: dict[str, list[int]]) -> Chart:
    """All sources together; the table has them apart and leaves out hours in which nothing came."""
    total = [sum(each) for each in zip(*by_source.values(), strict=True)] or [0] * len(hours)
    words = [hour_word(at) for at in hours.starts]
    told = [f"{word}: {number:,}" for word, number in zip(words, total, strict=True)]
    table = [
        [word, f"{total[place]:,}", *(f"{values[place]:,}" for values in by_source.values())]
        for place, word in enumerate(words)
        if total[place]
    ]
    return Chart(
        "hours",
        "Messages by hour, the last 24 hours",
        summary(total, words),
        highest(total, words),
        len(hours),
        columns(total, told),
        [f"{at:%H:%M}" for at in hours.starts[::6]],
        ["Hour", "All", *by_source],
        table,
    )


def lines(hours: Stretch, by_source: dict[str, list[int]]) -> list[Line]:
    """A line for each source, all on one scale."""
    top = max((max(values) for values in by_source.values()), default=0)
    words = [hour_word(at) for at in hours.starts]
    return [
        Line(name, sum(values), columns(values, [f"{w}: {n:,}" for w, n in zip(words, values, strict=True)], top))
        for name, values in by_source.items()
    ]


def count_chart(name: str, title: str, days: Stretch, values: list[int]) -> Chart:
    """A number for each day."""
    words = [day_word(at) for at in days.starts]
    told = [f"{word}: {number:,}" for word, number in zip(words, values, strict=True)]
    return Chart(
        name,
        title,
        summary(values, words),
        highest(values, words),
        len(days),
        columns(values, told),
        day_axis(days),
        ["Day", "Messages"],
        [[word, f"{number:,}"] for word, number in zip(words, values, strict=True)],
    )


def highest(values: list[int], words: list[str]) -> str:
    """The highest column and where it stands; "" where all are empty."""
    most = max(range(len(values)), key=values.__getitem__)
    return f"{values[most]:,}, {words[most]}" if values[most] else ""


def summary(values: list[int], words: list[str]) -> str:
    """The chart in a sentence, for those who don't see it."""
    if not sum(values):
        return "No messages."
    return f"{counted_as(sum(values), 'message')}, at most {highest(values, words)}. The table has every number."


def costs(workspace: Workspace, size: int = DAYS) -> Costs:
    """Cost and calls by day over `size` days. One query."""
    days = last_days(workspace, size)
    spent = [Decimal(0)] * size
    calls, unknown = [0] * size, [0] * size
    for row in cost_rows(workspace, days):
        place = row["bucket"]
        spent[place], calls[place], unknown[place] = row["spent"] or Decimal(0), row["calls"], row["unknown"]
    words = [day_word(at) for at in days.starts]
    bills = [bill(*one) for one in zip(spent, calls, unknown, strict=True)]
    total = sum(spent, Decimal(0))
    chart = Chart(
        "costs",
        "Cost of model calls by day",
        f"{money(total)} in {counted_as(sum(calls), 'call')}. The table has every day.",
        "",
        size,
        columns([float(one) for one in spent], [f"{w}: {text}" for w, text in zip(words, bills, strict=True)]),
        day_axis(days),
        ["Day", "Cost", "Calls"],
        [
            [w, priced(*one), f"{one[1]:,}"]
            for w, one in zip(words, zip(spent, calls, unknown, strict=True), strict=True)
        ],
    )
    return Costs(chart, total, sum(calls), sum(unknown))


def cost_rows(workspace: Workspace, days: Stretch) -> list[dict[str, Any]]:
    """`{bucket, spent, calls, unknown}` for each day with calls; `spent` is in USD, None where no price is known."""
    return counted(
        LLMCall.objects.filter(workspace=workspace),
        "at",
        days,
        spent=Sum("cost"),
        calls=Count("pk"),
        unknown=Count("pk", filter=Q(cost=None)),
    )


def priced(cost: Decimal, calls: int, unknown: int) -> str:
    """A day's cost; calls without a known price are never shown as free."""
    if unknown and unknown == calls:
        return "unknown"
    return money(cost) + (f" + {unknown:,} of unknown price" if unknown else "")


def bill(cost: Decimal, calls: int, unknown: int) -> str:
    return f"{priced(cost, calls, unknown)}, {counted_as(calls, 'call')}"
