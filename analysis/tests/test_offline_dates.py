"""Due dates as people write them; every message of these tests is of Monday, 4 May 2026."""

from datetime import date

import pytest

from analysis.offline.dates import due, without_due

MONDAY = date(2026, 5, 4)


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("Please send it by Friday", "en", date(2026, 5, 8)),
        ("Please send it by Friday 15th", "en", date(2026, 5, 15)),
        ("Can you do it by tomorrow?", "en", date(2026, 5, 5)),
        ("I will do it tomorrow", "en", date(2026, 5, 5)),
        ("Post the steps by 17:00", "en", date(2026, 5, 4)),
        ("Due 2026-06-01", "en", date(2026, 6, 1)),
        ("until May 20", "en", date(2026, 5, 20)),
        ("by the end of the week", "en", date(2026, 5, 8)),
        ("by the end of the month", "en", date(2026, 5, 31)),
        ("by Monday", "en", date(2026, 5, 11)),
        ("in 3 days", "en", date(2026, 5, 7)),
        ("by next Friday", "en", date(2026, 5, 15)),
        ("зроби, будь ласка, до п'ятниці", "uk", date(2026, 5, 8)),
        ("зроблю завтра", "uk", date(2026, 5, 5)),
        ("до 20 травня", "uk", date(2026, 5, 20)),
        ("сделай до среды", "ru", date(2026, 5, 6)),
        ("к концу недели", "ru", date(2026, 5, 8)),
        ("bitte bis Freitag", "de", date(2026, 5, 8)),
        ("bis 20.05.", "de", date(2026, 5, 20)),
        ("spätestens morgen", "de", date(2026, 5, 5)),
        ("para el viernes", "es", date(2026, 5, 8)),
        ("até sexta-feira", "pt", date(2026, 5, 8)),
        ("avant vendredi", "fr", date(2026, 5, 8)),
        ("do piątku", "pl", date(2026, 5, 8)),
    ],
)
def test_a_day_is_counted_from_the_message(text: str, lang: str, expected: date) -> None:
    assert due(text, MONDAY, lang) == expected


@pytest.mark.parametrize(
    "text", ["It crashed on Friday", "The release 2.4 is out", "by 2019-01-01", "Monday was fine", "by accident", ""]
)
def test_what_names_no_deadline_has_none(text: str) -> None:
    assert due(text, MONDAY) is None


def test_the_day_is_taken_off_the_end_of_a_title() -> None:
    assert without_due("Run the restore drill by Thursday", MONDAY, "en") == "Run the restore drill"
    assert without_due("Sort the queue by name", MONDAY, "en") == "Sort the queue by name"
