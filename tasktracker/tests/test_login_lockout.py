"""S21: passwords can't be guessed by trying, and trying tells nothing about who there is."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from pytest_django.fixtures import Settings

from tasktracker.core import lockout
from tasktracker.core.errors import TooMany
from tasktracker.core.models import User
from tasktracker.core.tests.factories import PASSWORD, make_person
from tasktracker.core.throttling import counters
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
PATHS = ["/login/", "/admin/login/"]


@pytest.fixture(autouse=True)
def _quick_hash(settings: Settings) -> None:
    """Some hundred passwords are tried here; how slow the real hash is, is not what is tested."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def user() -> User:
    found = make_person("ada", role="admin").user
    found.set_password(PASSWORD)
    found.save()
    return found


def guess(path: str, password: str, name: str = "ada", *, address: str = "203.0.113.7", **headers: str) -> Any:
    client: Any = Client(headers={"host": "localhost", **headers}, REMOTE_ADDR=address)
    return client.post(path, {"username": name, "password": password})


def guess_wrong(path: str, times: int, name: str = "ada", **more: str) -> None:
    for number in range(times):
        answer = guess(path, f"wrong {number}", name, **more)
        assert answer.status_code == 200, (number, answer.status_code)


@pytest.mark.parametrize("path", PATHS)
def test_after_ten_wrong_ones_the_right_one_is_not_looked_at(path: str, user: User) -> None:
    guess_wrong(path, 10)
    answer = guess(path, PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 15 * 60
    assert "Try again in 15 minutes." in answer.content.decode()
    assert "_auth_user_id" not in answer.client.session
    User.objects.get(pk=user.pk, last_login=None)


@pytest.mark.parametrize("path", some(PATHS, 2, 1))
def test_the_two_logins_are_counted_together(path: str, user: User) -> None:
    for one in PATHS:
        guess_wrong(one, 5)
    assert guess(path, PASSWORD).status_code == 429


@pytest.mark.long
@pytest.mark.parametrize("path", some(PATHS, 2))
def test_a_name_that_nobody_has_is_answered_alike(path: str, user: User) -> None:
    def told(name: str) -> list[tuple[int, str]]:
        answers = [guess(path, "wrong", name) for _ in range(12)]
        return [(answer.status_code, plain(answer.content.decode(), name)) for answer in answers]

    known, unknown = told("ada"), told("eve")
    assert [status for status, _ in known] == [200] * 10 + [429] * 2
    assert known == unknown


class CountingHasher(MD5PasswordHasher):
    """Remembers how often it was asked to work."""

    worked: ClassVar[list[str]] = []

    def encode(self, password: str, salt: str) -> str:
        self.worked.append(password)
        return super().encode(password, salt)


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_name_costs_the_same_work(path: str, user: User, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    CountingHasher.worked.clear()
    costs = []
    for name in ("ada", "eve"):
        guess(path, "wrong", name)
        costs.append(CountingHasher.worked.copy())
        CountingHasher.worked.clear()
    assert costs == [["wrong"], ["wrong"]]


def plain(page: str, name: str) -> str:
    """The page without its CSRF tokens and the name that was typed."""
    return re.sub(r"\b[A-Za-z0-9]{64}\b", "", page).replace(f'value="{name}"', "")


@pytest.mark.long
def test_somebody_elsewhere_is_not_kept_out_and_a_header_is_not_believed(user: User) -> None:
    guess_wrong("/login/", 10)
    for name, value in {"x-forwarded-for": "198.51.100.1", "x-real-ip": "::1", "forwarded": "for=198.51.100.1"}.items():
        assert guess("/login/", PASSWORD, **{name: value}).status_code == 429
    assert guess("/login/", PASSWORD, address="198.51.100.1").status_code == 302
    assert guess("/login/", PASSWORD).status_code == 429  # that they came in forgives nothing here


@pytest.mark.long
@pytest.mark.parametrize("other", some(["ADA", "ａｄａ"], 2, 1))
def test_another_way_to_write_the_name_is_the_same_name(other: str, user: User) -> None:
    guess_wrong("/login/", 5)
    guess_wrong("/login/", 5, other)
    assert guess("/login/", PASSWORD).status_code == 429


@pytest.mark.long
def test_the_right_one_begins_to_count_anew(user: User) -> None:
    for _ in range(2):
        guess_wrong("/login/", 9)
        assert guess("/login/", PASSWORD).status_code == 302


@pytest.mark.long
def test_waiting_ends_and_is_not_made_longer_by_trying(user: User) -> None:
    guess_wrong("/login/", 10)
    (key,) = counters().keys("*:guesses:*")
    assert b"ada" not in key
    counters().expire(key, 61)
    answers = [guess("/login/", PASSWORD) for _ in range(3)]
    assert all(int(answer["Retry-After"]) <= 61 for answer in answers)
    assert "in 2 minutes" in answers[0].content.decode()
    counters().expire(key, 0)
    assert guess("/login/", PASSWORD).status_code == 302


def test_a_count_that_was_never_given_an_end_gets_one(user: User) -> None:
    guess_wrong("/login/", 1)
    (key,) = counters().keys("*:guesses:*")
    counters().set(key, 50)
    assert guess("/login/", PASSWORD).status_code == 429
    assert 0 < counters().ttl(key) <= 15 * 60


def test_guesses_made_at_once_are_ten_too() -> None:
    def count(_: int) -> bool:
        try:
            lockout.count_guess(username="ada", address="203.0.113.7")
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(count, range(64))) == 10


@pytest.mark.long
@pytest.mark.usefixtures("valkey_away")
@pytest.mark.parametrize("path", some(PATHS, 2))
def test_without_valkey_nobody_is_kept_out(path: str, user: User) -> None:
    guess_wrong(path, 12)
    assert guess(path, PASSWORD).status_code == 302
