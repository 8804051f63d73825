"""Fixtures of the tests that cross apps."""

from collections.abc import Iterator

import pytest

from tasktracker.tests.browser import CHROMIUM, DRIVER, MISSING, Browser


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
