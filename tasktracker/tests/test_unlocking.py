"""Whoever is locked out by wrong guesses is mailed a link that ends it, once; nobody learns who there is."""

import re
import smtplib
from typing import Any

import pytest
from django.core import mail, signing
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django.fixtures import Settings

from tasktracker.core import lockout, secondstep, totp, unlocking
from tasktracker.core.enums import Guess
from tasktracker.core.models import User
from tasktracker.core.tasks import mail_unlocking
from tasktracker.core.tests.factories import PASSWORD, make_person
from tasktracker.core.throttling import counters
from tasktracker.tests.pages import Page

pytestmark = pytest.mark.django_db
HERE = "203.0.113.7"


@pytest.fixture(autouse=True)
def _quick_hash(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}


@pytest.fixture
def ada() -> User:
    user = make_person("ada", role="admin").user
    user.set_password(PASSWORD)
    user.email = "ada@example.org"
    user.save()
    return user


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What would be put in the queue: the arguments of each mail's job."""
    jobs: list[tuple[Any, ...]] = []

    def keep(name: str, *args: Any) -> bool:
        assert name == "tasktracker.core.tasks.mail_unlocking"
        jobs.append(args)
        return True

    monkeypatch.setattr(unlocking, "enqueue", keep)
    return jobs


def new_client(address: str = HERE) -> Client:
    return Client(headers={"host": "localhost"}, REMOTE_ADDR=address)


def guess(password: str = "wrong", name: str = "ada", address: str = HERE) -> Any:
    return new_client(address).post("/login/", {"username": name, "password": password})


def lock_out(name: str = "ada", address: str = HERE) -> list[Any]:
    return [guess(name=name, address=address) for _ in range(lockout.LIMIT + 2)]


def path_of(letter: Any) -> str:
    found = re.search(r"http://localhost(/login/unlock/\S+/)", letter.body)
    assert found
    return found[1]


def test_the_link_ends_the_lock_once(ada: User, queued: list[Any]) -> None:
    lock_out()
    (job,) = queued  # however often is tried on
    assert not mail.outbox, "a worker sends it"
    mail_unlocking(*job)
    (letter,) = mail.outbox
    assert letter.to == ["ada@example.org"]
    assert f"from the address {HERE}" in letter.body
    path = path_of(letter)
    assert guess(PASSWORD).status_code == 429
    reader = new_client("198.51.100.9")
    assert "Was it you?" in Page.of(reader.get(path)).text
    assert guess(PASSWORD).status_code == 429, "a program that looks through mails opens links"
    assert reader.post(path)["Location"] == "/login/"
    assert guess(PASSWORD).status_code == 302
    assert reader.get(path).status_code == reader.post(path).status_code == 404
    lock_out()
    assert reader.post(path).status_code == 404
    assert guess(PASSWORD).status_code == 429


@pytest.mark.long
def test_a_link_ends_its_own_lock_only_and_within_an_hour(ada: User, queued: list[Any], settings: Settings) -> None:
    lock_out()
    lock_out(address="198.51.100.1")
    mail_unlocking(*queued[0])
    (path,) = map(path_of, mail.outbox)
    reader = new_client()
    token = path.split("/")[3]
    for broken in (token[:-1], token + "A", token.replace(":", ""), "x"):
        assert reader.post(f"/login/unlock/{broken}/").status_code == 404, broken
    (nonce,) = (key for key in counters().keys("*:unlock:*") if b":mails:" not in key)
    assert 0 < counters().ttl(nonce) <= 3600
    assert reader.post(path).status_code == 302
    assert guess(PASSWORD).status_code == 302
    assert guess(PASSWORD, address="198.51.100.1").status_code == 429
    lock_out()
    mail_unlocking(*queued[2])
    settings.SECRET_KEY = "another " * 10
    assert reader.post(path_of(mail.outbox[1])).status_code == 404


def plain(answer: Any, name: str) -> str:
    return re.sub(r"\b[A-Za-z0-9]{64}\b", "", answer.content.decode()).replace(f'value="{name}"', "")


@pytest.mark.long
def test_a_name_that_nobody_has_is_answered_alike_and_at_the_same_cost(
    ada: User, queued: list[Any], django_assert_num_queries: Any
) -> None:
    told = []
    for name in ("ada", "eve"):
        for _ in range(lockout.LIMIT):
            guess(name=name)
        with django_assert_num_queries(1):
            answer = guess(name=name)
        assert answer.status_code == 429
        told.append(plain(answer, name))
    assert told[0] == told[1]
    assert "a link in your mail" in told[0]
    assert [args[0] for args in queued] == [[ada.pk], []]
    assert "ada" not in str(queued)


@pytest.mark.long
def test_no_mailbox_is_filled_and_one_that_could_not_be_sent_is_not_counted(
    ada: User, queued: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_out()
    (job,) = queued

    def fails(*_: Any) -> None:
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", fails)
        for _ in range(5):
            with pytest.raises(smtplib.SMTPServerDisconnected):
                unlocking.mail_link(user=ada, lock=job[1], guess=Guess.FIRST_STEP, address=HERE, base="http://x")
    for _ in range(6):
        mail_unlocking(*job)
    assert len(mail.outbox) == unlocking.MAILS_AN_HOUR


@pytest.mark.long
@pytest.mark.parametrize("other", [{"is_active": False}, {"email": ""}])
def test_a_closed_account_and_one_without_an_address_get_none(
    other: dict[str, Any], ada: User, queued: list[Any]
) -> None:
    User.objects.filter(pk=ada.pk).update(**other)
    lock_out()
    for job in queued:
        mail_unlocking(*job)
    assert not mail.outbox


@pytest.mark.long
def test_without_mail_nothing_is_said_of_one(ada: User, queued: list[Any], settings: Settings) -> None:
    settings.MAILERS = {}
    assert "mail" not in lock_out()[-1].content.decode().split("<main")[1].split("</main")[0]
    assert not queued


@pytest.mark.long
def test_wrong_codes_of_the_second_step_are_told_with_what_they_mean(ada: User, queued: list[Any]) -> None:
    device = secondstep.begin_totp(user=ada)
    secondstep.confirm_totp(
        user=ada, code=totp.code_at(secondstep.key_of(device), 30 * (device.created_at.timestamp() // 30))
    )
    client = new_client()
    client.post("/login/", {"username": "ada", "password": PASSWORD})
    statuses = [client.post("/login/second-step/", {"code": "not a code"}).status_code for _ in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    (job,) = queued
    mail_unlocking(*job)
    (letter,) = mail.outbox
    assert "they know your password" in letter.body
    new_client().post(path_of(letter))
    assert client.post("/login/second-step/", {"code": "not a code"}).status_code == 422


@pytest.mark.usefixtures("valkey_away")
def test_without_valkey_a_link_says_to_try_again(ada: User) -> None:
    token = signing.dumps("nonce", salt=unlocking.SALT)
    assert new_client().get(f"/login/unlock/{token}/").status_code == 503
    assert new_client().post(f"/login/unlock/{token}/").status_code == 503


@pytest.mark.long
def test_it_lies_in_the_queue_and_a_worker_knows_it(ada: User, settings: Settings) -> None:
    """By the real name of the job, with arguments that JSON can hold."""
    lock_out()
    queued = counters().lrange(settings.BROKER_QUEUE_KEY, 0, -1)
    (raw,) = (job for job in queued if b"tasktracker.core.tasks.mail_unlocking" in job)
    assert b"/login/unlock/" not in raw
    assert mail_unlocking.name == "tasktracker.core.tasks.mail_unlocking"
