"""Nothing moves that nobody asked to move: no shift while a page loads, no motion for who wants none."""

import pytest
from django.utils import timezone

from analysis.models import Window
from analysis.tests.factories import make_provider, make_run
from proposals.tests.factories import make_proposal
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.browser import Browser
from tasktracker.tests.everything import Everything, fill
from tasktracker.tests.support import LiveStack, some, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]
STEADY = 0.05
# Every animation and transition that runs or would run for longer than a millisecond, of elements and their pseudos.
MOVES = """
const long = (list) => list.split(",").some((t) => parseFloat(t) * (t.includes("ms") ? 1 : 1000) > 1);
const found = document.getAnimations().map((a) => `${a.constructor.name} of ${a.effect?.target?.className}`);
for (const el of document.querySelectorAll("*")) for (const part of [null, "::before", "::after"]) {
  const style = getComputedStyle(el, part);
  if (part && style.content === "none") continue;
  const moves = style.animationName !== "none" && long(style.animationDuration);
  if (moves || long(style.transitionDuration) || style.scrollBehavior === "smooth")
    found.push(`${el.tagName}.${el.getAttribute("class")}${part || ""}`);
}
return [...new Set(found)];
"""


@pytest.fixture
def person(transactional_db: None) -> Person:
    return make_person("owner", role="admin")


@pytest.fixture
def made(person: Person) -> Everything:
    made = fill(person, "A sentence of the usual length that somebody wrote")
    for number in range(30):
        make_proposal(person.workspace, "task", f"One that waits, number {number}", rank=number, quotes=[])
    return made


def main_pages(made: Everything) -> list[str]:
    return [
        *("/", "/review/", "/review/history/", "/messages/", "/topics/", "/tasks/", "/tasks/?view=board", "/runs/"),
        *("/projects/", "/search/?q=words", "/settings/", "/learning/", f"/messages/{made.message.pk}/"),
        *(f"/topics/{made.topic.pk}/", f"/tasks/{made.task.pk}/", f"/runs/{made.run.pk}/"),
    ]


def settled(browser: Browser) -> bool:
    """Whether the page is there, live, and two frames older than that."""
    frames = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(true)))"
    there = browser.run("return document.readyState === 'complete'") and browser.is_live()
    return bool(there and browser.driver.execute_async_script(frames))


@pytest.mark.long
def test_a_shift_is_seen(person: Person, web: LiveStack, browser: Browser) -> None:
    """A measure that sees nothing would praise every page."""
    browser.log_in(person.user, web.url)
    wait_for(lambda: settled(browser))
    browser.run("const el = document.createElement('div'); el.innerHTML = '<br>'.repeat(12); document.body.prepend(el)")
    wait_for(lambda: browser.shift()[0] > STEADY)


@pytest.mark.long
@pytest.mark.parametrize("device", ["desk", "phone"])
def test_a_page_stays_where_it_was_while_it_loads(
    person: Person, made: Everything, web: LiveStack, browser: Browser, device: str
) -> None:
    if device == "phone":
        browser.phone()
    browser.log_in(person.user, web.url)
    wrong = []
    for at in some(main_pages(made), 2, device == "phone"):
        browser.open(at)
        wait_for(lambda: settled(browser))
        moved, what = browser.shift()
        if moved >= STEADY:
            wrong.append(f"{at}: {moved:.3f} by {what[:8]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.long
def test_who_wants_no_motion_gets_none(person: Person, web: LiveStack, browser: Browser) -> None:
    run = make_run(person.workspace, windows=6, provider=make_provider(person.workspace))
    Window.objects.filter(run=run, ordinal=1).update(status="running", lease_until=timezone.now())
    for number in range(3):
        make_proposal(person.workspace, "task", rank=10 - number)
    browser.log_in(person.user, web.url, at=f"/runs/{run.pk}/")
    assert any("cell running" in what for what in browser.run(MOVES)), "the sight of motion would go unnoticed"
    browser.motion(on=False)
    for at in (f"/runs/{run.pk}/", "/", "/tasks/?view=board", "/review/"):
        browser.open(at)
        wait_for(lambda: settled(browser))
        assert browser.run(MOVES) == [], at
    browser.press("a")
    wait_for(lambda: browser.all(".toast [data-undo]"))
    browser.press("r")
    wait_for(lambda: browser.shown(".actions details[open] .pop"))
    assert browser.run(MOVES) == []
    browser.press("\ue00c", "?")
    wait_for(lambda: browser.shown("#keys"))
    assert browser.run(MOVES) == []
