"""Why a run is paused, and what makes it go on: the history's note says whether that needs a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis import reviving
from analysis.days import DAY
from analysis.models import AnalysisRun
from tasktracker.core.models import StatusChange

OWN_CAP = "It waits for you: resume it with a higher cap, or cancel it."
OF_THE_DAY = (
    "It goes on by itself tomorrow, after midnight ({zone}). To go on today, raise the day's cap, then resume it."
)
PROVIDER = (
    "{name} is asked again by itself, at the latest {minutes:.0f} minutes after the last time, and the run goes on "
    "when it answers. You can also resume it now."
)
SWITCHED_OFF = "It waits for you: switch {name} on again, and it goes on by itself, or cancel it."
OTHERWISE = "It waits for you: resume or cancel it."


@dataclass(frozen=True, slots=True)
class Pause:
    """What makes a paused run go on, in `words`; `caps` are those of its own that a person may raise."""

    words: str
    is_of_day: bool = False
    caps: Mapping[str, float] = field(default_factory=dict)


def pause_of(run: AnalysisRun) -> Pause | None:
    """A paused run's way on; None for any other run. Reads the run's provider and workspace."""
    if run.status != "paused":
        return None
    if run.reason == "provider":
        if not run.provider.is_active:
            return Pause(SWITCHED_OFF.format(name=run.provider.name))
        return Pause(PROVIDER.format(name=run.provider.name, minutes=reviving.LONGEST_WAIT / 60))
    if run.reason != "budget":
        return Pause(OTHERWISE)
    pauses = StatusChange.objects.filter(kind=run._meta.label_lower, object_id=run.pk, to_status="paused")
    note = pauses.order_by("-id").values_list("note", flat=True).first()
    if note == DAY:
        return Pause(OF_THE_DAY.format(zone=run.workspace.timezone), is_of_day=True)
    return Pause(OWN_CAP, caps=dict(sorted(run.caps.items())))
