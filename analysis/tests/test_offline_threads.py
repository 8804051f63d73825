"""Conversations of a busy room: who speaks to whom carries them apart."""

from datetime import UTC, datetime, timedelta

from analysis.offline.talk_signs import NAMES, Said
from analysis.offline.threads import CROWD, conversations_of, rooms_of

START = datetime(2024, 3, 1, 9, 0, tzinfo=UTC)


def said(*lines: tuple[str, str], seconds: int = 20, place: str = "room") -> list[Said]:
    return [Said(text, author, START + timedelta(seconds=seconds * n), place) for n, (author, text) in enumerate(lines)]


def test_two_talks_at_once_are_told_apart_by_the_names_in_them() -> None:
    found = conversations_of(
        said(
            ("ann", "how do I mount a usb disk?"),
            ("cid", "is there a way to run java in the browser?"),
            ("bob", "ann: which file system is on it?"),
            ("dan", "cid: install the plugin"),
            ("ann", "bob: ntfs"),
            ("cid", "dan: which one?"),
        )
    )
    assert found[0] == found[2] == found[4]
    assert found[1] == found[3] == found[5]
    assert found[0] != found[1]


def test_rooms_never_mix() -> None:
    lines = [*said(("ann", "hello bob")), *said(("bob", "ann: hi"), place="other")]
    first, second = conversations_of(lines)
    assert first != second


def test_who_joins_or_leaves_belongs_to_no_talk() -> None:
    found = conversations_of(said(("ann", "does it work?"), ("bob", "has joined"), ("bob", "ann: yes")))
    assert found[1] not in (found[0], found[2])


def test_a_crowd_is_parted_by_names_alone() -> None:
    people = [f"p{n}" for n in range(CROWD + 2)]
    lines = [(name, f"question {n} about something else?") for n, name in enumerate(people)]
    found = conversations_of(said(*lines, ("helper", "p3: restart it"), ("p3", "thanks")))
    assert found[-1] == found[-2] == found[3]


def test_messages_without_author_or_time_find_a_place_too() -> None:
    assert len(conversations_of([Said("a"), Said(""), Said("b?", "ann")])) == 3
    assert conversations_of([]) == []


def test_each_choice_has_a_number_for_each_name() -> None:
    lines = said(("ann", "does it work?"), ("bob", "ann: yes"))
    room = rooms_of(lines)["room"]
    room.add(room.line(lines[0]), None, 0)
    talks, rows = room.features(room.line(lines[1]))
    assert len(talks) == 1
    assert [len(row) for row in rows] == [len(NAMES)] * 2
