"""Tasks as a board: a column for each status, its count true, its first cards shown."""

from dataclasses import dataclass

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When
from django.utils.http import urlencode

from knowledge.models import Task
from tasktracker.core.enums import Priority, TaskStatus

CARDS = 25  # shown of a column; the list shows all
URGENCY = {priority.value: rank for rank, priority in enumerate(reversed(Priority))}
OPEN = (TaskStatus.OPEN, TaskStatus.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Column:
    """A status with its cards, `total` of them in all; `rest` is the address of the list that shows them all."""

    status: str
    label: str
    total: int
    cards: list[Task]
    rest: str


def columns(found: QuerySet[Task], chosen: dict[str, str]) -> list[Column]:
    """The board of the tasks in `found`; as many queries whatever there is of them.

    What is open stands by its urgency, what is over by its age alone.
    """
    counts = dict(found.order_by().values("status").annotate(n=Count("pk")).values_list("status", "n"))
    urgency = Case(
        *(When(priority=value, then=Value(rank)) for value, rank in URGENCY.items()), output_field=IntegerField()
    )
    made = []
    for status in TaskStatus:
        rows = found.filter(status=status).select_related("project", "assignee")
        rows = rows.order_by(urgency, "-id") if status in OPEN else rows.order_by("-id")
        rest = "?" + urlencode({**chosen, "status": status.value})
        made.append(Column(status.value, str(status.label), counts.get(status.value, 0), list(rows[:CARDS]), rest))
    return made
