"""Two people, two browsers, one card: both see who else has it open, one decides, the other is told kindly."""

from collections.abc import Iterator

import pytest

from knowledge.models import Task
from proposals.models import Proposal
from proposals.tests.factories import make_proposal
from tasktracker.core.tests.factories import Person
from tasktracker.tests.browser import Browser
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]


@pytest.fixture
def second(browser: Browser) -> Iterator[Browser]:
    """Another Chromium, for the colleague."""
    with Browser.started() as other:
        yield other


@pytest.mark.long
def test_two_on_one_card_see_each_other_and_one_of_them_decides(
    rita: Person, omar: Person, web: LiveStack, browser: Browser, second: Browser
) -> None:
    one, two = (make_proposal(rita.workspace, "task", rank=rank) for rank in (9, 8))
    browser.log_in(rita.user, web.url, at=f"/review/?at={one.pk}")
    wait_for(browser.is_live)
    assert not browser.shown("#presence")
    second.log_in(omar.user, web.url, at=f"/review/?at={one.pk}")
    wait_for(lambda: "omar has it open too" in browser.text("#presence"))
    wait_for(lambda: "rita opened this first" in second.text("#presence"))
    wait_for(lambda: browser.text(f"#row-{one.pk} .looking") == "OM")
    assert second.text(f"#row-{one.pk} .looking") == "RI"

    # Omar's page does not hear of it in time: what it shows is older than the world.
    second.run("for (const el of document.querySelectorAll('[data-live]')) el.removeAttribute('data-live')")
    second.run("document.addEventListener('tt:event', (e) => e.stopImmediatePropagation(), true)")
    browser.press("a")
    wait_for(lambda: Proposal.objects.get(pk=one.pk).status == "approved")
    statuses = (
        "window.statuses = []; document.body.addEventListener('htmx:afterRequest',"
        " (e) => window.statuses.push([e.detail.xhr.status, e.detail.pathInfo.requestPath.split('?')[0]]))"
    )
    second.run(statuses)
    second.press("r", "1")
    wait_for(lambda: "rita was first" in second.text("#toasts .error"))
    wait_for(lambda: "Approved by rita" in second.text("#card"))
    assert [409, f"/review/{one.pk}/reject/"] in second.run("return window.statuses")
    assert second.card() == str(one.pk)
    assert len(second.all("main")) == 1
    assert not second.shown(".actions [data-key=KeyR]"), "what is decided offers no decision"
    one.refresh_from_db()
    assert (one.status, one.decided_by) == ("approved", rita.user)
    assert Task.objects.count() == 1

    # Rita went on to the next one: nobody has the first open with Omar any more.
    wait_for(lambda: browser.card() == str(two.pk))
    wait_for(lambda: not browser.shown("#presence") and not browser.all(f"#row-{two.pk} .looking"))
    assert [*browser.complaints(), *second.complaints()] == []


@pytest.mark.long
def test_what_a_colleague_decides_is_told_on_the_open_card(
    rita: Person, omar: Person, web: LiveStack, browser: Browser, second: Browser
) -> None:
    one, two = (make_proposal(rita.workspace, "task", rank=rank) for rank in (9, 8))
    browser.log_in(rita.user, web.url, at=f"/review/?at={one.pk}")
    second.log_in(omar.user, web.url, at=f"/review/?at={two.pk}")
    wait_for(lambda: browser.is_live() and second.is_live())
    second.press("k")
    wait_for(lambda: second.card() == str(one.pk))
    wait_for(lambda: "omar has it open too" in browser.text("#presence"))
    second.press("a")
    wait_for(lambda: "Approved by omar" in browser.text("#card"))
    assert browser.card() == str(one.pk)
    wait_for(lambda: browser.text(f"#row-{two.pk} .looking") == "OM")
    second.press("z")
    wait_for(lambda: "Approved by omar" not in browser.text("#card"))
    wait_for(lambda: browser.shown(".actions [data-key=KeyA]"))
    second.driver.get("about:blank")
    wait_for(lambda: not browser.shown("#presence"))
    assert browser.complaints() == []
