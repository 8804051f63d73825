"""S22: the second step of a login. Without it nobody is in: on no page, not in the administration, API or socket."""

import re
import time
from io import StringIO
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from tasktracker.core import passwords, secondstep, totp
from tasktracker.core.account_models import LoginSession, RecoveryCode, TotpDevice
from tasktracker.core.consumers import EventConsumer
from tasktracker.core.models import User
from tasktracker.core.tests.factories import PASSWORD, Person, make_person
from tasktracker.tests.pages import Page
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
SET_UP = "/settings/account/second-step/"


@pytest.fixture(autouse=True)
def _quick_hash(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ada() -> User:
    user = make_person("ada", role="admin").user
    user.set_password(PASSWORD)
    user.save()
    return user


def password(path: str = "/login/", name: str = "ada", **more: Any) -> tuple[Client, Any]:
    """A browser after the right password, and what it was told."""
    client = Client(headers={"host": "localhost"})
    return client, client.post(path, {"username": name, "password": PASSWORD}, **more)


def is_in(client: Client) -> bool:
    return client.get("/settings/account/").status_code == 200


def code_of(user: User, ahead: int = 0) -> str:
    """The code of the person's app; each is good once, so that tests take the next one with `ahead=1`."""
    return totp.code_at(secondstep.key_of(TotpDevice.objects.get(user=user)), time.time() + 30 * ahead)


def set_up(user: User) -> tuple[Client, list[str]]:
    """The browser in which the person set up an app, and the recovery codes that it showed."""
    client, _ = password()
    assert client.post(SET_UP + "app/").status_code == 302
    page = Page.of(client.get(SET_UP))
    assert page.one("code").text == secondstep.key_of(TotpDevice.objects.get(user=user))
    assert page.one("svg", role="img").attrs["aria-label"]
    answer = client.post(SET_UP + "app/confirm/", {"code": code_of(user, -1)})
    assert answer.status_code == 200
    return client, Page.of(answer).one("pre").text.split()


def with_app(user: User) -> list[str]:
    """The person has an app, set up elsewhere; the recovery codes."""
    device = secondstep.begin_totp(user=user)
    secondstep.confirm_totp(user=user, code=totp.code_at(secondstep.key_of(device), time.time() - 30))
    return secondstep.new_recovery_codes(user=user)


def test_it_is_off_until_somebody_wants_it(ada: User) -> None:
    client, answer = password()
    assert answer["Location"] == "/"
    assert is_in(client)
    client.post(SET_UP + "app/")  # a key without a code counts for nothing
    assert password()[1]["Location"] == "/"


@pytest.mark.long
@pytest.mark.parametrize("path", some(["/login/?next=/tasks/", "/admin/login/?next=/admin/"], 2, 1))
def test_after_the_password_nobody_is_in_before_the_code(path: str, ada: User) -> None:
    here, _ = set_up(ada)
    client, answer = password(path)
    assert answer["Location"].startswith("/login/second-step/?next=%2F")
    assert not is_in(client)
    for at in ("/", "/review/", "/admin/"):
        assert "login" in client.get(at)["Location"], at
    assert client.get("/api/config").status_code == 401
    user, _ = identified(client)
    assert user is None
    assert LoginSession.objects.filter(user=ada).count() == 1  # the one in which it was set up
    assert client.post(answer["Location"], {"code": "000000"}).status_code == 422
    assert not is_in(client)
    done = client.post(answer["Location"], {"code": code_of(ada)})
    assert done["Location"] == path.split("next=")[1]
    assert is_in(client)
    assert is_in(here)
    assert client.get("/api/config").status_code == 200
    assert client.get("/admin/").status_code == 200
    assert identified(client)[0] == ada
    assert LoginSession.objects.filter(user=ada).count() == 2


def identified(client: Client) -> tuple[Any, Any]:
    """Whom the socket takes the browser for."""
    request = client.get("/password/forgotten/").wsgi_request
    socket = EventConsumer()
    socket.scope = {"user": request.user, "session": SessionStore(request.session.session_key)}
    return socket._identify(None, None)


def test_a_code_works_once(ada: User) -> None:
    with_app(ada)
    code = code_of(ada)
    first, second = password()[0], password()[0]
    assert first.post("/login/second-step/", {"code": code}).status_code == 302
    assert second.post("/login/second-step/", {"code": code}).status_code == 422


@pytest.mark.long
def test_a_recovery_code_works_once_and_in_any_way_to_write_it(ada: User) -> None:
    codes = with_app(ada)
    assert len(codes) == 10
    stored = str(list(RecoveryCode.objects.values()))
    assert not [code for code in codes if code in stored or code.replace("-", "") in stored]
    typed = codes[0].upper().replace("-", " ")
    assert password()[0].post("/login/second-step/", {"code": typed}).status_code == 302
    assert password()[0].post("/login/second-step/", {"code": codes[0]}).status_code == 422
    assert password()[0].post("/login/second-step/", {"code": codes[1]}).status_code == 302
    assert password()[0].post("/login/second-step/", {"code": ""}).status_code == 422


def test_the_key_is_sealed_and_the_codes_of_one_are_nothing_for_another(ada: User) -> None:
    codes = with_app(ada)
    device = TotpDevice.objects.get()
    assert secondstep.key_of(device) not in device.sealed_key
    other = make_person("eve").user
    assert not secondstep.check_code(user=other, code=codes[0])
    assert secondstep.check_code(user=ada, code=codes[0])


@pytest.mark.long
def test_guesses_are_counted_wherever_they_come_from(ada: User) -> None:
    codes = with_app(ada)
    answers = []
    for number in range(12):
        client, _ = password(REMOTE_ADDR=f"203.0.113.{number}")
        answers.append(client.post("/login/second-step/", {"code": f"{number:06}"}).status_code)
    assert answers == [422] * 10 + [429] * 2
    assert password()[0].post("/login/second-step/", {"code": codes[0]}).status_code == 429


@pytest.mark.long
def test_between_the_steps_time_and_another_password_end_it(ada: User) -> None:
    with_app(ada)
    late, _ = password()
    session = late.session
    session[secondstep.AWAITED] = {**session[secondstep.AWAITED], "at": int(time.time()) - secondstep.PATIENCE - 1}
    session.save()
    stale, _ = password()
    passwords.set_password(user=User.objects.get(pk=ada.pk), password="something else entirely")
    for client in (late, stale, Client(headers={"host": "localhost"})):
        assert client.post("/login/second-step/", {"code": code_of(ada)})["Location"] == "/login/"
        assert not is_in(client)


def test_the_way_back_leads_to_our_own_pages_only(ada: User) -> None:
    with_app(ada)
    client, _ = password()
    done = client.post("/login/second-step/?next=https://evil.example/", {"code": code_of(ada)})
    assert done["Location"] == "/"


@pytest.mark.long
def test_setting_it_up_ends_the_logins_that_had_only_a_password(ada: User) -> None:
    old, _ = password()
    here, _ = set_up(ada)
    assert (is_in(old), is_in(here)) == (False, True)


@pytest.mark.long
def test_removing_it_needs_the_password(ada: User) -> None:
    client, _ = set_up(ada)
    assert client.post(SET_UP + "remove/", {"password": "wrong"}).status_code == 400
    assert "second-step" in password()[1]["Location"]
    assert client.post(SET_UP + "remove/", {"password": PASSWORD}).status_code == 302
    assert password()[1]["Location"] == "/"
    assert not RecoveryCode.objects.exists()


@pytest.mark.long
def test_other_recovery_codes_void_those_of_before(ada: User) -> None:
    client, codes = set_up(ada)
    assert client.post(SET_UP + "codes/", {"password": "wrong"}).status_code == 400
    answer = client.post(SET_UP + "codes/", {"password": PASSWORD})
    fresh = Page.of(answer).one("pre").text.split()
    assert not set(fresh) & set(codes)
    assert not secondstep.check_code(user=ada, code=codes[0])
    assert secondstep.check_code(user=ada, code=fresh[0])


def test_whoever_runs_the_server_helps_who_lost_everything(ada: User) -> None:
    with_app(ada)
    out = StringIO()
    call_command("password", "ada", "--no-second-step", stdout=out)
    found = re.search(r"password: (\S+)", out.getvalue())
    assert found
    client = Client(headers={"host": "localhost"})
    assert client.post("/login/", {"username": "ada", "password": found[1]})["Location"] == "/"


@pytest.fixture
def for_managers(settings: Settings) -> None:
    settings.SECOND_STEP_FOR = "manager"


@pytest.mark.long
@pytest.mark.usefixtures("for_managers")
def test_where_it_is_required_everything_leads_to_the_set_up(ada: User) -> None:
    client, _ = password()
    for at in ("/", "/review/", "/admin/", "/settings/"):
        assert client.get(at)["Location"] == SET_UP, at
    answer = client.get("/api/config")
    assert (answer.status_code, answer.json()["code"]) == (403, "second_step")
    for header in ("Basic eDp5", "Bearer", "Bearer tt_wrong", "x"):
        headers = {"Authorization": header}
        assert client.get("/api/config", headers=headers).status_code in (401, 403), header
        assert client.get("/", headers=headers)["Location"] == SET_UP, header
    assert identified(client) == (None, None)
    assert "has to sign in in two steps" in Page.of(client.get(SET_UP)).text
    client.post(SET_UP + "app/")
    client.post(SET_UP + "app/confirm/", {"code": code_of(ada)})
    for at in ("/", "/admin/", "/api/config"):
        assert client.get(at).status_code == 200, at
    assert identified(client)[0] == ada
    answer = client.post(SET_UP + "remove/", {"password": PASSWORD})
    assert answer.status_code == 409
    assert TotpDevice.objects.filter(confirmed_at__isnull=False).exists()


@pytest.mark.long
@pytest.mark.usefixtures("for_managers")
def test_it_is_required_by_role_and_a_token_is_none_of_it(ada: User, colleague: Person, owner: Person) -> None:
    assert colleague.browser.get("/").status_code == 200
    assert owner.api.get("/api/config").status_code == 200
    assert owner.browser.get("/")["Location"] == SET_UP


@pytest.mark.usefixtures("for_managers")
def test_one_may_log_out_and_change_the_password_first(ada: User) -> None:
    client, _ = password()
    assert client.get("/settings/account/").status_code == 200
    assert client.post("/logout/").status_code == 302


@pytest.mark.long
def test_the_pages_ask_no_more_than_needed_of_the_database(ada: User, django_assert_max_num_queries: Any) -> None:
    client, _ = set_up(ada)
    with django_assert_max_num_queries(16):
        client.get(SET_UP)
