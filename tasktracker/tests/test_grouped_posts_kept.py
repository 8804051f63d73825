"""What is kept between posts saves a look and opens nothing: whoever may no longer post is told so at once."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ingestion import posting
from ingestion.grouped import Recorder
from ingestion.models import Channel, Message, Participant, Source
from tasktracker.core.enums import Role, TokenScope
from tasktracker.core.models import ApiToken, Membership
from tasktracker.core.permissions import access_of_token
from tasktracker.core.tests.factories import Person, make_person

pytestmark = pytest.mark.django_db(transaction=True)  # a version is told by the transaction that wrote it
BODY = {"source": "posts", "author": "Ann", "text": "hello", "sent_at": "2026-11-01T10:00:00Z"}


def body(number: str) -> bytes:
    return json.dumps(BODY | {"external_id": number}).encode()


def may_write(token: ApiToken, _: int) -> bool:
    access = access_of_token(token)
    return access is not None and access.allows(Role.REVIEWER)


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


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_since_is_seen(person: Person, change: str) -> None:
    record = Recorder()
    assert record([(person.token, body("1"))], may_write) != [None]
    CHANGES[change]()
    assert record([(person.token, body("2"))], may_write) == [None]
    assert not Message.objects.filter(external_id="2").exists()


@pytest.mark.parametrize("change", [*CHANGES, "another title"])
def test_what_changes_between_the_look_and_the_insert_is_seen(
    person: Person, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(token: ApiToken, times: int) -> bool:
        (CHANGES | {"another title": lambda: Channel.objects.update(title="elsewhere")})[change]()
        return True

    assert Recorder()([(person.token, body("1"))], too_late) == [None]
    assert not Message.objects.filter(external_id="1").exists()
