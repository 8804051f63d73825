"""Invitations that are mailed, and their API: the link goes to one address, lies nowhere in the clear, and ends."""

import json
import re
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings
from redis import Redis

from tasktracker.core import inviting_mail
from tasktracker.core.account_models import Invitation
from tasktracker.core.tasks import mail_invitation
from tasktracker.core.tests.factories import PASSWORD, Person, make_person
from tasktracker.tests.pages import Page

pytestmark = pytest.mark.django_db
TO = "new@example.org"


@pytest.fixture
def mailed(settings: Settings) -> None:
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}


def browser(person: Person) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(person.user)
    return client


def invite(person: Person, **data: Any) -> Page:
    form = {"role": "reviewer", "email": TO, "days": 7, "max_uses": 1, **data}
    return Page.of(browser(person).post("/settings/invitations/", form))


def kept_back(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What would be put in the queue: the name of the job and its arguments."""
    sent: list[tuple[Any, ...]] = []

    def keep(*job: Any) -> bool:
        sent.append(job)
        return True

    monkeypatch.setattr(inviting_mail, "enqueue", keep)
    return sent


def queued() -> list[str]:
    """The jobs that wait for a worker to mail, as they lie in the broker: their arguments."""
    found: list[str] = []
    with Redis.from_url(django_settings.REDIS_URL) as broker:
        for queue in broker.keys("*"):
            if broker.type(queue) != b"list":
                continue
            for raw in broker.lrange(queue, 0, -1):
                assert b"/join/" not in raw, "the link lies in the queue in the clear"
                letter = json.loads(raw)
                if letter["headers"]["task"] == "tasktracker.core.tasks.mail_invitation":
                    found.append(letter["headers"]["argsrepr"])
    return found


def test_the_link_is_mailed_and_opens_the_room(owner: Person, mailed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = kept_back(monkeypatch)
    page = invite(owner, role="manager")
    assert f"It is on its way to {TO}." in page.text
    assert not mail.outbox, "a worker sends it"
    ((name, pk, sealed),) = sent
    link = page.one("pre").text.strip()
    assert link not in sealed
    assert link.rsplit("/", 2)[1] not in sealed
    assert name == "tasktracker.core.tasks.mail_invitation"
    mail_invitation(pk, sealed)
    (letter,) = mail.outbox
    assert letter.to == [TO]
    assert "owner invites you to Acme as manager" in letter.body
    assert link in letter.body
    guest = Client(headers={"host": "localhost"})
    path = re.sub(r"^http://localhost", "", link)
    assert guest.post(path, {"username": "guest", "password": PASSWORD, "again": PASSWORD})["Location"] == "/"
    mail_invitation(pk, sealed)
    assert len(mail.outbox) == 1, "one that was used is not mailed again"


def test_in_the_queue_it_lies_encrypted(owner: Person, mailed: None) -> None:
    invite(owner)
    assert len(queued()) == 1


def test_without_mail_or_without_an_address_nothing_is_sent_and_the_page_says_so(
    owner: Person, settings: Settings
) -> None:
    settings.MAILERS = {}
    assert "No mail is set up here, so send the link yourself." in invite(owner).text
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    assert "mail" not in invite(owner, email="").one("main").text.lower()
    assert queued() == []


@pytest.mark.long
def test_a_workspace_writes_to_so_many_a_day(owner: Person, mailed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inviting_mail, "MAILS_A_DAY", 2)
    told = [invite(owner).text for _ in range(3)]
    assert ["on its way" in text for text in told] == [True, True, False]
    assert "2 a day are the most" in told[2]


@pytest.mark.long
def test_one_that_was_taken_back_is_not_mailed(owner: Person, mailed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = kept_back(monkeypatch)
    invite(owner)
    pk = Invitation.objects.get().pk
    assert owner.api.delete(f"/api/invitations/{pk}").status_code == 204
    mail_invitation(*sent[0][1:])
    assert not mail.outbox


@pytest.mark.long
def test_the_api_makes_lists_and_takes_back(owner: Person) -> None:
    made = owner.api.post("/api/invitations", {"role": "viewer", "days": 3, "max_uses": 2}, format="json")
    assert made.status_code == 201
    body = made.json()
    assert (body["role"], body["state"], body["used"], body["max_uses"], body["created_by"], body["mail"]) == (
        "viewer", "open", 0, 2, "owner", "",
    )  # fmt: skip
    guest = Client(headers={"host": "localhost"})
    path = "/" + body["link"].split("/", 3)[3]
    assert guest.post(path, {"username": "guest", "password": PASSWORD, "again": PASSWORD})["Location"] == "/"
    (row,) = owner.api.get("/api/invitations").json()["results"]
    assert (row["id"], row["state"], row["used"]) == (body["id"], "open", 1)
    assert "link" not in row
    assert owner.api.delete(f"/api/invitations/{row['id']}").status_code == 204
    assert owner.api.get(f"/api/invitations/{row['id']}").json()["state"] == "revoked"
    assert guest.get(path).status_code in (200, 410)
    assert Client(headers={"host": "localhost"}).get(path).status_code == 410


@pytest.mark.long
@pytest.mark.parametrize(
    ("body", "status"),
    [({"role": "king"}, 400), ({"email": "nobody"}, 400), ({"days": 0}, 400), ({"max_uses": 9999}, 400),
     ({"role": "manager"}, 403), ({"role": "admin"}, 403), ({}, 201)],
)  # fmt: skip
def test_a_manager_invites_below_their_role(body: dict[str, Any], status: int) -> None:
    manager = make_person("manager", role="manager")
    assert manager.api.post("/api/invitations", body, format="json").status_code == status


def test_a_manager_takes_back_no_invitation_of_an_admin(owner: Person) -> None:
    manager = make_person("manager", role="manager")
    made = owner.api.post("/api/invitations", {"role": "admin"}, format="json").json()
    assert manager.api.delete(f"/api/invitations/{made['id']}").status_code == 403
    assert Invitation.objects.get().revoked_at is None


@pytest.mark.long
def test_strangers_find_nothing(owner: Person, stranger: Person) -> None:
    made = owner.api.post("/api/invitations", {}, format="json").json()
    assert stranger.api.get("/api/invitations").json()["results"] == []
    assert stranger.api.delete(f"/api/invitations/{made['id']}").status_code == 404
