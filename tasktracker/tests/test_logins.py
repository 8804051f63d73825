"""Logins: each is listed with device and address, and can be ended."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tasktracker.core import sessions
from tasktracker.core.account_models import LoginSession, PasswordLink
from tasktracker.core.consumers import EventConsumer
from tasktracker.core.permissions import access_of
from tasktracker.core.tasks import forget_ended_logins
from tasktracker.core.tests.factories import PASSWORD, Person
from tasktracker.tests.pages import Page

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 "
    "Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def person(owner: Person) -> Person:
    owner.user.set_password(PASSWORD)
    owner.user.save()
    return owner


def come(person: Person, agent: str = FIREFOX, address: str = "203.0.113.7") -> Client:
    client = Client(headers={"host": "localhost", "user-agent": agent}, REMOTE_ADDR=address)
    answer = client.post("/login/", {"username": person.user.username, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/account/").status_code == 200


def test_each_login_is_listed_with_device_and_address_and_this_one_is_marked(person: Person) -> None:
    come(person, SAFARI, "2001:db8::1")
    here = come(person)
    page = Page.of(here.get("/settings/account/"))
    rows = ["".join(tag.text.split()) for tag in page.all("tr")[1:]]
    assert len(rows) == 2
    assert rows[0].startswith("FirefoxonLinuxthisone203.0.113.7")
    assert rows[1].startswith("SafarioniPhone2001:db8::1")


def test_one_is_ended_and_the_others_stay(person: Person) -> None:
    here, there, third = come(person), come(person, SAFARI), come(person)
    pk = LoginSession.objects.get(device=SAFARI).pk
    assert here.post(f"/settings/account/logins/{pk}/end/").status_code == 302
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, True)
    assert LoginSession.objects.count() == 2


@pytest.mark.long
def test_all_others_are_ended(person: Person) -> None:
    here, there = come(person), come(person)
    assert "1 other login is ended" in Page.of(here.post("/settings/account/logins/end-others/", follow=True)).text
    assert (is_in(here), is_in(there)) == (True, False)


def test_to_end_this_one_is_to_log_out(person: Person) -> None:
    here = come(person)
    pk = LoginSession.objects.get().pk
    assert here.post(f"/settings/account/logins/{pk}/end/")["Location"] == "/login/"
    assert not is_in(here)


@pytest.mark.long
def test_nobody_ends_the_login_of_another(person: Person, colleague: Person) -> None:
    here = come(person)
    pk = LoginSession.objects.get().pk
    assert colleague.browser.post(f"/settings/account/logins/{pk}/end/").status_code in (403, 404)
    other = Client(headers={"host": "localhost"})
    other.force_login(colleague.user)
    assert other.post(f"/settings/account/logins/{pk}/end/").status_code == 404
    assert is_in(here)


def test_logging_out_takes_it_off_the_list(person: Person) -> None:
    come(person).post("/logout/")
    assert not LoginSession.objects.exists()


@pytest.mark.long
def test_the_socket_of_an_ended_login_may_not_stay(person: Person) -> None:
    here = come(person)
    socket = EventConsumer()
    socket.token, access = None, access_of(person.user)
    assert access is not None
    socket.access = access
    socket.scope = {"session": here.session}
    assert socket._access_now() is not None
    sessions.end_logins(user=person.user)
    assert socket._access_now() is None


@pytest.mark.long
def test_a_login_is_seen_again_now_and_then_and_not_at_each_request(person: Person) -> None:
    here = come(person)
    with CaptureQueriesContext(connection) as queries:
        here.get("/settings/account/")
    assert not [one for one in queries if "core_loginsession" in one["sql"] and not one["sql"].startswith("SELECT")]
    session = here.session
    session[sessions.SEEN] = {**session[sessions.SEEN], "at": session[sessions.SEEN]["at"] - sessions.SEEN_EVERY - 1}
    session.save()
    old = timezone.now() - timedelta(hours=3)
    LoginSession.objects.update(seen_at=old, address="198.51.100.1")
    here.get("/")
    row = LoginSession.objects.get()
    assert row.seen_at > old
    assert row.address == "203.0.113.7"


@pytest.mark.long
def test_a_login_from_before_is_listed_when_it_comes_again(person: Person) -> None:
    here = come(person)
    LoginSession.objects.all().delete()
    session = here.session
    del session[sessions.SEEN]
    session.save()
    assert is_in(here)
    assert LoginSession.objects.filter(session_id=here.session.session_key, user=person.user).exists()


@pytest.mark.long
def test_what_has_expired_is_not_listed(person: Person) -> None:
    here, there = come(person), come(person, SAFARI)
    Session.objects.filter(pk=there.session.session_key).update(expire_date=timezone.now())
    assert "iPhone" not in Page.of(here.get("/settings/account/")).text


@pytest.mark.long
def test_what_has_expired_is_forgotten_and_the_rest_stays(person: Person) -> None:
    here, there = come(person), come(person, SAFARI)
    Session.objects.filter(pk=there.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))
    old, new = (PasswordLink.objects.create(user=person.user, digest=n, expires_at=timezone.now()) for n in "ab")
    PasswordLink.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(days=31))
    forget_ended_logins()
    assert [row.device for row in LoginSession.objects.all()] == [FIREFOX]
    assert [row.pk for row in PasswordLink.objects.all()] == [new.pk]
    assert is_in(here)


@pytest.mark.long
def test_the_key_of_a_session_is_on_no_page_and_in_no_filter_of_the_administration(person: Person) -> None:
    here = come(person)
    key = here.session.session_key
    assert key is not None
    pk = LoginSession.objects.get().pk
    for path in ("/settings/account/", "/admin/core/loginsession/", f"/admin/core/loginsession/{pk}/change/"):
        answer = here.get(path)
        assert answer.status_code == 200
        assert key not in answer.content.decode()
    for lookup in ("session", "session__gt", "session__session_key__startswith"):
        assert here.get(f"/admin/core/loginsession/?{lookup}={key[:1]}").status_code in (302, 400)


def test_the_api_by_token_notes_no_login(person: Person) -> None:
    assert person.api.get("/api/config").status_code == 200
    assert not LoginSession.objects.exists()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0",
            "Edge on Windows",
        ),
        ("curl/8.5.0", "curl"),
        ("", "unknown device"),
    ],
)
def test_a_device_has_the_name_that_a_person_would_use(agent: str, name: str) -> None:
    assert sessions.device_name(agent) == name
