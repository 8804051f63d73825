"""The desk's newer parts where things are otherwise: on a phone, without JavaScript, on a Cyrillic keyboard."""

from collections.abc import Callable

import pytest

from proposals.models import Proposal
from proposals.ranking import rank_of
from proposals.tests.factories import make_proposal
from tasktracker.core.tests.factories import Person
from tasktracker.tests.browser import Browser
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]
SWIPE = """
const [from, to] = arguments;
const card = document.querySelector("#card .card-scroll");
const at = (x) => [new Touch({ identifier: 1, target: card, clientX: x, clientY: 300 })];
card.dispatchEvent(new TouchEvent("touchstart", { touches: at(from), changedTouches: at(from), bubbles: true }));
card.dispatchEvent(new TouchEvent("touchend", { touches: [], changedTouches: at(to), bubbles: true }));
"""


@pytest.fixture
def queue(rita: Person) -> list[Proposal]:
    """Five that wait, the first two much alike."""
    titles = ["Export fails for EU invoices", "The export fails for EU invoices", "Retry limit", "Dark mode", "Backups"]
    made = [
        make_proposal(rita.workspace, "task", title, confidence=confidence)
        for title, confidence in zip(titles, (0.99, 0.7, 0.6, 0.5, 0.4), strict=True)
    ]
    for one in made:
        one.rank = rank_of(one)
        one.save(update_fields=["rank"])
    return made


@pytest.fixture
def desk(rita: Person, web: LiveStack, browser: Browser) -> Callable[[], Browser]:
    def start() -> Browser:
        browser.log_in(rita.user, web.url, at="/review/")
        return browser

    return start


def statuses(queue: list[Proposal]) -> list[str]:
    found = dict(Proposal.objects.values_list("pk", "status"))
    return [found[one.pk] for one in queue]


def past_the_second_click(page: Browser) -> None:
    """Until a tap on a card that has just come is no longer taken for the second of a double one on the last."""
    there = page.run("return performance.now()")
    wait_for(lambda: page.run("return performance.now()") > there + 450)


@pytest.mark.long
def test_a_phone_has_the_picker_and_the_swipe(
    queue: list[Proposal], browser: Browser, desk: Callable[[], Browser]
) -> None:
    browser.phone()
    page = desk()
    page.click(f"#row-{queue[0].pk} a")
    wait_for(lambda: page.shown("#card"))
    page.click(".actions [data-key=KeyD]")
    wait_for(lambda: page.shown("#duplicates .item"))
    assert page.too_wide() == []
    box = page.run("const b = document.querySelector('.picker').getBoundingClientRect(); return [b.top, b.bottom]")
    assert box[0] >= 0
    assert box[1] <= page.run("return innerHeight")
    assert page.run("return document.querySelector('#duplicates .item').getBoundingClientRect().height") >= 44
    page.click("#duplicates .item")
    wait_for(lambda: statuses(queue)[0] == "merged")
    wait_for(lambda: page.card() == str(queue[1].pk))
    page.run(SWIPE, 40, 240)
    wait_for(lambda: statuses(queue)[1] == "approved")
    wait_for(lambda: page.card() == str(queue[2].pk))
    page.run(SWIPE, 240, 40)
    wait_for(lambda: page.shown(".actions details[open] [value=noise]"))
    past_the_second_click(page)
    page.click(".actions details[open] [value=noise]")
    wait_for(lambda: statuses(queue)[2] == "rejected")
    wait_for(lambda: queue[2].title in page.text(".toast:last-child"))  # decided before it is told: not the older one
    page.click(".toast:last-child [data-undo]")
    wait_for(lambda: statuses(queue)[2] == "pending")
    assert page.complaints() == []


