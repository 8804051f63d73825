"""Every page in a real browser: within 375 px, within its policy, deaf to what somebody wrote, readable in the dark."""

from pathlib import Path

import pytest

from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests import axe
from tasktracker.tests.browser import Browser
from tasktracker.tests.everything import Everything, fill
from tasktracker.tests.hostile import PAYLOADS
from tasktracker.tests.support import LiveStack, some, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]
WORDS = "A sentence with Donaudampfschifffahrtsgesellschaftskapitänsmütze and https://example.org/a/very/long/path?with=much"
CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
STEADY = 0.05  # of layout shift; 0.1 is what is called good elsewhere
# What the server writes there for a person who has chosen.
IN_THEME = "document.documentElement.dataset.theme = arguments[0];\n"


@pytest.fixture
def person(transactional_db: None) -> Person:
    return make_person("owner", role="admin")


@pytest.fixture
def made(person: Person) -> Everything:
    return fill(person, WORDS)


def test_every_page_fits_a_phone_keeps_its_policy_and_can_be_read(
    person: Person, made: Everything, web: LiveStack, browser: Browser
) -> None:
    """One visit of each: loaded as a phone, since date fields stay as they were made, then as a desk in each theme.

    axe-core looks at all three; what a theme cannot change is looked at once.
    """
    browser.log_in(person.user, web.url)
    browser.motion(on=False)
    found: dict[str, list[str]] = {}
    for at in [*some(made.pages, 12), "/nothing/here/"]:
        browser.phone()
        browser.open(at)
        wait_for(lambda: browser.run("return document.readyState === 'complete' && !!window.htmx"))
        found[f"{at} is too wide for 375 px"] = browser.too_wide()
        axe.inject(browser)
        found[f"{at} keeps somebody out on a phone"] = axe.violations(browser, without=("color-contrast",))
        moved, what = browser.shift()
        found[f"{at} moves by {moved:.3f} on a phone"] = what if moved >= STEADY else []
        browser.desk()
        for theme in ("light", "dark"):
            found[f"{at} is faint when {theme}"] = browser.run(IN_THEME + CONTRAST, theme)
            asked = () if theme == "light" else axe.BY_THEME
            found[f"{at} keeps somebody out when {theme}"] = axe.violations(browser, *asked)
        found[f"{at} complains"] = browser.complaints()
    wrong = [f"{what}: {told}" for what, told in found.items() if told]
    assert not wrong, "\n".join(wrong)


@pytest.mark.long
def test_the_switch_turns_the_light_and_the_next_page_keeps_it(
    person: Person, web: LiveStack, browser: Browser
) -> None:
    browser.log_in(person.user, web.url)
    background = "return getComputedStyle(document.documentElement).backgroundColor"
    before = browser.run(background)
    browser.click("[data-theme-switch]")
    after = browser.run(background)
    assert after != before
    browser.open("/tasks/")
    assert browser.run(background) == after


@pytest.mark.long
def test_what_somebody_wrote_runs_nowhere(person: Person, web: LiveStack, browser: Browser) -> None:
    made = fill(person, " ".join(PAYLOADS[:4]) + " ")
    browser.log_in(person.user, web.url)
    for words in (PAYLOADS[start : start + 6] for start in range(0, len(PAYLOADS), 6)):
        made.message.__class__.objects.filter(pk=made.message.pk).update(text=" ".join(words))
        for one in made.waiting:
            one.__class__.objects.filter(pk=one.pk).update(title=" ".join(words)[:200], reasoning=" ".join(words))
        for at in ("/", "/review/", f"/messages/{made.message.pk}/", "/messages/"):
            browser.open(at)
            wait_for(lambda: browser.run("return document.readyState === 'complete' && !!window.htmx"))
            assert browser.complaints() == [], (at, words)
    browser.open(f"/review/?at={made.waiting[0].pk}")
    browser.click("#card .by a")
    wait_for(lambda: browser.all("#card .talk"))
    assert browser.complaints() == []


@pytest.mark.long
def test_a_cell_opens_its_window_beside_the_grid(
    person: Person, made: Everything, web: LiveStack, browser: Browser
) -> None:
    browser.log_in(person.user, web.url, at=f"/runs/{made.run.pk}/")
    assert "Choose a cell" in browser.text("#window")
    browser.click("a.cell[href='?window=1']")
    wait_for(lambda: "Window 1" in browser.text("#window"))
    assert browser.complaints() == []
