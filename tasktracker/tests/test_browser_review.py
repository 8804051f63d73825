"""The review desk in a real browser: by keyboard alone, with a thumb, and without JavaScript."""

from collections.abc import Callable

import pytest
from selenium.webdriver.common.keys import Keys

from knowledge.models import Topic
from proposals import services
from proposals.tests.factories import make_proposal
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.browser import Browser
from tasktracker.tests.deskpage import ranked, status
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]


def test_five_proposals_by_keyboard_alone_and_one_undone(rita: Person, desk: Callable[..., Browser]) -> None:
    one, two, three, four, five, six = ranked(rita, 6)
    page = desk(at="/")
    page.press("g", "p")
    wait_for(lambda: page.card() == str(one.pk))

    page.press("a")
    wait_for(lambda: page.card() == str(two.pk))
    page.press("r", "3")
    wait_for(lambda: page.card() == str(three.pk))
    page.press("h", "2")
    wait_for(lambda: page.card() == str(four.pk))
    page.press("e")
    wait_for(lambda: page.run("return document.activeElement.name") == "title")
    page.press(" and more")
    page.hold(Keys.CONTROL, Keys.ENTER)
    wait_for(lambda: page.card() == str(five.pk))
    page.press("j")
    wait_for(lambda: page.card() == str(six.pk))
    page.press("k")
    wait_for(lambda: page.card() == str(five.pk))
    page.press("a")
    wait_for(lambda: page.card() == str(six.pk))

    assert [status(p) for p in (one, two, three, four, five, six)] == [
        *("approved", "rejected", "snoozed", "approved", "approved", "pending")
    ]
    four.refresh_from_db()
    two.refresh_from_db()
    assert four.title.endswith(" and more")
    assert two.reject_reason == "not_actionable"
    assert page.text("#review-count") == "1"

    page.press("z")
    wait_for(lambda: page.card() == str(five.pk))
    wait_for(lambda: status(five) == "pending")
    wait_for(lambda: page.text("#review-count") == "2")
    assert len(page.all("#desk-rows li[data-key-id]")) == 2
    assert page.complaints() == []


@pytest.mark.long
def test_keys_go_by_their_place_on_any_layout(rita: Person, desk: Callable[..., Browser]) -> None:
    one, two = ranked(rita, 2)
    page = desk()
    wait_for(lambda: page.card() == str(one.pk))
    page.press_code("KeyA", "ф")
    wait_for(lambda: page.card() == str(two.pk))
    assert status(one) == "approved"


@pytest.mark.long
def test_a_digit_means_only_what_is_open(rita: Person, desk: Callable[..., Browser]) -> None:
    (one,) = ranked(rita, 1)
    page = desk()
    wait_for(lambda: page.card() == str(one.pk))
    page.press("1")
    page.press("d")
    wait_for(lambda: "Nothing similar is known" in page.text(".actions details[open]"))
    page.press("1")
    page.press(Keys.ESCAPE, "r")
    wait_for(lambda: page.shown(".actions details[open] [value=noise]"))
    assert status(one) == "pending"
    page.press("2")
    wait_for(lambda: status(one) == "rejected")


@pytest.mark.long
def test_letters_in_a_text_field_are_letters(rita: Person, desk: Callable[..., Browser]) -> None:
    (one,) = ranked(rita, 1)
    page = desk()
    page.press("/")
    page.press("area")
    assert page.run("return document.activeElement.value") == "area"
    assert status(one) == "pending"
    page.press(Keys.ESCAPE)
    page.press("?")
    wait_for(lambda: page.shown("#keys"))


@pytest.mark.long
def test_a_key_pressed_before_the_next_card_came_is_meant_for_it(rita: Person, desk: Callable[..., Browser]) -> None:
    one, two, _ = ranked(rita, 3)
    page = desk()
    wait_for(lambda: page.card() == str(one.pk))
    # one script: nothing can load between the two keys
    page.run(
        "for (const code of ['KeyJ', 'KeyA'])"
        " document.body.dispatchEvent(new KeyboardEvent('keydown', {code, key: 'x', bubbles: true}))"
    )
    wait_for(lambda: status(two) == "approved")
    assert status(one) == "pending"


