"""The forms of the rotation."""

from typing import Any

from django import forms

from proposals import duty as rota
from proposals.models import Duty
from tasktracker.core.forms import SettingsForm
from tasktracker.core.models import Membership, User, Workspace


class AwayForm(forms.Form):
    until = forms.DateField(required=False)


class DutyForm(SettingsForm[Duty | None]):
    """One number for each member who may review: the place in the order, empty for nobody's turn."""

    turn = forms.ChoiceField(label="A turn is", choices=Duty.Turn.choices, initial=Duty.Turn.WEEK)
    digest_at = forms.TimeField(
        label="Digest at",
        initial="08:45",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="By the workspace's clock. Whoever is on duty is told what waits, by mail and on Telegram.",
    )
    weekdays_only = forms.BooleanField(required=False, initial=True, label="Not on Saturday and Sunday")
    is_active = forms.BooleanField(required=False, initial=True, label="Active")

    def __init__(self, row: Duty | None, workspace: Workspace, data: Any = None, initial: Any = None) -> None:
        super().__init__(row, workspace, data, initial)
        members = Membership.objects.filter(workspace=workspace, role__in=rota.MAY_REVIEW, user__is_active=True)
        self.people = [row.user for row in members.select_related("user").order_by("user__username")]
        places = {place.user_id: n for n, place in enumerate(rota.places_of(row), 1)} if row else {}
        for person in self.people:
            self.fields[f"place_{person.pk}"] = forms.IntegerField(
                label=person.get_username(), required=False, min_value=1, max_value=999, initial=places.get(person.pk)
            )

    @property
    def place_fields(self) -> list[forms.BoundField]:
        return [self[f"place_{person.pk}"] for person in self.people]

    def write(self, by: User) -> Duty:
        values = dict(self.cleaned_data)
        numbered = [(values.pop(f"place_{person.pk}"), person) for person in self.people]
        # People of one number keep the order of their names.
        chosen = sorted(((number, person) for number, person in numbered if number), key=lambda pair: pair[0])
        return rota.save_duty(workspace=self.workspace, people=[person for _, person in chosen], values=values)
