"""Fixtures of the tests that cross apps."""

from collections.abc import Iterator

import pytest

from tasktracker.tests.browser import CHROMIUM, DRIVER, MISSING, Browser
from tasktracker.tests.support import LiveStack


@pytest.fixture(scope="module")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """The web process alone, once for a module: for pages that need no worker. The tests' data come and go."""
    with LiveStack.started(tmp_path_factory.mktemp("web"), worker=False, beat=False) as stack:
        yield stack


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for a module; skipped by name where there is none."""
    if not (CHROMIUM and DRIVER):
        pytest.skip(MISSING)
    with Browser.started() as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """The module's Chromium as new: no cookie, no page, 1280 × 900, scripts on."""
    chromium.forget()
    return chromium
