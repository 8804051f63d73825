"""`/api/stats` and the dashboard count the same."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from proposals.tests.factories import make_message, make_proposal
from tasktracker import buckets, charts, figures, judged
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.test_dashboard_charts import came_in, decide, spend

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Person:
    """In a zone whose days begin far from those of UTC."""
    person = make_person("owner", role="manager")
    person.workspace.timezone = "Pacific/Auckland"
    person.workspace.save()
    return person


def stats(person: Person) -> Any:
    response = person.api.get("/api/stats")
    assert response.status_code == 200
    return response.json()


def last_days(found: dict[str, Any], person: Person) -> list[Any]:
    """The values of the dashboard's 14 days, 0 where there is none."""
    days = buckets.last_days(person.workspace, buckets.DAYS)
    return [found.get(str(at.date()), 0) for at in days.starts]


def test_messages_by_day_are_those_of_the_chart(person: Person) -> None:
    midnight = buckets.last_days(person.workspace, 1).edges[0]
    for at in (midnight, midnight - timedelta(seconds=1), midnight - timedelta(days=5), midnight - timedelta(days=40)):
        make_message(person.workspace, sent_at=at)
    found = stats(person)["messages"]
    assert (found["total"], sum(found["by_verdict"].values()), found["by_source"]) == (4, 4, {"chat": 4})
    assert sum(found["by_day"].values()) == 3
    assert last_days(found["by_day"], person) == [int(row[1]) for row in came_in(person.workspace).days.rows]


def test_proposals_by_kind_and_status_are_those_that_wait(person: Person) -> None:
    for kind, status in (("topic", "pending"), ("atom", "pending"), ("atom", "needs_evidence")):
        make_proposal(person.workspace, kind, quotes=[], status=status)
    found = stats(person)["proposals"]
    assert found == {"topic": {"pending": 1}, "atom": {"pending": 1, "needs_evidence": 1}}
    shown = {one.name: one.count for one in figures.Board(person.workspace).waits()["waiting"]}
    assert shown == {"topics": 1, "atoms": 1, "tasks": 0, "needs evidence": 1, "snoozed": 0}


def test_acceptance_by_tier_is_that_of_the_bars(person: Person) -> None:
    for confidence, status in ((0.95, "approved"), (0.95, "merged"), (0.9, "rejected")):
        decide(person.workspace, confidence, status)
    found = stats(person)["acceptance"]
    assert found == {"high": {"approved": 1, "merged": 1}, "medium": {"rejected": 1}}
    for bar in judged.judged(person.workspace).bars():
        counts = found.get(bar.tier, {})
        assert (bar.part, bar.whole) == (counts.get("approved", 0), sum(counts.values()))


def test_cost_by_day_is_that_of_the_chart(person: Person) -> None:
    spend(person.workspace, "0.5")
    spend(person.workspace, "0.25", days=3)
    spend(person.workspace, "7", days=20)
    found = stats(person)["cost_by_day"]
    assert sum(map(Decimal, last_days_of(found, person))) == charts.costs(person.workspace).cost == Decimal("0.75")
    assert len(found) == 3
    today = str(timezone.now().astimezone(person.workspace.zone).date())
    assert Decimal(str(found[today])) == Decimal("0.5")


def last_days_of(found: dict[str, Any], person: Person) -> list[str]:
    return [str(value) for value in last_days(found, person)]