@pytest.mark.long
def test_selection_grows_by_keys_and_is_decided_as_one(rita: Person, desk: Callable[..., Browser]) -> None:
    one, two, three, four = ranked(rita, 4)
    page = desk()
    wait_for(lambda: page.card() == str(one.pk))
    page.hold(Keys.SHIFT, "j", "j")
    wait_for(lambda: page.text("[data-selected]") == "3")
    page.click(".bulk [value=approve]")
    wait_for(lambda: "Approve 3 proposals?" in page.text("#dialog"))
    page.click("#dialog .primary")
    wait_for(lambda: page.card() == str(four.pk))
    assert [status(p) for p in (one, two, three, four)] == ["approved", "approved", "approved", "pending"]
    assert not page.shown("#dialog")
    page.click(".toast [data-undo]")
    wait_for(lambda: {status(p) for p in (one, two, three, four)} == {"pending"})


@pytest.mark.long
def test_who_was_first_is_named_and_the_card_tells_it(rita: Person, desk: Callable[..., Browser]) -> None:
    omar = make_person("omar", role="reviewer")
    one, _ = ranked(rita, 2)
    page = desk()
    wait_for(lambda: page.card() == str(one.pk))
    services.approve(proposal_id=one.pk, by=omar.user)
    page.press("r", "1")
    wait_for(lambda: "omar" in page.text("#toasts .error"))
    wait_for(lambda: "Approved by omar" in page.text("#card"))
    assert status(one) == "approved"


@pytest.mark.long
def test_the_talk_around_a_quote_opens_in_place(rita: Person, desk: Callable[..., Browser]) -> None:
    ranked(rita, 2)
    page = desk()
    page.click("#card .by a")
    wait_for(lambda: page.all("#card .talk mark"))
    assert page.card()


def test_on_a_phone_the_card_fills_the_screen_with_its_actions_at_the_thumb(
    rita: Person, browser: Browser, desk: Callable[..., Browser]
) -> None:
    one, two = ranked(rita, 2)
    browser.phone()
    page = desk()
    assert not page.shown("#card")
    page.click(f"#row-{one.pk} a")
    wait_for(lambda: page.shown("#card"))
    assert not page.shown("#desk-rows")
    bar = page.run(
        "const b = document.querySelector('.actions').getBoundingClientRect(); return [b.bottom, innerHeight]"
    )
    assert abs(bar[0] - bar[1]) <= 1
    assert page.run("return document.querySelector('.actions .primary').getBoundingClientRect().height") >= 44
    for key in ("KeyE", "KeyR", "KeyD", "KeyH", "KeyZ"):
        found = page.run(f"return document.querySelector('.actions [data-key={key}]').getBoundingClientRect().height")
        assert found >= 44, key
    page.click(".actions .primary")
    wait_for(lambda: page.card() == str(two.pk))
    assert page.shown("#card")
    page.click(".toast [data-undo]")
    wait_for(lambda: status(one) == "pending")
    assert page.too_wide() == []


@pytest.mark.long
def test_back_leads_from_the_card_to_the_list(rita: Person, browser: Browser, desk: Callable[..., Browser]) -> None:
    one, _ = ranked(rita, 2)
    browser.phone()
    page = desk()
    page.click(f"#row-{one.pk} a")
    wait_for(lambda: page.shown("#card"))
    page.driver.back()
    wait_for(lambda: page.shown("#desk-rows") and not page.shown("#card"))
    assert page.complaints() == []


def test_with_scripts_switched_off_the_desk_still_decides(rita: Person, web: LiveStack, browser: Browser) -> None:
    one, two = make_proposal(rita.workspace, rank=5), make_proposal(rita.workspace, rank=1)
    browser.scripts(on=False)
    browser.log_in(rita.user, web.url, at="/review/")
    browser.click(".actions .primary")
    wait_for(lambda: status(one) == "approved")
    wait_for(lambda: "Approved" in browser.text("#toasts"))
    assert Topic.objects.count() == 1
    browser.click(".actions details.menu summary")
    browser.click(".pop button[value=already_done]")
    wait_for(lambda: status(two) == "rejected")
    browser.click("#toasts form button")
    wait_for(lambda: status(two) == "pending")
