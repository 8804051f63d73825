"""A morning at the desk by keyboard alone: thirty mixed proposals of a chat decided, the keys counted, all undone."""

import itertools
import time
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from knowledge.models import Atom, Task, Topic
from proposals.models import Proposal
from proposals.tests.dumps import dump
from tasktracker.core.tests.factories import make_person
from tasktracker.tests.browser import Browser
from tasktracker.tests.morning import AGAIN, make_morning
from tasktracker.tests.support import LiveStack, count, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]
MANY = count(12, 30)
MOST_KEYS = 2  # a decision, on average
SECONDS = 6  # a decision: thirty in three minutes
# What twelve of a morning come to; thirty go through it two and a half times.
VERBS = (
    *("approve", "approve", "approve", "reject", "approve", "approve"),
    *("approve", "snooze", "approve", "edit", "reject", "approve"),
)
STATUS = {"approve": "approved", "edit": "approved", "reject": "rejected", "snooze": "snoozed", "merge": "merged"}


class Hands:
    """Ten fingers that count: each key that goes down is one, a modifier too."""

    def __init__(self, browser: Browser) -> None:
        self.browser, self.keys = browser, 0

    def press(self, *keys: str) -> None:
        self.browser.press(*keys)
        self.keys += len(keys)

    def save_and_approve(self) -> None:
        self.browser.hold(Keys.CONTROL, Keys.ENTER)
        self.keys += 2

    def decide(self, verb: str, number: int) -> None:
        match verb:
            case "approve":
                self.press("a")
            case "reject":
                self.press("r", str(number % 7 + 1))
            case "snooze":
                self.press("h", str(number % 3 + 1))
            case "merge":
                self.press("d", "1")
            case "edit":
                self.press("e")
                wait_for(lambda: self.browser.run("return document.activeElement.matches('#card form.edit *')"))
                self.press("!")
                self.save_and_approve()


def state() -> dict[str, Any]:
    """Everything that a decision may touch; a login that was seen again is none of it."""
    return {table: rows for table, rows in dump().items() if not table.startswith(("core_", "auth_"))}


def status(pk: str) -> str:
    return Proposal.objects.get(pk=pk).status


@pytest.mark.long
def test_a_morning_by_keyboard_alone_and_all_of_it_taken_back(web: LiveStack, browser: Browser) -> None:
    rita = make_person("rita", role="reviewer")
    waiting = {str(one.pk) for one in make_morning(rita.workspace, MANY)}
    said_again = {one.title for one in Proposal.objects.filter(title__startswith=AGAIN)}
    browser.log_in(rita.user, web.url)
    before = state()
    hands = Hands(browser)
    hands.press("g", "p")
    wait_for(browser.card)
    began = time.monotonic()
    decided: list[tuple[str, str]] = []
    for number, planned in enumerate(itertools.islice(itertools.cycle(VERBS), MANY)):
        shown = browser.card()
        title = browser.text("#card h2")
        verb = "approve" if AGAIN + title in said_again else planned  # so that another one can go into it
        verb = "merge" if title.startswith(AGAIN) else verb
        hands.decide(verb, number)
        wait_for(lambda shown=shown: browser.card() != shown)
        wait_for(lambda shown=shown, verb=verb: status(shown) == STATUS[verb])
        decided.append((shown, STATUS[verb]))
    took = time.monotonic() - began
    assert {pk for pk, _ in decided} == waiting, "each was shown once"
    assert {became for _, became in decided} == set(STATUS.values()), "it is a mixed one"
    assert hands.keys <= MOST_KEYS * MANY, f"{hands.keys} keys for {MANY} decisions"
    assert took <= SECONDS * MANY, f"{took:.0f} s for {MANY} decisions"
    assert [(pk, status(pk)) for pk, _ in decided] == decided
    assert all(model.objects.filter(workspace=rita.workspace).exists() for model in (Topic, Atom, Task))
    wait_for(lambda: "All decided" in browser.text("#desk-rows"))
    assert state() != before

    for pk, _ in reversed(decided):
        browser.press("z")
        wait_for(lambda pk=pk: status(pk) == "pending" and browser.card() == pk)
    after = state()
    assert {table for table in before if before[table] != after[table]} == set()
    wait_for(lambda: browser.text("#review-count") == str(MANY))
    assert browser.complaints() == []
