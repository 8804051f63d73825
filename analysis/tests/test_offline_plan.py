"""The plan of a run: its topics, and what is kept of it."""

import re
from pathlib import Path

import pytest

from analysis.offline import Plan, plan
from analysis.offline.cues import ALL_STOP
from analysis.offline.plan import people_of
from analysis.tests.offline_chat import CHATS, DEMO, exported, learned, window

SMALL = [
    ("Ann Lee", "The label printer in Lyon prints empty pages since the update."),
    ("Bo Chen", "Which label printer, the one in the Lyon depot?"),
    ("Ann Lee", "Yes, the label printer next to the conveyor."),
    ("Cy Novak", "The customs form for Norway needs a second signature."),
    ("Bo Chen", "I can add the second signature to the customs form today."),
    ("Cy Novak", "Customs form with two signatures works for Norway."),
    ("Ann Lee", "Bo Chen, the label printer is fine again, see https://status.parcel.example/lyon"),
] * 3


def test_no_messages_give_no_topics() -> None:
    assert plan([]).topics == ()
    assert plan([window([])]).topics == ()


def test_a_chat_of_twenty_messages_gives_a_few_topics() -> None:
    names = [topic.name for topic in plan([window(SMALL[:20])]).topics]
    assert 1 <= len(names) <= 6
    assert "Label printer" in names
    assert "Customs form" in names


def test_a_topic_is_no_person_no_link_and_no_function_word() -> None:
    for topic in plan([window(SMALL)]).topics:
        words = topic.name.lower().split()
        assert not set(words) & people_of(name for name, _ in SMALL)
        assert "http" not in topic.name
        assert words[0] not in ALL_STOP
        assert words[-1] not in ALL_STOP


def test_singular_and_plural_are_one_topic() -> None:
    said = [("Ann", "Where is the gate pass?"), ("Bo", "Two gate passes are lost."), ("Cy", "No gate pass, no entry.")]
    names = [topic.name.lower() for topic in plan([window(said * 3)]).topics]
    assert len([name for name in names if name.startswith("gate pass")]) == 1


def test_a_plan_comes_back_from_json_as_it_was() -> None:
    made = plan([window(SMALL)])
    assert Plan.from_json(made.to_json()) == made


def test_a_plan_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version"):
        Plan.from_json('{"version": 99}')


@pytest.mark.parametrize("path", CHATS)
def test_topics_lie_between_15_and_60_and_all_are_found_again(path: Path) -> None:
    made, answers = learned(path)
    found = {topic.name for _, answer in answers for topic in answer.topics}
    assert 15 <= len(made.topics) <= 60
    assert 15 <= len(found) <= 60
    assert len(made.to_json()) < 200_000
    for topic in made.topics:
        assert len(topic.name.split()) <= 4
        assert not re.search(r"https?:|www\.|[<>]", topic.name)


def test_the_same_windows_give_the_same_plan() -> None:
    assert plan(list(exported(DEMO))).to_json() == learned(DEMO)[0].to_json()
