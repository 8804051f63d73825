"""What is kept between posts saves a look and opens nothing: whoever may no longer post is told so at once."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from ingestion import grouped, posting
from ingestion.grouped import Recorder
from ingestion.models import Channel, Message, Participant, Source
from tasktracker.core.enums import Role, TokenScope
from tasktracker.core.grouped import Grouped
from tasktracker.core.models import ApiToken, Membership, User
from tasktracker.core.permissions import access_of_token
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.core.throttling import UserThrottle
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db(transaction=True)  # a version is told by the transaction that wrote it
BODY = {"source": "posts", "author": "Ann", "text": "hello", "sent_at": "2026-11-01T10:00:00Z"}


def body(number: str, **more: object) -> bytes:
    return json.dumps(BODY | {"external_id": number, **more}).encode()


def may_write(tokens: Sequence[ApiToken]) -> list[bool]:
    found = [access_of_token(token) for token in tokens]
    return [access is not None and access.allows(Role.REVIEWER) for access in found]


@pytest.fixture
def person() -> Person:
    person = make_person("wanda", role="reviewer")
    assert person.api.post("/api/messages", BODY | {"external_id": "0"}, format="json").status_code == 201
    return person


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that were looked up."""
    asked: list[str] = []
    find = posting.find_post

    def counted(**given: Any) -> posting.Found | None:
        asked.append(given["source"])
        return find(**given)

    monkeypatch.setattr(posting, "find_post", counted)
    return asked


def test_the_second_post_looks_nothing_up(person: Person, looks: list[str]) -> None:
    record = Recorder()
    for number in "123":
        assert record([(person.token, body(number))], may_write) != [None]
    assert looks == ["posts"]
    assert Message.objects.count() == 4


def test_what_is_known_already_is_looked_up_anew_and_left_to_the_api(person: Person, looks: list[str]) -> None:
    record = Recorder()
    assert record([(person.token, body("1"))], may_write) != [None]
    assert record([(person.token, body("1")), (person.token, body("2"))], may_write)[0] is None
    assert Message.objects.count() == 3
    assert len(looks) == 2


CHANGES: dict[str, Callable[[], object]] = {
    "the token is revoked": lambda: ApiToken.objects.all().delete(),
    "the token reads only": lambda: ApiToken.objects.update(scope=TokenScope.READ),
    "the role is lower": lambda: Membership.objects.update(role="viewer"),
    "a member no longer": lambda: Membership.objects.all().delete(),
    "switched off": lambda: Membership.objects.get().user.__class__.objects.update(is_active=False),
    "the source is paused": lambda: Source.objects.update(is_active=False),
    "it is left out": lambda: Source.objects.update(filters={"skip": {"patterns": ["hello"]}}),
    "another name": lambda: Participant.objects.update(name="Anna"),
}


@pytest.mark.parametrize("change", some([*CHANGES], 2))
def test_what_has_changed_since_is_seen(person: Person, change: str) -> None:
    record = Recorder()
    assert record([(person.token, body("1"))], may_write) != [None]
    CHANGES[change]()
    assert record([(person.token, body("2"))], may_write) == [None]
    assert not Message.objects.filter(external_id="2").exists()


@pytest.mark.parametrize("change", some([*CHANGES, "another title"], 2, 1))
def test_what_changes_between_the_look_and_the_insert_is_seen(person: Person, change: str) -> None:
    def too_late(tokens: Sequence[ApiToken]) -> list[bool]:
        (CHANGES | {"another title": lambda: Channel.objects.update(title="elsewhere")})[change]()
        return [True for _ in tokens]

    assert Recorder()([(person.token, body("1"))], too_late) == [None]
    assert not Message.objects.filter(external_id="1").exists()


@pytest.mark.parametrize("change", ["the role is lower", "the token reads only"])
def test_each_post_is_judged_by_what_was_found_for_it(person: Person, change: str) -> None:
    """Of one token in one go, one found long ago and the others found now."""
    assert person.api.post("/api/messages", body_of_bob("b0"), format="json").status_code == 201
    record = Recorder()
    assert record([(person.token, body("1"))], may_write) != [None]
    CHANGES[change]()
    posts = [(person.token, json.dumps(body_of_bob(f"b{number}")).encode()) for number in (1, 2)]
    assert record([*posts, (person.token, body("2"))], may_write) == [None] * 3
    assert Message.objects.count() == 3


