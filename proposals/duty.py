"""Who is on duty: a rotation in which everybody has a turn, and the next one stands in for who is away."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from proposals.models import Duty, DutyPlace
from tasktracker.core.enums import Role
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.models import Membership, User, Workspace

SATURDAY = 5
MAY_REVIEW = [role for role in Role if role.rank >= Role.REVIEWER.rank]


def today(workspace: Workspace) -> date:
    """The day that it is there."""
    return timezone.localdate(timezone=workspace.zone)


def may_review(workspace: Workspace, user: User) -> bool:
    """Whether the person is a reviewer there, or more, right now."""
    rows = Membership.objects.filter(workspace=workspace, user=user, role__in=MAY_REVIEW, user__is_active=True)
    return rows.exists()


def places_of(duty: Duty) -> list[DutyPlace]:
    """The rotation in its order, without those who may not review here (any more). One query."""
    members = Membership.objects.filter(workspace_id=duty.workspace_id, role__in=MAY_REVIEW, user__is_active=True)
    return list(duty.places.filter(user__in=members.values("user")).select_related("user").order_by("position", "id"))


def on_duty(duty: Duty, day: date, places: Sequence[DutyPlace] | None = None) -> User | None:
    """Who is on duty on a day; None where nobody is: switched off, a free day, or all are away."""
    places = places_of(duty) if places is None else places
    if not places or not duty.is_active or (duty.weekdays_only and day.weekday() >= SATURDAY):
        return None
    turn = turn_of(duty, day)
    in_turn = [places[(turn + step) % len(places)] for step in range(len(places))]
    return next((place.user for place in in_turn if not place.is_away(day)), None)


def turn_of(duty: Duty, day: date) -> int:
    """How many turns have passed since the rotation began; negative before it did. Weeks begin on Monday."""
    first, now = _monday(duty.starts_on), _monday(day)
    weeks = (now - first).days // 7
    if duty.turn == Duty.Turn.WEEK:
        return weeks
    if not duty.weekdays_only:
        return (day - duty.starts_on).days
    # A rotation that begins on a free day begins on the Monday after it.
    return weeks * 5 + min(day.weekday(), 5) - min(duty.starts_on.weekday(), 5)


def coming(duty: Duty, *, days: int = 14) -> list[tuple[date, User | None]]:
    """Who is on duty from today on, free days left out."""
    places, start = places_of(duty), today(duty.workspace)
    every = [start + timedelta(days=step) for step in range(days)]
    return [(day, on_duty(duty, day, places)) for day in every if not (duty.weekdays_only and day.weekday() > 4)]


@transaction.atomic
def save_duty(*, workspace: Workspace, people: Sequence[User], values: Mapping[str, Any]) -> Duty:
    """Write the rotation: `people` in their order, `values` the other columns. Raises `Invalid`.

    Whoever stays keeps until when they are away. Another order, or another length of a turn, begins anew today.
    """
    # Two managers who save at the same time would both find no rotation.
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    if len({person.pk for person in people}) != len(people):
        raise Invalid("Each person has one place.", field="people")
    if values.get("is_active", True) and not people:
        raise Invalid("Choose at least one person, or switch the rotation off.", field="people")
    able = set(
        Membership.objects.filter(workspace=workspace, role__in=MAY_REVIEW, user__in=people).values_list(
            "user_id", flat=True
        )
    )
    for person in people:
        if person.pk not in able:
            raise Invalid(f"{person} may not review here.", field="people")
    duty = Duty.objects.filter(workspace=workspace).first() or Duty(workspace=workspace, starts_on=today(workspace))
    old = list(duty.places.order_by("position", "id").values_list("user_id", "away_until")) if duty.pk else []
    order, turn = [user for user, _ in old], duty.turn
    for name, value in values.items():
        setattr(duty, name, value)
    if order != [person.pk for person in people] or duty.turn != turn:
        duty.starts_on = today(workspace)
    duty.save()
    away = dict(old)
    duty.places.all().delete()
    DutyPlace.objects.bulk_create(
        DutyPlace(duty=duty, user=person, position=number, away_until=away.get(person.pk))
        for number, person in enumerate(people)
    )
    return duty


@transaction.atomic
def set_away(*, workspace: Workspace, user: User, until: date | None) -> DutyPlace:
    """Somebody in the rotation is away until the end of a day, or (None) back. Raises `Invalid`, `Conflict`."""
    if until is not None and until < today(workspace):
        raise Invalid("That day is over. Choose today or a later one.", field="until")
    place = DutyPlace.objects.select_for_update().filter(duty__workspace=workspace, user=user).first()
    if place is None:
        raise Conflict("You have no turn in this rotation.", code="not_in_rotation")
    place.away_until = until
    place.save(update_fields=["away_until"])
    return place


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
