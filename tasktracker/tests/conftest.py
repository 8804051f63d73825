"""Fixtures of the tests that cross apps."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from ingestion import bot_intro, bots
from tasktracker import telegram_sending
from tasktracker.core.tests.factories import Person
from tasktracker.core.throttling import counters
from tasktracker.tests.browser import CHROMIUM, DRIVER, MISSING, Browser
from tasktracker.tests.fake_bot_api import TOKEN, FakeBotApi
from tasktracker.tests.support import LiveStack, free_port
from tasktracker.tests.telegram_talk import Talk


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests; skipped by name where there is none."""
    if not (CHROMIUM and DRIVER):
        pytest.skip(MISSING)
    with Browser.started() as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The Chromium as new: no cookie, no page, 1280 × 900, scripts on."""
    chromium.forget()
    yield chromium
    chromium.driver.get("about:blank")  # the page's socket and its questions end with the test


@pytest.fixture
def desk(rita: Person, web: LiveStack, browser: Browser) -> Callable[..., Browser]:
    """`desk(at="/")` logs rita in and goes there; to the desk unless told otherwise."""

    def start(at: str = "/review/") -> Browser:
        browser.log_in(rita.user, web.url, at=at)
        return browser

    return start


@pytest.fixture
def valkey_away(settings: Settings) -> Iterator[None]:
    """Nothing listens where counts are kept."""
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    counters.cache_clear()
    yield
    counters.cache_clear()


@pytest.fixture
def talk(owner: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    """A bot in the workspace `acme`, and people who write to it; without a pause between two answers."""
    monkeypatch.setattr(telegram_sending, "EACH", timedelta(0))
    source = bots.seed_source(token=TOKEN)
    bot_intro.remember_bot(source_id=source.pk, bot_id="123456789", username="tracker_test_bot")
    with FakeBotApi.started() as api:
        settings.TELEGRAM_API_URL = api.url
        source.refresh_from_db()
        yield Talk(source, api)
