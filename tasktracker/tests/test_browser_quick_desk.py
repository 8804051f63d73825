"""The desk in a real browser: the next card at once, put back when refused; the duplicate picker by keys."""

from collections.abc import Callable

import pytest
from django.db import transaction
from selenium.webdriver.common.action_chains import ActionChains

from proposals import services
from proposals.models import Proposal
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.browser import Browser
from tasktracker.tests.deskpage import ranked, status
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]

PRESS = """
const began = performance.now();
for (const code of arguments)
  document.body.dispatchEvent(new KeyboardEvent("keydown", {code, key: "x", bubbles: true}));
return [document.querySelector("#card").dataset.id, performance.now() - began];
"""


def wait_until_ready(page: Browser, shown: Proposal, following: Proposal) -> None:
    """Until `shown` is the card and the one after it has been fetched."""
    ready = f"#card[data-id='{shown.pk}'][data-ready='{following.pk}']"
    wait_for(lambda: page.all(ready))


@pytest.mark.long
def test_a_decision_shows_at_once_and_the_counts_follow(rita: Person, desk: Callable[..., Browser]) -> None:
    one, two, three = ranked(rita, 3)
    page = desk()
    wait_until_ready(page, one, two)
    shown, took = page.run(PRESS, "KeyA")
    assert shown == str(two.pk)
    assert took < 100
    assert not page.shown(f"#row-{one.pk}")
    wait_for(lambda: status(one) == "approved")
    wait_for(lambda: "Approved" in page.text("#toasts"))
    wait_for(lambda: page.text("#desk-counts .num") == "2")
    assert page.run("return location.search") == f"?at={two.pk}"
    wait_until_ready(page, two, three)
    page.click(".toast [data-undo]")
    wait_for(lambda: page.card() == str(one.pk))
    assert [status(p) for p in (one, two, three)] == ["pending"] * 3
    assert page.complaints() == []


@pytest.mark.long
def test_an_undo_that_takes_long_outlives_its_toast(rita: Person, desk: Callable[..., Browser]) -> None:
    one, two, _ = ranked(rita, 3)
    page = desk()
    wait_until_ready(page, one, two)
    page.run(PRESS, "KeyA")
    wait_for(lambda: status(one) == "approved")
    wait_for(lambda: page.all(".toast [data-undo]"))
    with transaction.atomic():
        Proposal.objects.select_for_update(no_key=True).get(pk=one.pk)
        page.click(".toast [data-undo]")
        wait_for(lambda: page.all(".toast .htmx-request"))
        page.click(".toast [data-dismiss]")
        wait_for(lambda: not page.shown(".toast"))
    wait_for(lambda: page.card() == str(one.pk))
    assert status(one) == "pending"
    assert page.complaints() == []


@pytest.mark.long
def test_what_the_server_refuses_comes_back_with_the_reason(rita: Person, desk: Callable[..., Browser]) -> None:
    one, two = ranked(rita, 2, status="needs_evidence", quotes=[])
    page = desk("/review/?status=needs_evidence")
    wait_until_ready(page, one, two)
    shown, _ = page.run(PRESS, "KeyA")
    assert shown == str(two.pk)
    wait_for(lambda: "No quote supports this" in page.text("#toasts .error"))
    wait_for(lambda: page.card() == str(one.pk))
    assert page.shown(f"#row-{one.pk}")
    assert [status(p) for p in (one, two)] == ["needs_evidence"] * 2


@pytest.mark.long
def test_who_was_first_is_told_on_the_card_that_came_back(rita: Person, desk: Callable[..., Browser]) -> None:
    omar = make_person("omar", role="reviewer")
    one, two = ranked(rita, 2)
    page = desk()
    wait_until_ready(page, one, two)
    page.run("for (const el of document.querySelectorAll('[data-live]')) el.removeAttribute('data-live')")
    services.reject(proposal_id=one.pk, by=omar.user, reason="noise")
    page.press("a")
    wait_for(lambda: "omar was first" in page.text("#toasts .error"))
    wait_for(lambda: "Rejected by omar" in page.text("#card"))
    assert page.card() == str(one.pk)
    assert status(two) == "pending"


@pytest.mark.long
def test_undo_waits_for_the_decision_that_is_on_its_way(rita: Person, desk: Callable[..., Browser]) -> None:
    one, two, three = ranked(rita, 3)
    services.approve(proposal_id=one.pk, by=rita.user)
    page = desk()
    wait_until_ready(page, two, three)
    page.run(PRESS, "KeyA", "KeyZ")
    wait_for(lambda: page.card() == str(two.pk))
    assert [status(p) for p in (one, two, three)] == ["approved", "pending", "pending"]


@pytest.mark.long
def test_a_double_click_decides_one(rita: Person, desk: Callable[..., Browser]) -> None:
    one, two, three = ranked(rita, 3)
    page = desk()
    wait_until_ready(page, one, two)
    ActionChains(page.driver).double_click(page.one("#card [data-key=KeyA]")).perform()
    wait_for(lambda: status(one) == "approved")
    wait_until_ready(page, two, three)
    assert status(two) == "pending"


@pytest.mark.long
def test_a_duplicate_by_keys_from_a_pasted_link(rita: Person, web: LiveStack, desk: Callable[..., Browser]) -> None:
    one, two, three = ranked(rita, 3)
    page = desk()
    wait_until_ready(page, one, two)
    page.press("d", "/")
    page.press(f"{web.url}/review/{three.pk}/")
    only = f"#duplicates .item[value='proposal-{three.pk}']"
    wait_for(lambda: page.all(only) and len(page.all("#duplicates .item")) == 1)
    page.press("\ue007")
    wait_for(lambda: page.run("return document.activeElement.value") == f"proposal-{three.pk}")
    page.press("\ue007")
    wait_for(lambda: status(one) == "merged")
    one.refresh_from_db()
    assert one.merged_into_id == three.pk
    wait_for(lambda: page.card() == str(two.pk))
    page.press("d", "1")
    wait_for(lambda: status(two) == "merged")