def body_of_bob(number: str) -> dict[str, str]:
    return BODY | {"external_id": number, "author": "Bob"}


@pytest.fixture
def charged(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many calls are counted in the end."""
    counts: list[int] = []

    def admits(self: UserThrottle, user: User, times: int) -> bool:
        counts.append(times)
        return True

    monkeypatch.setattr(UserThrottle, "admits", admits)
    monkeypatch.setattr(UserThrottle, "give_back", lambda self, user, times: counts.append(-times))
    return lambda: sum(counts)


def test_each_answer_counts_once_however_often_it_was_tried(
    person: Person, charged: Callable[[], int], looks: list[str]
) -> None:
    door = Grouped(lambda *_: None, path="/api/messages", role=Role.REVIEWER, record=Recorder())

    def answered(*numbers: str) -> int:
        return sum(answer is not None for answer in door._answers([(person.token, body(n)) for n in numbers]))

    assert (answered("1"), charged()) == (1, 1)
    assert (answered("2", "3", "3", "1"), charged()) == (2, 3)  # what is left out is Django's to count
    Source.objects.update(last_error="away")
    del looks[:]
    assert (answered(*(f"s{number}" for number in range(10))), charged()) == (10, 13)
    assert looks == ["posts"]


def test_what_fails_the_second_time_takes_no_answer_from_the_others(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert person.api.post("/api/messages", body_of_bob("b0"), format="json").status_code == 201
    record = Recorder()
    both = [(person.token, body("1")), (person.token, json.dumps(body_of_bob("b1")).encode())]
    assert None not in record(both, may_write)
    Participant.objects.filter(name="Bob").update(name="Bobby")
    monkeypatch.setattr(posting, "find_post", lambda **_: 1 / 0)
    both = [(person.token, body("2")), (person.token, json.dumps(body_of_bob("b2")).encode())]
    made, none = record(both, may_write)
    assert made is not None
    assert none is None


def test_nothing_is_said_by_who_was_erased(person: Person) -> None:
    author = {"id": "erased:1", "name": "Ann"}
    assert person.api.post("/api/messages", BODY | {"external_id": "e", "author": author}, "json").status_code == 201
    Participant.objects.filter(external_id="erased:1").update(erased_at=timezone.now())
    assert Recorder()([(person.token, body("1", author=author))], may_write) == [None]


def test_rows_are_inserted_in_one_order_whatever_the_planner_does(person: Person) -> None:
    """Two processes that insert the same ones in two orders would wait for each other."""
    authors = ["Ann", "Bob", "Cleo"]
    for author in authors[1:]:
        first = BODY | {"external_id": f"0{author}", "author": author}
        assert person.api.post("/api/messages", first, format="json").status_code == 201
    numbers = sorted(f"{number}{letter}" for number in range(10, 40) for letter in "aZü")
    posts = [(person.token, body(number, author=authors[at % 3])) for at, number in enumerate(numbers)]
    with connection.cursor() as cursor:
        cursor.execute("SET enable_nestloop = off; SET enable_hashjoin = off")
        try:
            assert None not in Recorder()(posts[::-1], may_write)
        finally:
            cursor.execute("RESET enable_nestloop; RESET enable_hashjoin")
    made = Message.objects.exclude(external_id__startswith="0").order_by("id").values_list("external_id", flat=True)
    assert list(made) == numbers


def test_a_new_name_is_seen_with_the_post_after_it(person: Person, looks: list[str]) -> None:
    record = Recorder()
    author = {"id": "7", "name": "Ann"}
    assert person.api.post("/api/messages", BODY | {"external_id": "a", "author": author}, "json").status_code == 201
    assert record([(person.token, body("1", author=author))], may_write) != [None]
    renamed = author | {"name": "Anna"}
    assert record([(person.token, body("2", author=renamed))], may_write) == [None]  # the API writes the name
    Participant.objects.filter(external_id="7").update(name="Anna")
    assert record([(person.token, body("3", author=renamed))], may_write) != [None]
    assert len(looks) == 2


def test_a_token_that_opens_nothing_costs_one_look(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(grouped, "token_owner", asked.append)
    assert Recorder()([("a guess", body(number)) for number in "123"], may_write) == [None] * 3
    assert asked == ["a guess"]
