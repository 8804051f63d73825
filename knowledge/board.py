"""Tasks as a board: a column for each status, its count true, its first cards shown."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.http import urlencode

from knowledge.models import Task
from knowledge.models.tasks import OPEN, URGENCY
from tasktracker.core.enums import TaskStatus

CARDS = 25  # shown of a column; the list shows all
COUNTED = 10_000  # beyond it a column says "10,000+"


@dataclass(frozen=True, slots=True)
class Column:
    """A status with its cards, `total` of them in all, or `more`; `rest` is the address of the list that shows all."""

    status: str
    label: str
    total: int
    more: bool  # there are more than were counted
    cards: list[Task]
    rest: str


def columns(found: QuerySet[Task], chosen: dict[str, str]) -> list[Column]:
    """The board of the tasks in `found`; as many queries whatever there is of them.

    What is open stands by its urgency, what is over by its age alone.
    """
    made = []
    for status in TaskStatus:
        count = found.filter(status=status).order_by().values("pk")[: COUNTED + 1].count()
        rest = "?" + urlencode({**chosen, "status": status.value})
        cards = list(shown(found, status).select_related("project", "assignee")[:CARDS])
        made.append(Column(status.value, str(status.label), min(count, COUNTED), count > COUNTED, cards, rest))
    return made


def shown(found: QuerySet[Task], status: TaskStatus) -> QuerySet[Task]:
    """A column's tasks in its order, each along an index."""
    rows = found.filter(status=status)
    return rows.order_by(URGENCY, "-id") if status in OPEN else rows.order_by("-id")
