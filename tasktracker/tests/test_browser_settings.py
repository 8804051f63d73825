"""The settings pages in a real browser: a provider tested in place, models to choose from, fields seen while typed."""

import pytest

from analysis.models import Window
from analysis.tests.factories import make_provider, make_run
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.browser import Browser
from tasktracker.tests.fake_llm import MODEL, FakeLLM
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]


@pytest.fixture
def ollama() -> FakeLLM:
    """Where OLLAMA_URL points by itself."""
    try:
        return FakeLLM(port=11434)
    except OSError:
        pytest.skip("Something else listens on port 11434.")


@pytest.fixture
def person(transactional_db: None) -> Person:
    return make_person("owner", role="admin")


@pytest.mark.long
def test_a_provider_is_tested_in_place_and_an_ollama_is_offered(
    person: Person, web: LiveStack, browser: Browser, ollama: FakeLLM
) -> None:
    with ollama:
        browser.log_in(person.user, web.url, at="/settings/")
        wait_for(lambda: MODEL in browser.text("#ollama"))
        browser.click("#ollama button")
        wait_for(lambda: browser.all("#result"))
        wait_for(lambda: len(browser.all("#models option")) == 1)
        browser.run("window.stays = true")
        browser.click("form[action$='/test/'] button")
        wait_for(lambda: "It answers." in browser.text("#result"))
        assert "The model reads 8,192 tokens." in browser.text("#result")
        assert browser.run("return window.stays")
    assert browser.complaints() == []


@pytest.mark.long
def test_fields_are_seen_while_they_are_typed(person: Person, web: LiveStack, browser: Browser) -> None:
    browser.log_in(person.user, web.url, at="/settings/task-configs/new/")
    assert "severity" in browser.text("#preview")
    area = browser.one("#id_schema")
    area.clear()
    area.send_keys('{"type": "object", "properties": {"area": {"enum": ["shop"]}}}')
    wait_for(lambda: "shop" in browser.text("#preview"))
    area.send_keys("!")
    wait_for(lambda: "not JSON" in browser.text("#preview"))
    assert browser.complaints() == []


@pytest.mark.long
def test_a_click_on_the_map_of_a_long_run_opens_that_window(person: Person, web: LiveStack, browser: Browser) -> None:
    run = make_run(person.workspace, windows=600, provider=make_provider(person.workspace))
    Window.objects.filter(run=run, ordinal__lt=400).update(status="done")
    browser.log_in(person.user, web.url, at=f"/runs/{run.pk}/")
    # The middle of six rows of a hundred: the first of the fourth row's second half.
    browser.run("document.querySelector('.window-map').scrollIntoView()")
    browser.click(".window-map")
    wait_for(lambda: browser.text("#window b") in ("Window 350", "Window 349", "Window 250", "Window 249"))
    assert browser.complaints() == []
