"""A passkey alone opens a login: both steps in one, for its own person only, once for each challenge."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from fido2.utils import websafe_encode
from pytest_django.fixtures import Settings

from tasktracker.core.account_models import LoginSession, Passkey
from tasktracker.core.models import User
from tasktracker.core.passkeys import STATE_ALONE
from tasktracker.core.tests.factories import PASSWORD, make_person
from tasktracker.tests.devices import PRESENT, STEP, Key
from tasktracker.tests.pages import Page
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
AT = "/login/passkey/"


@pytest.fixture(autouse=True)
def _quick_hash(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ada(owner: Any) -> User:
    user = make_person("ada", role="admin").user
    user.set_password(PASSWORD)
    user.save()
    return user


def new_client(address: str = "203.0.113.7") -> Client:
    return Client(headers={"host": "localhost"}, REMOTE_ADDR=address)


def use(key: Key, client: Client, path: str = "/tasks/", **other: Any) -> Any:
    """The answer to a passkey, whose device names its owner unless `other` says something else."""
    answer = key.answer(client, at=AT, state=STATE_ALONE, **{"handle": key.handle, **other})
    return client.post(AT, {"credential": answer, "next": path})


def is_in(client: Client) -> bool:
    return client.get("/settings/account/").status_code == 200


def test_it_counts_as_both_steps_where_two_are_required(ada: User, settings: Settings) -> None:
    settings.SECOND_STEP_FOR = "admin"
    key, client = Key(ada), new_client()
    told = client.get(AT).json()
    assert (told["rpId"], told["userVerification"], told.get("allowCredentials") or []) == ("localhost", "required", [])
    assert use(key, client)["Location"] == "/tasks/"
    assert is_in(client)
    assert client.get("/").status_code == client.get("/admin/").status_code == 200
    assert LoginSession.objects.filter(user=ada).count() == 1
    row = Passkey.objects.get()
    assert row.sign_count == 6
    assert row.last_used_at is not None
    assert Session.objects.get(pk=client.session.session_key).expire_date > timezone.now() + timedelta(days=1)


def test_a_challenge_that_nobody_answers_is_kept_for_minutes_only(ada: User) -> None:
    client = new_client()
    client.get(AT)
    assert Session.objects.get(pk=client.session.session_key).expire_date < timezone.now() + timedelta(minutes=11)
    assert client.post("/login/", {"username": "ada", "password": PASSWORD}).status_code == 302
    assert Session.objects.get(pk=client.session.session_key).expire_date > timezone.now() + timedelta(days=1)


def test_it_is_good_once_and_leads_to_our_own_pages_only(ada: User) -> None:
    key, client = Key(ada), new_client()
    answer = key.answer(client, at=AT, state=STATE_ALONE, handle=key.handle)
    done = client.post(AT, {"credential": answer, "next": "https://evil.example/"})
    assert done["Location"] == "/"
    again = client.post(AT, {"credential": answer})  # whoever is in stays in, as themselves
    assert (again["Location"], is_in(client)) == ("/", True)
    other = new_client()
    other.get(AT)
    assert "/login/?" in other.post(AT, {"credential": answer})["Location"]
    assert not is_in(other)


WRONG: dict[str, dict[str, Any]] = {
    "nobody asked for a fingerprint or PIN": {"flags": PRESENT},
    "a copy that counts less": {"counter": 5},
    "it names nobody": {"handle": b""},
    "it names somebody else": {"handle": b"user:1"},
    "nobody's key": {"id": b"nobody"},
    "another signature": {"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"},
    "nothing said": {"said": b""},
}


@pytest.mark.parametrize("name", some(list(WRONG), 2))
def test_what_is_wrong_opens_nothing(ada: User, name: str) -> None:
    wrong = WRONG[name]
    key, client = Key(ada), new_client()
    answer = use(key, client, **wrong)
    assert answer["Location"] == "/login/?next=%2Ftasks%2F"
    page = Page.of(client.get(answer["Location"]))
    assert "No login here is opened by this passkey" in page.text
    assert not is_in(client)
    assert Passkey.objects.get().sign_count == 5


@pytest.mark.long
@pytest.mark.parametrize(
    "answer", some(["", "{", "[]", "{}", "[" * 60_000, '{"rawId":"AA","response":{"userHandle":1}}'], 3, 2)
)
def test_what_is_no_answer_opens_nothing(ada: User, answer: str) -> None:
    client = new_client()
    client.get(AT)
    assert "/login/?" in client.post(AT, {"credential": answer})["Location"]
    assert STATE_ALONE not in client.session


def test_the_answer_to_another_question_is_none_to_this_one(ada: User) -> None:
    """A challenge of the second step, which asks for no fingerprint, opens no login by itself."""
    key, client = Key(ada), new_client()
    client.post("/login/", {"username": "ada", "password": PASSWORD})
    client.get(AT)
    answer = key.answer(client, at=STEP, handle=key.handle)
    assert "/login/?" in client.post(AT, {"credential": answer})["Location"]
    assert not is_in(client)


def test_a_closed_account_stays_closed(ada: User) -> None:
    key = Key(ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    client = new_client()
    assert "/login/?" in use(key, client)["Location"]
    assert "_auth_user_id" not in client.session
    assert Passkey.objects.get().sign_count == 5


@pytest.mark.long
def test_wrong_ones_are_counted_by_address_and_the_right_one_begins_anew(ada: User) -> None:
    key, other = Key(ada), Key(make_person("eve").user)
    here = "203.0.113.9"
    statuses = [use(other, new_client(here), counter=1).status_code for _ in range(9)]
    assert statuses == [302] * 9
    assert is_in(client := new_client(here)) is False
    assert use(key, client)["Location"] == "/tasks/"
    statuses = [use(other, new_client(here), counter=1).status_code for _ in range(12)]
    assert statuses == [302] * 10 + [429] * 2
    assert use(key, new_client(here), counter=7).status_code == 429
    assert use(key, new_client("198.51.100.1"), counter=7)["Location"] == "/tasks/"


def test_a_new_one_is_asked_to_be_found_without_a_name(ada: User) -> None:
    client = new_client()
    client.force_login(ada)
    form = Page.of(client.get("/settings/account/second-step/")).one("form", **{"data-passkey": "create"})
    told = json.loads(form.attrs["data-options"])
    assert told["authenticatorSelection"]["residentKey"] == "preferred"
    assert told["user"]["id"] == websafe_encode(f"user:{ada.pk}".encode())


def test_the_login_page_has_it_beside_the_password(ada: User) -> None:
    page = Page.of(new_client().get("/login/?next=/tasks/"))
    form = page.one("form", action=AT)
    assert {tag.attrs["name"]: tag.attrs.get("value", "") for tag in form.inside if tag.name == "input"}[
        "next"
    ] == "/tasks/"
    assert "webauthn" in page.one("input", name="username").attrs["autocomplete"]
    assert "needs-script" in form.attrs["class"]
