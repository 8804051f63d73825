"""A person's calls are counted in Valkey: some ahead, none over, and none twice."""

from collections.abc import Callable

import pytest
from django.conf import settings

from tasktracker.core.models import User
from tasktracker.core.throttling import UserThrottle, counters

pytestmark = pytest.mark.django_db
SLOT = 10**9  # seconds: one window, however long the test takes


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], UserThrottle]:
    """A throttle as another process has it: nothing counted ahead yet."""

    def make(limit: int) -> UserThrottle:
        monkeypatch.setattr(UserThrottle, "parse_rate", lambda self, rate: (limit, SLOT))
        throttle = UserThrottle()
        monkeypatch.setattr(throttle, "_held", {})
        return throttle

    return make


@pytest.fixture
def user() -> User:
    return User.objects.create(username="ada")


def counted(user: User) -> int:
    (key,) = counters().keys(f"{settings.CACHES['default']['KEY_PREFIX']}:rate:{user.pk}:*")
    return int(counters().get(key) or 0)


@pytest.mark.parametrize("limit", [3, 500])
def test_exactly_what_is_allowed_is_admitted(process: Callable[[int], UserThrottle], user: User, limit: int) -> None:
    throttle = process(limit)
    assert sum(throttle.admits(user, 1) for _ in range(limit + 20)) == limit


def test_several_processes_together_admit_no_more(process: Callable[[int], UserThrottle], user: User) -> None:
    throttles = [process(500) for _ in range(4)]
    admitted = sum(throttle.admits(user, 1) for _ in range(200) for throttle in throttles)
    assert 500 - 4 * 10 <= admitted <= 500


def test_most_calls_ask_nobody(process: Callable[[int], UserThrottle], user: User) -> None:
    throttle = process(500)
    assert throttle.admits(user, 1)
    assert counted(user) == 10
    assert all(throttle.admits(user, 3) for _ in range(3))
    assert counted(user) == 10
    assert throttle.admits(user, 25)  # more than what is ahead
    assert counted(user) == 35


def test_what_is_counted_elsewhere_is_given_back(process: Callable[[int], UserThrottle], user: User) -> None:
    throttle = process(4)
    assert throttle.admits(user, 4)
    assert not throttle.admits(user, 1)
    throttle.give_back(user, 5)
    assert [throttle.admits(user, 1) for _ in range(5)] == [True] * 4 + [False]
