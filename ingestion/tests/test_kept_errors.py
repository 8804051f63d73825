"""What is kept of deliveries that failed or were left out holds no words of them; raw ones are behind the wall."""

import json
from typing import Any

import pytest
from django.db import DataError
from django.test import Client

from ingestion import faults, inbox, services
from ingestion.models import Delivery, Source
from tasktracker.core.errors import Invalid
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "quokka"


def delivered(owner: Person, body: object, **more: Any) -> Delivery:
    source = Source.objects.create(workspace=owner.workspace, **{"name": "hook", "kind": "webhook", **more})
    inbox.store(source_id=source.pk, deliveries=[("d1", json.dumps(body).encode())])
    inbox.work_off(source_id=source.pk)
    return Delivery.objects.get()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            ValueError(f"could not convert string to float: '{CANARY}'"),
            "ValueError in ingestion.tests.test_kept_errors",
        ),
        (KeyError(CANARY), "KeyError in "),
        (Invalid(f"{CANARY} is no time.", field="sent_at"), "Invalid about sent_at in "),
        (Invalid("No.", field=f"{CANARY} said so"), "Invalid in "),
    ],
)
def test_a_failed_delivery_keeps_the_class_and_the_place(
    owner: Person, error: Exception, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_: Any) -> None:
        raise error

    monkeypatch.setattr(services, "record_message", fails)
    delivery = delivered(owner, {"text": f"the {CANARY} is ill", "author": "Ann"})
    assert delivery.attempts == 1
    assert delivery.error.startswith(told)
    assert ".fails, line " in delivery.error
    assert CANARY not in delivery.error


def test_of_the_database_its_columns_are_named(owner: Person) -> None:
    with pytest.raises(Exception) as broken:  # noqa: PT011 (whatever class it has, its column is what counts)
        Source.objects.create(workspace=owner.workspace, name=None, kind="api")
    kept = faults.told(broken.value)
    assert kept.startswith("IntegrityError about ingestion_source.name in ingestion.tests.test_kept_errors.")
    with pytest.raises(DataError) as long:
        Source.objects.create(workspace=owner.workspace, name=CANARY * 100, kind="api")
    assert CANARY not in faults.told(long.value)


SAID = {"text": CANARY, "author": "Ann", "type": f"the {CANARY}", "n": {"a": CANARY}}


@pytest.mark.parametrize(
    ("kind", "config", "body", "told"),
    [
        ("webhook", {"mapping": {"text": "abs(text)"}}, SAID, "text: The expression can't be used on this body: abs()"),
        ("webhook", {"mapping": {"text": "sum(*)"}}, SAID, "sum() takes"),
        ("webhook", {"mapping": {"sent_at": "text"}}, SAID, "sent_at has to be a time"),
        ("webhook", {"mapping": {"text": "n"}}, SAID, "this is an object"),
        ("webhook", {}, {"author": CANARY}, "Nothing was found for text"),
        ("slack", {}, {"event": {"type": f"{CANARY} escaped"}}, "an event of type something else"),
        ("slack", {}, {"type": f"{CANARY} escaped"}, "no event, but something else"),
        (
            "slack", {}, {"event": {"type": "message", "channel": "C1", "message": {"type": f"a {CANARY}"},
                                    "subtype": "message_changed"}}, "something else",
        ),
        ("telegram", {}, {f"{CANARY} escaped": {}, "update_id": 1}, "an update with something else"),
        (
            "webhook", {"format": "github"},
            {"repository": {"id": 9, "full_name": "o/r", "html_url": "https://github.com/o/r"},
             "issue": {"number": 1}, "action": f"a {CANARY}"}, "that was something else",
        ),
        ("discord", {}, {"t": f"a {CANARY}", "d": {}}, "something else without a channel"),
    ],
)  # fmt: skip
def test_what_was_left_out_keeps_its_reason_without_a_word_of_it(
    owner: Person, kind: str, config: dict[str, Any], body: dict[str, Any], told: str
) -> None:
    delivery = delivered(owner, body, kind=kind, config=config)
    assert delivery.status == "ignored"
    assert told in delivery.error
    assert CANARY not in delivery.error


@pytest.mark.long
def test_raw_deliveries_are_for_admins_and_those_of_closed_sources_for_nobody_else(owner: Person) -> None:
    open_one = delivered(owner, {"text": f"{CANARY} in the open"})
    closed = Source.objects.create(workspace=owner.workspace, name="closed", kind="webhook", restricted=True)
    hidden = Delivery.objects.create(source=closed, external_id="hidden-1", raw=b"a quokka", error="told")
    boss = make_person("boss", role="manager")
    pages: dict[str, Client] = {}
    for person in (owner, boss):
        person.user.is_staff = True
        person.user.save()
        pages[person.user.username] = Client(headers={"host": "localhost"})
        pages[person.user.username].force_login(person.user)
    there = "/admin/ingestion/delivery/"

    def seen(who: str, address: str) -> str:
        answer = pages[who].get(there + address, follow=True)
        assert answer.status_code == 200
        return str(answer.content.decode())

    assert CANARY in seen("owner", f"{open_one.pk}/change/")
    assert CANARY in seen("owner", f"{hidden.pk}/change/")
    shown = seen("boss", f"{open_one.pk}/change/")
    assert "d1" in Page(shown).text
    assert CANARY not in shown
    assert "hidden-1" not in seen("boss", "")
    assert "hidden-1" not in seen("boss", f"{hidden.pk}/change/")
    pages["boss"].post(there, {"action": "try_again", "_selected_action": [hidden.pk]})
    assert Delivery.objects.get(pk=hidden.pk).error == "told"
    for query in ("?raw__contains=quokka", "?raw=quokka"):
        assert pages["boss"].get(there + query).status_code in (302, 400), query
    closed.readers.add(boss.user)
    assert "hidden-1" in seen("boss", "")
    assert CANARY not in seen("boss", f"{hidden.pk}/change/")
