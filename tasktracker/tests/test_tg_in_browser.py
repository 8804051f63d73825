"""The Mini App on a phone, opened as Telegram opens it: what it was told stands behind the # of the address."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from ingestion.models import Participant
from knowledge.models import Task
from knowledge.services import change_task
from proposals.models import Proposal
from tasktracker.core.tests.factories import Person
from tasktracker.tests import axe
from tasktracker.tests.browser import Browser
from tasktracker.tests.deskpage import ranked, status
from tasktracker.tests.support import LiveStack, wait_for
from tasktracker.tests.telegram_app import init_data, linked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]

DARK = {
    "bg_color": "#17212b",
    "secondary_bg_color": "#232e3c",
    "text_color": "#f5f5f5",
    "hint_color": "#3a4a5a",  # can't be read on that ground: ours stays
    "link_color": "#6ab3f3",
    "accent_text_color": "red; } body { display: none",
    "button_color": "url(//evil)",
}
LIGHT = {"bg_color": "#ffffff", "secondary_bg_color": "#f0f0f0", "text_color": "#101010", "button_color": "#3390ec"}
OWN = "return document.documentElement.style.getPropertyValue(arguments[0])"


def launch(source: str, **fields: Any) -> str:
    told = {"tgWebAppData": init_data(**fields), "tgWebAppVersion": "9.1", "tgWebAppThemeParams": json.dumps(DARK)}
    return f"/tg/?source={source}#{urlencode(told)}"


@pytest.mark.long
def test_one_decides_and_sees_ones_tasks(rita: Person, web: LiveStack, browser: Browser) -> None:
    first, second = ranked(rita, 2)
    source = linked(rita)
    me = Participant.objects.get(user=rita.user)
    Task.objects.create(workspace=rita.workspace, title="Call the printer", assignee=me)
    browser.url = web.url
    browser.phone()
    address = launch(str(source.uid))
    browser.open(address)
    wait_for(lambda: browser.card() == str(first.pk))
    assert browser.run(OWN, "--surface") == "#17212b"
    assert browser.run(OWN, "--text") == "#f5f5f5"
    assert [browser.run(OWN, name) for name in ("--text-2", "--accent-solid")] == ["", ""]
    assert browser.run("return document.documentElement.dataset.theme") == "dark"
    assert browser.too_wide() == []
    axe.inject(browser)
    assert axe.violations(browser) == []
    browser.run(SECOND_TAP)
    browser.click(".actions .btn.primary")
    wait_for(lambda: browser.card() == str(second.pk))
    assert status(first) == "approved"
    # What others build on is asked about, in a dialog over the card.
    first.refresh_from_db()
    change_task(task_id=first.created_id or 0, by=rita.user, values={"status": "in_progress"})
    browser.click("#toasts [data-undo]")
    wait_for(lambda: browser.shown("dialog[open] .btn.primary"))
    browser.click("dialog[open] .btn.primary")
    wait_for(lambda: browser.card() == str(first.pk) and not browser.all("dialog[open]"))
    browser.click(".actions .btn.primary")
    wait_for(lambda: browser.card() == str(second.pk))
    # A reload goes on with the session, since Telegram's word was used.
    browser.driver.refresh()
    wait_for(lambda: browser.card() == str(second.pk))
    assert status(second) == "pending"
    browser.run(SWIPE, 160)
    wait_for(lambda: "All decided" in browser.text("#card"))
    assert status(second) == "approved"
    browser.click("#toasts [data-undo]")
    wait_for(lambda: browser.card() == str(second.pk))
    browser.run(SWIPE, -160)
    wait_for(lambda: browser.shown(".pop .item"))
    browser.click('.pop .item[value="noise"]')
    wait_for(lambda: "All decided" in browser.text("#card"))
    assert status(second) == "rejected"
    browser.click(".tg-tabs button:nth-child(2)")
    wait_for(lambda: "Call the printer" in browser.text(".tg-tasks"))
    axe.inject(browser)
    assert axe.violations(browser) == []
    assert browser.too_wide() == []
    browser.click('.tg-moves [value="done"]')
    wait_for(lambda: Task.objects.get(title="Call the printer").status == "done")
    assert browser.complaints() == []
    # In another tab the same word of Telegram's opens nothing.
    browser.run("sessionStorage.clear()")
    browser.driver.refresh()
    wait_for(lambda: "used already" in browser.text("#card"))
    assert Proposal.objects.filter(status="pending").count() == 0


@pytest.mark.long
def test_it_speaks_ukrainian_and_follows_a_theme_that_changes(rita: Person, web: LiveStack, browser: Browser) -> None:
    first, _ = ranked(rita, 2)
    source = linked(rita)
    browser.url = web.url
    browser.phone()
    browser.open(launch(str(source.uid), user='{"id": 12, "language_code": "uk"}'))
    wait_for(lambda: browser.card() == str(first.pk))
    assert browser.text(".actions .btn.primary") == "Схвалити"
    assert browser.run("return document.documentElement.lang") == "uk"
    assert browser.run(OWN, "--surface") == "#17212b"
    browser.run("Telegram.WebView.receiveEvent('theme_changed', {theme_params: arguments[0]})", LIGHT)
    assert [browser.run(OWN, name) for name in ("--surface", "--bg", "--text")] == ["#ffffff", "#f0f0f0", "#101010"]
    assert browser.run(OWN, "--accent") == "", "what the new one does not give is ours again"
    assert browser.run("return document.documentElement.dataset.theme") == "light"
    axe.inject(browser)
    assert axe.violations(browser) == []
    # As an old app says it, nothing of use, and by a message that is not from Telegram's client.
    browser.run("TelegramGameProxy_receiveEvent('theme_changed', JSON.stringify({theme_params: arguments[0]}))", DARK)
    browser.run("Telegram.WebView.receiveEvent('theme_changed', null); Telegram.WebView.receiveEvent('x', '{')")
    browser.run(
        "postMessage(JSON.stringify({eventType: 'theme_changed', eventData: {theme_params: arguments[0]}}))", LIGHT
    )
    assert browser.run(OWN, "--surface") == "#17212b"
    assert browser.run("return document.documentElement.dataset.theme") == "dark"
    browser.run("tasktracker.toast('x')")
    assert browser.run("return document.querySelector('#toasts .x').getAttribute('aria-label')") == "Закрити"
    assert browser.too_wide() == []
    assert browser.complaints() == []


# As soon as the next card is there, where the first one's button was.
SECOND_TAP = """
const tap = () => new MouseEvent("click", { bubbles: true, cancelable: true, detail: 2 });
const again = () => document.querySelector(".actions .btn.primary").dispatchEvent(tap());
addEventListener("htmx:afterSwap", again, { once: true });
"""
SWIPE = """
const from = document.querySelector(".card-scroll h1");
const touch = (x) => new Touch({ identifier: 1, target: from, clientX: x, clientY: 200 });
const told = (type, touches, changed) =>
  from.dispatchEvent(new TouchEvent(type, { bubbles: true, touches, changedTouches: changed }));
told("touchstart", [touch(180)], [touch(180)]);
told("touchend", [], [touch(180 + arguments[0])]);
"""
