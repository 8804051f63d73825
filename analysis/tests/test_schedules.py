"""Runs that start by themselves, at their times or when enough waits, once however many look."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from analysis import schedules, services
from analysis.models import AnalysisRun, Schedule
from analysis.tests import factories
from analysis.tests.test_api_runs import client_of
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


def saved(workspace: Workspace, name: str = "mornings", **values: Any) -> Schedule:
    return schedules.save_schedule(schedule=Schedule(workspace=workspace), values={"name": name, **values})


def make_due(schedule: Schedule) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(next_at=timezone.now() - timedelta(seconds=1))


def test_times_are_those_of_the_workspace(workspace: Workspace) -> None:
    workspace.timezone = "Europe/Kyiv"
    workspace.save()
    schedule = saved(workspace, cron="0 7 * * 1-5")
    friday = datetime(2026, 3, 27, 12, tzinfo=UTC)
    # Monday after the clocks went forward: 7:00 there is 4:00 UTC.
    assert schedules.next_time(schedule, friday) == datetime(2026, 3, 30, 4, tzinfo=UTC)


def test_what_is_due_starts_once_and_is_due_again(workspace: Workspace) -> None:
    factories.make_chat(workspace, 2)
    schedule = saved(workspace, cron="0 7 * * *")
    assert schedules.start_due() == []
    make_due(schedule)
    (run,) = schedules.start_due()
    assert (run.status, run.created_by, run.workspace) == ("running", None, workspace)
    schedule.refresh_from_db()
    assert schedule.last_run == run
    assert schedule.next_at is not None
    assert schedule.next_at > timezone.now()
    assert schedules.start_due() == []


def test_nothing_to_do_makes_no_run(workspace: Workspace) -> None:
    for stage in ("knowledge", "tasks"):
        make_due(saved(workspace, stage, stage=stage, cron="0 7 * * *"))
    assert schedules.start_due() == []
    assert not AnalysisRun.objects.exists()


def test_enough_new_messages_start_a_run(workspace: Workspace) -> None:
    schedule = saved(workspace, at_least=8)
    factories.make_chat(workspace, 1)
    make_due(schedule)
    assert schedules.start_due() == []
    factories.make_chat(workspace, 1)
    assert schedules.start_due() == []  # the next look is a minute off
    make_due(schedule)
    assert len(schedules.start_due()) == 1


def test_a_run_that_is_under_way_is_said_and_the_schedule_lives_on(workspace: Workspace) -> None:
    factories.make_chat(workspace, 1)
    services.start_run(run_id=services.create_run(workspace=workspace, stage="knowledge").pk)
    schedule = saved(workspace, cron="* * * * *")
    make_due(schedule)
    factories.make_message(workspace, "One more thing that waits")
    assert schedules.start_due() == []
    schedule.refresh_from_db()
    assert "under way" in schedule.last_error or "is running" in schedule.last_error
    assert schedule.next_at is not None
    assert schedule.next_at > timezone.now()


def test_one_that_is_switched_off_is_never_due(workspace: Workspace) -> None:
    factories.make_chat(workspace, 1)
    schedule = saved(workspace, cron="* * * * *", is_active=False)
    assert schedule.next_at is None
    make_due(schedule)
    assert schedules.start_due() == []


@pytest.mark.django_db(transaction=True)
def test_two_beats_start_it_once(workspace: Workspace) -> None:
    factories.make_chat(workspace, 1)
    make_due(saved(workspace, cron="0 7 * * *"))
    barrier = threading.Barrier(4)
    started: list[AnalysisRun] = []

    def look() -> None:
        try:
            barrier.wait(20)
            started.extend(schedules.start_due())
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(started) == AnalysisRun.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "cron"),
        ({"cron": "every morning"}, "cron"),
        ({"cron": "61 * * * *"}, "cron"),
        ({"cron": "61 * * * *", "is_active": False}, "cron"),
        ({"at_least": 0}, "at_least"),
        ({"at_least": 5, "stage": "tasks"}, "at_least"),
    ],
)
def test_bad_schedules_are_refused_at_their_field(workspace: Workspace, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as told:
        saved(workspace, **values)
    assert told.value.extra["field"] == field
    assert not Schedule.objects.exists()


def test_names_are_taken_once(workspace: Workspace) -> None:
    saved(workspace, cron="0 7 * * *")
    with pytest.raises(Conflict):
        saved(workspace, cron="0 8 * * *")


def test_over_the_api(workspace: Workspace) -> None:
    client = client_of(factories.make_user(workspace, "manager"), workspace)
    made = client.post("/api/schedules", {"name": "mornings", "cron": "0 7 * * 1-5"}, format="json")
    assert made.status_code == 201, made.content
    assert made.json()["next_at"]
    bad = client.patch(f"/api/schedules/{made.json()['id']}", {"cron": "nonsense"}, format="json")
    assert (bad.status_code, "cron" in bad.json()["detail"]) == (400, True)
    stranger = factories.make_source(factories.make_workspace())
    refused = client.patch(f"/api/schedules/{made.json()['id']}", {"source": stranger.pk}, format="json")
    assert refused.status_code == 400


def test_a_schedule_has_five_fields(workspace: Workspace) -> None:
    with pytest.raises(Invalid):
        saved(workspace, cron="* * * * * *")


def test_a_schedule_that_can_do_nothing_says_why(workspace: Workspace) -> None:
    house = factories.make_source(workspace, "house", local_only=True)
    factories.make_message(workspace, "The merger is signed.", source=house)
    provider = factories.make_provider(workspace, base_url="https://example.com/v1", local=False)
    schedule = saved(workspace, cron="0 7 * * *", source=house, provider=provider)
    make_due(schedule)
    assert schedules.start_due() == []
    schedule.refresh_from_db()
    assert "for local models only" in schedule.last_error


def test_a_schedule_that_is_broken_stops_no_other(workspace: Workspace) -> None:
    factories.make_chat(workspace, 1)
    broken, good = saved(workspace, "broken", cron="0 7 * * *"), saved(workspace, "good", cron="0 7 * * *")
    type(broken).objects.filter(pk=broken.pk).update(cron="nonsense")
    make_due(broken)
    make_due(good)
    assert len(schedules.start_due()) == 1
    broken.refresh_from_db()
    assert "no cron expression" in broken.last_error
    assert schedules.start_due() == []
