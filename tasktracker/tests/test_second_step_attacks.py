"""What somebody with half of a login tries: broken passkeys, copies of keys, the rest of another session."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client, RequestFactory
from fido2.utils import sha256
from pytest_django.fixtures import Settings

from tasktracker.core import secondstep, totp
from tasktracker.core.account_models import Passkey
from tasktracker.core.errors import Conflict
from tasktracker.core.models import User
from tasktracker.core.secondstep import PASSED
from tasktracker.core.tests.factories import PASSWORD, make_person
from tasktracker.tests.devices import STEP, Key
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
SET_UP = "/settings/account/second-step/"


@pytest.fixture(autouse=True)
def _quick_hash(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def person(name: str, role: str = "reviewer") -> User:
    user = make_person(name, role=role).user
    user.set_password(PASSWORD)
    user.save()
    return user


def password(name: str, client: Client | None = None, path: str = "/login/") -> Client:
    client = client or Client(headers={"host": "localhost"})
    assert client.post(path, {"username": name, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/account/").status_code == 200


def test_the_right_answer_is_good_once_and_for_its_own_person(owner: Any) -> None:
    ada, eve = person("ada"), person("eve")
    key, hers = Key(ada), Key(eve)
    client = password("ada")
    assert client.post(STEP, {"credential": hers.answer(client)}).status_code == 422
    answer = key.answer(client)
    assert client.post(STEP, {"credential": answer}).status_code == 302
    assert is_in(client)
    other = password("ada")
    other.get(STEP)
    assert other.post(STEP, {"credential": answer}).status_code == 422


@pytest.mark.parametrize("counter", some([0, 4, 5], 3, 2))
def test_a_copy_that_counts_less_is_refused(owner: Any, counter: int) -> None:
    key = Key(person("ada"))
    client = password("ada")
    assert client.post(STEP, {"credential": key.answer(client, counter=counter)}).status_code == 422
    assert not is_in(client)
    assert Passkey.objects.get().sign_count == 5


HEAD = sha256(b"localhost")
BROKEN: dict[str, dict[str, Any]] = {
    "no data": {"data": b""},
    "half of the data": {"data": HEAD},
    "a key that is cut": {"data": HEAD + b"\x45\x00\x00\x00\x06" + b"\x00" * 10},
    "a length without its bytes": {"data": HEAD + b"\x45\x00\x00\x00\x06" + b"\x00" * 16 + b"\xff\xff"},
    "extensions that are no CBOR": {"data": HEAD + b"\x85\x00\x00\x00\x06\xff\xff"},
    "extensions without an end": {"data": HEAD + b"\x85\x00\x00\x00\x06" + b"\x81" * 5_000},
    "no signature": {"signature": b""},
    "another signature": {"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"},
    "nobody's key": {"id": b"nobody"},
    "nothing said": {"said": b""},
    "no text": {"said": b"\xff\xfe"},
    "a list": {"said": b"[]"},
    "a number": {"said": b"1"},
    "deep": {"said": b"[" * 20_000},
}


@pytest.mark.long
@pytest.mark.parametrize("name", some(list(BROKEN), 3))
def test_a_broken_answer_is_a_wrong_one(owner: Any, name: str) -> None:
    broken = BROKEN[name]
    key = Key(person("ada"))
    client = password("ada")
    assert client.post(STEP, {"credential": key.answer(client, **broken)}).status_code == 422
    assert not is_in(client)


DEEP = ["[" * 60_000, '{"a":' * 10_000]


@pytest.mark.parametrize("answer", some(DEEP, 2))
def test_deep_answers_are_wrong_ones(owner: Any, answer: str) -> None:
    Key(person("ada"))
    client = password("ada")
    client.get(STEP)
    assert client.post(STEP, {"credential": answer}).status_code == 422


@pytest.mark.long
@pytest.mark.parametrize("answer", some(DEEP, 2, 1))
def test_deep_answers_make_no_passkey(owner: Any, answer: str) -> None:
    person("ada")
    client = password("ada")
    client.get(SET_UP)
    assert client.post(SET_UP + "passkeys/", {"name": "x", "credential": answer}).status_code == 400


@pytest.mark.long
def test_who_signs_in_next_has_not_passed_by_the_one_before(owner: Any, settings: Settings) -> None:
    """The session of somebody who passed is taken over by a password alone: nothing of it may stay."""
    ada = person("ada", role="manager")
    person("boss", role="admin")
    key = Key(ada)
    client = password("ada")
    client.post(STEP, {"credential": key.answer(client)})
    assert client.session[PASSED]
    password("ada", client, "/admin/login/")  # again, and is awaited
    assert not is_in(client)
    assert PASSED not in client.session
    settings.SECOND_STEP_FOR = "admin"
    password("boss", client)
    assert client.get("/")["Location"] == SET_UP


@pytest.mark.long
@pytest.mark.usefixtures("valkey_away")
def test_without_valkey_no_code_of_an_app_is_looked_at_since_none_is_counted(owner: Any) -> None:
    """Six digits are soon guessed by whoever may try them all; a recovery code and a passkey can't be."""
    ada = person("ada")
    device, now = secondstep.begin_totp(user=ada), time.time()
    secondstep.confirm_totp(user=ada, code=totp.code_at(secondstep.key_of(device), now - 30))
    recovery, *_ = secondstep.new_recovery_codes(user=ada)
    client = password("ada")
    for code in (totp.code_at(secondstep.key_of(device), now), "123 456"):
        answer = client.post(STEP, {"code": code})
        assert answer.status_code == 503
        assert "a passkey or a recovery code" in answer.content.decode()
    assert not is_in(client)
    assert client.post(STEP, {"code": "no such code"}).status_code == 422
    assert client.post(STEP, {"credential": Key(ada).answer(client)}).status_code == 302
    assert is_in(client)
    assert password("ada").post(STEP, {"code": recovery}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_removals_at_once_leave_one_where_one_is_required(owner: Any, settings: Settings) -> None:
    settings.SECOND_STEP_FOR = "admin"
    boss = person("boss", role="admin")
    keys = [Key(boss).row.pk, Key(boss, "another").row.pk]
    both = Barrier(2, timeout=60)
    has = secondstep.has_second_step

    def slow(user: User) -> bool:
        """Where two look at the same time, each sees what the other is about to remove."""
        with suppress(BrokenBarrierError):
            both.wait(timeout=1.5)
        return has(user)

    def remove(pk: int) -> bool:
        request = RequestFactory().post("/")
        request.session = SessionStore()
        try:
            secondstep.remove(request, user=User.objects.get(pk=boss.pk), passkey_id=pk)
        except Conflict:
            return False
        finally:
            connection.close()
        return True

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(secondstep, "has_second_step", slow)
        done = sorted(pool.map(remove, keys))
    assert done == [False, True]
    assert has(boss)
