"""Titles of chats where people write the name of whom they speak to in front."""

import pytest

from analysis.offline.sentences import parse
from analysis.offline.titles import headline


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("u27: the nightly build fails with a linker error", "nightly build fails"),
        ("jo_d, the nightly build fails with a linker error", "nightly build fails"),
        ("@ann the nightly build fails with a linker error", "nightly build fails"),
    ],
)
def test_the_name_in_front_is_no_part_of_the_title(text: str, title: str) -> None:
    made = headline(parse(text).sentences[0], "problem", cue="fails")
    assert title in made.lower()
    assert not made.lower().startswith(("u27", "jo", "bo", "<bo", "ann", "@"))


def test_a_word_before_a_colon_that_is_no_name_stays() -> None:
    made = headline(parse("Docker: the nightly build fails with a linker error").sentences[0], "problem", cue="fails")
    assert "nightly build fails" in made.lower()


def test_a_name_of_a_file_in_front_stays() -> None:
    sentence = parse("settings.py: the default port is wrong on the test host").sentences[0]
    made = headline(sentence, "problem", cue="wrong")
    assert "port" in made.lower()
