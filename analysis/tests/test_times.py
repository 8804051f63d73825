"""Times in words: no more exact than they are known, by the clock of the workspace."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from analysis.times import left_in_words, moment_in_words, occasion_in_words


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, ""),
        (0, "less than a minute left"),
        (44, "less than a minute left"),
        (45, "about 1 min left"),
        (240, "about 4 min left"),
        (269, "about 4 min left"),
        (569, "about 9 min left"),
        (570, "about 10 min left"),
        (1_300, "about 20 min left"),
        (3_449, "about 55 min left"),
        (3_450, "about 1 h left"),
        (5_400, "about 1.5 h left"),
        (20 * 3_600, "about 20 h left"),
        (36 * 3_600, "about 2 days left"),
        (9 * 86_400, "about 9 days left"),
    ],
)
def test_time_left_is_rounded_to_what_is_known(seconds: float | None, told: str) -> None:
    assert left_in_words(seconds) == told


def test_a_longer_time_never_reads_as_a_shorter_one() -> None:
    units = {"min": 60, "h": 3_600, "days": 86_400, "minute": 0}
    last = -1.0
    for seconds in range(0, 4 * 86_400, 7):
        words = left_in_words(seconds).split()
        said = 0.0 if words[0] == "less" else float(words[1]) * units[words[2]]
        assert said >= last, seconds
        assert words[0] == "less" or 0.65 <= said / max(seconds, 1) <= 1.4, seconds
        last = said


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (datetime(2026, 3, 27, 21, 30, tzinfo=UTC), "today at 23:30"),
        (datetime(2026, 3, 27, 22, 30, tzinfo=UTC), "tomorrow at 00:30"),  # the same day in UTC
        (datetime(2026, 3, 30, 4, tzinfo=UTC), "Monday 30 Mar at 07:00"),  # after the clocks went forward
        (datetime(2027, 1, 4, 5, tzinfo=UTC), "Monday 4 Jan 2027 at 07:00"),
    ],
)
def test_a_moment_is_told_by_the_clock_of_the_workspace(at: datetime, told: str) -> None:
    assert moment_in_words(at, ZoneInfo("Europe/Kyiv"), datetime(2026, 3, 27, 12, tzinfo=UTC)) == told


@pytest.mark.parametrize(
    ("cron", "at_least", "told"),
    [
        ("0 * * * *", None, "every hour"),
        ("0 7 * * 1-5", 50, "weekdays at 7:00, if 50 new messages wait"),
        ("30 6,18 * * *", None, "at 30 6,18 * * *"),
        ("", 1_200, "when 1,200 new messages wait"),
        ("", 1, "when 1 new message waits"),
    ],
)
def test_an_occasion_has_its_words(cron: str, at_least: int | None, told: str) -> None:
    assert occasion_in_words(cron, at_least) == told
