"""Times as a person says them: how long something still takes, when it comes, what a schedule's times are. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

HOURLY, MORNINGS, WEEKDAYS, MONDAYS = "0 * * * *", "0 7 * * *", "0 7 * * 1-5", "0 7 * * 1"
PLAIN = {
    HOURLY: "every hour",
    MORNINGS: "every morning at 7:00",
    WEEKDAYS: "weekdays at 7:00",
    MONDAYS: "every Monday at 7:00",
}
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


def left_in_words(seconds: float | None) -> str:
    """Time that is left, no more exact than it is known: by minutes, fives, half hours, days; "" when unknown."""
    if seconds is None:
        return ""
    if seconds < 45:
        return "less than a minute left"
    if seconds < 9.5 * MINUTE:
        return f"about {max(1, round(seconds / MINUTE))} min left"
    if seconds < 57.5 * MINUTE:
        return f"about {5 * round(seconds / MINUTE / 5)} min left"
    if seconds < 9.75 * HOUR:
        return f"about {round(2 * seconds / HOUR) / 2:g} h left"
    if seconds < 35.5 * HOUR:
        return f"about {round(seconds / HOUR)} h left"
    return f"about {max(2, round(seconds / DAY))} days left"


def moment_in_words(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """A moment to come by the clock of `zone`: today at 07:00, tomorrow at 07:00, Monday 23 Mar at 07:00."""
    there, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (there.date() - today).days
    name = {0: "today", 1: "tomorrow"}.get(days) or f"{there:%A} {there.day} {there:%b}"
    year = "" if there.year == today.year or days in (0, 1) else f" {there.year}"
    return f"{name}{year} at {there:%H:%M}"


def occasion_in_words(cron: str, at_least: int | None) -> str:
    """When a schedule starts a run: its times, how many messages have to wait, or both."""
    enough = f"{at_least:,} new {'message waits' if at_least == 1 else 'messages wait'}" if at_least else ""
    if not cron:
        return f"when {enough}"
    times = PLAIN.get(cron, f"at {cron}")
    return f"{times}, if {enough}" if enough else times
