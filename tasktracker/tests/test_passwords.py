"""Passwords: changed, and set anew by a link of an admin or by mail; which logins end, and what nobody learns."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from tasktracker.core import passwords, services
from tasktracker.core.account_models import LoginSession, PasswordLink
from tasktracker.core.models import User
from tasktracker.core.tasks import mail_password_links
from tasktracker.core.tests.factories import PASSWORD, Person, make_person
from tasktracker.tests.pages import Page
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
OTHER = "another long password"
LOCAL = {"host": "localhost"}


@pytest.fixture(autouse=True)
def _quick_hash(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ada(owner: Person) -> Person:
    found = make_person("ada")
    User.objects.filter(pk=found.user.pk).update(email="Ada@Example.org")
    found.user.refresh_from_db()
    found.user.set_password(PASSWORD)
    found.user.save()
    return found


@pytest.fixture
def mailed(settings: Settings) -> None:
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}


def logged_in(user: User, password: str = PASSWORD) -> Client:
    client = Client(headers=LOCAL)
    assert client.post("/login/", {"username": user.username, "password": password}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/account/").status_code == 200


def path_of(answer: Any) -> str:
    return Page.of(answer).one("pre").text.strip().removeprefix("http://localhost")


@pytest.mark.long
def test_a_change_keeps_this_login_and_ends_the_others(ada: Person) -> None:
    here, there = logged_in(ada.user), logged_in(ada.user)
    data = {"password": PASSWORD, "new": OTHER, "again": OTHER}
    assert here.post("/settings/account/password/", data)["Location"] == "/settings/account/"
    assert is_in(here)
    assert not is_in(there)
    assert LoginSession.objects.filter(user=ada.user).count() == 1
    assert "this one" in Page.of(here.get("/settings/account/")).text
    logged_in(ada.user, OTHER)


@pytest.mark.long
@pytest.mark.parametrize(
    ("data", "words"),
    some(
        [
            ({"password": "wrong"}, "not your password"),
            ({"again": "different"}, "not the same password"),
            ({"new": "password1234", "again": "password1234"}, "too common"),
            ({"new": "short", "again": "short"}, "too short"),
        ],
        2,
    ),
)
def test_a_change_that_will_not_do_changes_nothing(ada: Person, data: dict[str, str], words: str) -> None:
    client = logged_in(ada.user)
    answer = client.post("/settings/account/password/", {"password": PASSWORD, "new": OTHER, "again": OTHER, **data})
    assert answer.status_code == 422
    assert words in Page.of(answer).text
    assert OTHER not in answer.content.decode()
    logged_in(ada.user)


@pytest.mark.long
def test_guesses_at_the_present_password_are_counted_with_those_at_the_login(ada: Person) -> None:
    client = logged_in(ada.user)
    data = {"password": "wrong", "new": OTHER, "again": OTHER}
    answers = [client.post("/settings/account/password/", data).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    assert Client(headers=LOCAL).post("/login/", {"username": "ada", "password": PASSWORD}).status_code == 429


def test_the_forms_of_the_administration_lead_here(owner: Person) -> None:
    assert owner.browser.get("/admin/password_change/")["Location"] == "/settings/account/"


@pytest.mark.long
def test_an_admin_makes_a_link_that_works_once(owner: Person, ada: Person) -> None:
    there, admin = logged_in(ada.user), Client(headers=LOCAL)
    admin.force_login(owner.user)
    pk = ada.user.memberships.get().pk
    path = path_of(admin.post(f"/settings/members/{pk}/password-link/"))
    assert path.split("/")[2] not in str(PasswordLink.objects.get().__dict__)
    assert is_in(there)  # to make a link ends nothing yet
    client = Client(headers=LOCAL)
    assert "for ada" in Page.of(client.get(path)).text
    assert client.post(path, {"new_password1": "short", "new_password2": "short"}).status_code == 422
    assert client.post(path, {"new_password1": OTHER, "new_password2": OTHER})["Location"] == "/login/"
    assert not is_in(there)
    assert not LoginSession.objects.filter(user=ada.user).exists()
    logged_in(ada.user, OTHER)
    for answer in (client.get(path), client.post(path, {"new_password1": PASSWORD, "new_password2": PASSWORD})):
        assert answer.status_code == 404
        assert "leads nowhere" in Page.of(answer).text


def test_a_newer_link_or_a_change_makes_the_older_one_void(owner: Person, ada: Person) -> None:
    first, second = (passwords.make_link(user=ada.user, by=owner.user) for _ in range(2))
    assert passwords.find(first) is None
    assert passwords.find(second) is not None
    passwords.set_password(user=ada.user, password=OTHER)
    assert passwords.find(second) is None


def test_an_expired_link_and_one_of_somebody_switched_off_open_nothing(owner: Person, ada: Person) -> None:
    token = passwords.make_link(user=ada.user, by=owner.user)
    PasswordLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client(headers=LOCAL).get(f"/password/{token}/").status_code == 404
    PasswordLink.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    assert Client(headers=LOCAL).get(f"/password/{token}/").status_code == 200
    User.objects.filter(pk=ada.user.pk).update(is_active=False)
    assert Client(headers=LOCAL).get(f"/password/{token}/").status_code == 404


def test_nobody_gets_into_a_workspace_of_others_by_a_link(owner: Person, ada: Person) -> None:
    """The admin of one workspace of two would hold the key to the other."""
    make_person("ada", workspace="elsewhere", role="viewer")
    admin = Client(headers=LOCAL)
    admin.force_login(owner.user)
    pk = ada.user.memberships.get(workspace=owner.workspace).pk
    assert admin.post(f"/settings/members/{pk}/password-link/").status_code == 403
    assert not PasswordLink.objects.exists()


@pytest.mark.long
def test_guesses_at_links_are_counted(db: None) -> None:
    client = Client(headers=LOCAL)
    assert [client.get(f"/password/guess-{n}/").status_code for n in range(12)] == [404] * 10 + [429] * 2


@pytest.mark.usefixtures("mailed")
def test_a_link_is_mailed_and_works(ada: Person) -> None:
    mail_password_links(passwords.people_at("ada@example.ORG"), "https://tasks.example.com")
    (letter,) = mail.outbox
    assert letter.to == ["Ada@Example.org"]
    path = letter.body.split("https://tasks.example.com")[1].split()[0]
    client = Client(headers=LOCAL)
    assert client.post(path, {"new_password1": OTHER, "new_password2": OTHER}).status_code == 302
    logged_in(ada.user, OTHER)


@pytest.mark.usefixtures("mailed")
def test_no_mailbox_is_filled(ada: Person) -> None:
    for _ in range(6):
        mail_password_links([ada.user.pk], "https://tasks.example.com")
    assert len(mail.outbox) == passwords.MAILS_AN_HOUR


def test_a_look_alike_of_an_address_is_nobodys(ada: Person) -> None:
    assert passwords.people_at("ADA@example.org") == [ada.user.pk]
    assert passwords.people_at("ada@examplé.org") == []
    User.objects.filter(pk=ada.user.pk).update(is_active=False)
    assert passwords.people_at("ada@example.org") == []


@pytest.mark.usefixtures("mailed")
def test_the_answer_and_the_work_are_the_same_whether_or_not_somebody_has_the_address(
    ada: Person, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    sent: list[tuple[Any, ...]] = []

    def enqueued(*args: Any) -> bool:
        sent.append(args)
        return True

    monkeypatch.setattr(passwords, "enqueue", enqueued)
    answers = []
    for address in ("ada@example.org", "nobody@example.org"):
        with django_assert_num_queries(1):
            answer = Client(headers=LOCAL).post("/password/forgotten/", {"email": address})
        answers.append((answer.status_code, re.sub(r"\b[A-Za-z0-9]{64}\b", "", answer.content.decode())))
    assert answers[0] == answers[1]
    assert answers[0][0] == 200
    assert [args[1] for args in sent] == [[ada.user.pk], []]
    assert "ada@example.org" not in str(sent)
    assert not mail.outbox  # a worker sends it: how long that takes is seen by nobody


@pytest.mark.long
@pytest.mark.usefixtures("mailed")
def test_asking_often_is_refused(ada: Person) -> None:
    client = Client(headers=LOCAL)
    answers = [client.post("/password/forgotten/", {"email": f"n{n}@example.org"}).status_code for n in range(12)]
    assert answers == [200] * 10 + [429] * 2


@pytest.mark.usefixtures("mailed")
def test_without_the_broker_it_says_to_try_again(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "enqueue", lambda *_: False)
    answer = Client(headers=LOCAL).post("/password/forgotten/", {"email": "nobody@example.org"})
    assert answer.status_code == 503


def test_without_mail_the_page_says_whom_to_ask(ada: Person) -> None:
    client = Client(headers=LOCAL)
    assert "Ask an admin" in Page.of(client.get("/password/forgotten/")).text
    client.post("/password/forgotten/", {"email": "ada@example.org"})
    assert not PasswordLink.objects.exists()
    assert "/password/forgotten/" in client.get("/login/").content.decode()


@pytest.mark.long
def test_another_address_needs_the_password_and_voids_what_was_mailed(ada: Person) -> None:
    client = logged_in(ada.user)
    mailed = passwords.make_link(user=ada.user, by=None)
    assert client.post("/settings/account/address/", {"email": "x@example.org", "password": "no"}).status_code == 422
    assert User.objects.get(pk=ada.user.pk).email == "Ada@Example.org"
    assert (
        client.post("/settings/account/address/", {"email": "x@example.org", "password": PASSWORD}).status_code == 302
    )
    assert User.objects.get(pk=ada.user.pk).email == "x@example.org"
    assert passwords.find(mailed) is None


def test_the_command_ends_every_login(ada: Person) -> None:
    client = logged_in(ada.user)
    services.set_random_password(user=ada.user)
    assert not is_in(client)
    assert not LoginSession.objects.filter(user=ada.user).exists()
