"""The rotation: everybody has a turn, the next one stands in, and only who may review has one."""

from datetime import date, timedelta

import pytest
from django.test import Client

from proposals import duty
from proposals.models import Duty, DutyPlace
from proposals.tests.factories import make_user, make_workspace
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.models import Membership, User, Workspace
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 3, 2)


@pytest.fixture
def people(workspace: Workspace) -> list[User]:
    return [make_user(workspace, name) for name in ("ada", "ben", "cleo")]


def rotation(workspace: Workspace, people: list[User], **values: object) -> Duty:
    row = duty.save_duty(workspace=workspace, people=people, values=values)
    Duty.objects.filter(pk=row.pk).update(starts_on=MONDAY)
    row.refresh_from_db()
    return row


def names(row: Duty, start: date, days: int) -> list[str]:
    found = [duty.on_duty(row, start + timedelta(days=step)) for step in range(days)]
    return [person.username if person else "-" for person in found]


def test_a_week_each(workspace: Workspace, people: list[User]) -> None:
    row = rotation(workspace, people, turn="week")
    assert names(row, MONDAY, 9) == ["ada"] * 5 + ["-", "-", "ben", "ben"]
    assert names(row, MONDAY + timedelta(weeks=2), 1) == ["cleo"]
    assert names(row, MONDAY + timedelta(weeks=3), 1) == ["ada"]


def test_a_day_each_goes_on_after_the_weekend(workspace: Workspace, people: list[User]) -> None:
    row = rotation(workspace, people, turn="day")
    assert names(row, MONDAY, 9) == ["ada", "ben", "cleo", "ada", "ben", "-", "-", "cleo", "ada"]


@pytest.mark.parametrize("weekday", some(range(7), 3))
def test_whatever_day_it_begins_the_first_one_begins(workspace: Workspace, people: list[User], weekday: int) -> None:
    row = rotation(workspace, people, turn="day")
    Duty.objects.filter(pk=row.pk).update(starts_on=MONDAY + timedelta(days=weekday))
    row.refresh_from_db()
    working = [name for name in names(row, row.starts_on, 10) if name != "-"]
    assert working[:4] == ["ada", "ben", "cleo", "ada"]


def test_with_weekends_every_day_counts(workspace: Workspace, people: list[User]) -> None:
    row = rotation(workspace, people, turn="day", weekdays_only=False)
    assert names(row, MONDAY, 7) == ["ada", "ben", "cleo", "ada", "ben", "cleo", "ada"]


def test_the_next_one_stands_in_for_who_is_away(workspace: Workspace, people: list[User]) -> None:
    row = rotation(workspace, people, turn="week")
    DutyPlace.objects.filter(user=people[0]).update(away_until=MONDAY + timedelta(days=1))
    assert names(row, MONDAY, 3) == ["ben", "ben", "ada"]
    DutyPlace.objects.update(away_until=MONDAY)
    assert names(row, MONDAY, 2) == ["-", "ada"]


def test_who_may_no_longer_review_has_no_turn(workspace: Workspace, people: list[User]) -> None:
    row = rotation(workspace, people, turn="week")
    Membership.objects.filter(user=people[0]).update(role="viewer")
    User.objects.filter(pk=people[1].pk).update(is_active=False)
    assert names(row, MONDAY, 1) == ["cleo"]
    Membership.objects.filter(user=people[2]).delete()
    assert names(row, MONDAY, 1) == ["-"]


def test_only_members_who_may_review_get_a_place(workspace: Workspace, people: list[User]) -> None:
    viewer, stranger = make_user(workspace, "vic", role="viewer"), make_user(make_workspace(), "sid")
    for person in (viewer, stranger):
        with pytest.raises(Invalid, match="may not review here"):
            duty.save_duty(workspace=workspace, people=[people[0], person], values={})
    with pytest.raises(Invalid, match="one place"):
        duty.save_duty(workspace=workspace, people=[people[0], people[0]], values={})
    with pytest.raises(Invalid, match="at least one person"):
        duty.save_duty(workspace=workspace, people=[], values={})
    assert not Duty.objects.exists()


def test_another_hour_does_not_begin_the_rotation_anew_and_another_order_does(
    workspace: Workspace, people: list[User]
) -> None:
    row = rotation(workspace, people)
    duty.set_away(workspace=workspace, user=people[1], until=duty.today(workspace))
    row = duty.save_duty(workspace=workspace, people=people, values={"digest_at": "07:00"})
    assert row.starts_on == MONDAY
    assert DutyPlace.objects.get(user=people[1]).away_until == duty.today(workspace)
    row = duty.save_duty(workspace=workspace, people=people[::-1], values={})
    assert row.starts_on == duty.today(workspace)


def test_nobody_is_away_until_yesterday_or_without_a_place(workspace: Workspace, people: list[User]) -> None:
    rotation(workspace, people[:1])
    with pytest.raises(Invalid, match="day is over"):
        duty.set_away(workspace=workspace, user=people[0], until=duty.today(workspace) - timedelta(days=1))
    with pytest.raises(Conflict):
        duty.set_away(workspace=workspace, user=people[1], until=None)


def test_a_manager_sets_it_on_its_page_and_a_person_says_that_they_are_away(
    workspace: Workspace, people: list[User]
) -> None:
    boss = make_user(workspace, "zoe", role="manager")
    client = Client()
    client.force_login(boss)
    form = {f"place_{people[2].pk}": 1, f"place_{people[0].pk}": 2, f"place_{people[1].pk}": ""}
    answer = client.post("/settings/duty/", {**form, "turn": "day", "digest_at": "08:30", "is_active": "on"})
    assert answer.status_code == 302
    assert [place.user for place in duty.places_of(Duty.objects.get())] == [people[2], people[0]]

    client.force_login(people[0])
    until = duty.today(workspace) + timedelta(days=2)
    client.post("/settings/duty/away/", {"until": until.isoformat()})
    assert DutyPlace.objects.get(user=people[0]).away_until == until
    shown = client.get("/settings/duty/").content.decode()
    assert "cleo" in shown
    assert "place_" not in shown  # the form is the managers'
    client.post("/settings/duty/away/", {"until": "someday"})
    assert DutyPlace.objects.get(user=people[0]).away_until == until
    client.post("/settings/duty/away/", {"until": ""})
    assert DutyPlace.objects.get(user=people[0]).away_until is None


@pytest.mark.long
def test_a_form_with_mistakes_keeps_what_was_typed(workspace: Workspace, people: list[User]) -> None:
    client = Client()
    client.force_login(make_user(workspace, "zoe", role="manager"))
    answer = client.post(
        "/settings/duty/", {f"place_{people[0].pk}": 7, "turn": "day", "digest_at": "late", "is_active": "on"}
    )
    assert answer.status_code == 422
    assert 'value="7"' in answer.content.decode()
    assert not Duty.objects.exists()
