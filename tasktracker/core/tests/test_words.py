"""Numbers with their nouns."""

import pytest

from tasktracker.core.words import counted_as


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 messages"), (1, "1 message"), (2, "2 messages"), (1218, "1,218 messages")]
)
def test_a_noun_agrees_with_its_number(number: int, said: str) -> None:
    assert counted_as(number, "message") == said


def test_a_plural_of_its_own() -> None:
    assert (counted_as(1, "person", "people"), counted_as(2, "person", "people")) == ("1 person", "2 people")