@pytest.mark.long
def test_a_phone_has_the_sweep(queue: list[Proposal], browser: Browser, desk: Callable[[], Browser]) -> None:
    browser.phone()
    page = desk()
    menus = page.all(".desk-bar details.menu > summary")
    page.run("arguments[0].scrollIntoView({inline: 'center'})", menus[-1])
    menus[-1].click()
    wait_for(lambda: page.shown(".desk-bar [name=least]"))
    page.one(".desk-bar [name=least]").clear()
    page.one(".desk-bar [name=least]").send_keys("0.65")
    page.click(".desk-bar form[action$='/sweep/'] button")
    wait_for(lambda: "Approve 2 proposals?" in page.text("#dialog"))
    assert page.too_wide() == []
    page.click("#dialog .primary")
    wait_for(lambda: statuses(queue) == ["approved"] * 2 + ["pending"] * 3)
    wait_for(lambda: page.all(".toast [data-undo]"))
    page.click(".toast [data-undo]")
    wait_for(lambda: statuses(queue) == ["pending"] * 5)
    assert page.complaints() == []


@pytest.mark.long
def test_without_scripts_the_picker_the_sweep_and_the_history_do_the_same(
    queue: list[Proposal], browser: Browser, desk: Callable[[], Browser]
) -> None:
    browser.scripts(on=False)
    page = desk()
    menus = page.all(".actions details.menu > summary")
    menus[1].click()
    page.one(".picker [name=of]").send_keys("EU invoices\n")
    wait_for(lambda: page.driver.current_url.split("?")[0].endswith("/duplicate/"))
    page.click(f"button[value=proposal-{queue[1].pk}]")
    wait_for(lambda: statuses(queue)[0] == "merged")
    page.all(".desk-bar details.menu > summary")[-1].click()
    page.one(".desk-bar [name=least]").clear()
    page.one(".desk-bar [name=least]").send_keys("0.55\n")
    wait_for(lambda: "Approve 2 proposals?" in page.text("main"))
    page.click("main form .primary")
    wait_for(lambda: statuses(queue) == ["merged", "approved", "approved", "pending", "pending"])
    wait_for(lambda: "2 approved" in page.text("#toasts"))
    for left in (["merged", *["pending"] * 4], ["pending"] * 5):
        page.open("/review/history/")
        page.click("#decisions form button")
        wait_for(lambda left=left: statuses(queue) == left)


@pytest.mark.long
def test_a_cyrillic_keyboard_works_all_of_it(queue: list[Proposal], desk: Callable[[], Browser]) -> None:
    page = desk()
    wait_for(lambda: page.card() == str(queue[0].pk))
    page.press_code("KeyD", "в")
    wait_for(lambda: page.shown("#duplicates .item"))
    page.press_code("Digit1", "1")
    wait_for(lambda: statuses(queue)[0] == "merged")
    wait_for(lambda: page.card() == str(queue[1].pk))
    page.press_code("KeyH", "р")
    wait_for(lambda: page.shown(".actions details[open]"))
    page.press_code("Digit2", "2")
    wait_for(lambda: statuses(queue)[1] == "snoozed")
    wait_for(lambda: page.card() == str(queue[2].pk))
    page.press_code("KeyR", "к")
    wait_for(lambda: page.shown(".actions details[open]"))
    page.press_code("Digit1", "1")
    wait_for(lambda: statuses(queue)[2] == "rejected")
    wait_for(lambda: page.card() == str(queue[3].pk))
    page.press_code("KeyJ", "о")
    wait_for(lambda: page.card() == str(queue[4].pk))
    page.press_code("KeyX", "ч")
    wait_for(lambda: page.text("[data-selected]") == "1")
    for one in (queue[2], queue[1], queue[0]):
        page.press_code("KeyZ", "я")
        wait_for(lambda one=one: page.card() == str(one.pk) and page.shown(".actions [data-key=KeyA]"))
    assert statuses(queue) == ["pending"] * 5
    page.press_code("Slash", ".")
    assert page.run("return document.activeElement.id") == "search-box"
    assert page.complaints() == []
