"""One's own keys in a real browser: pressed in the fields of their page, and then at the desk."""

import pytest

from proposals.tests.factories import make_proposal
from tasktracker.core.models import User
from tasktracker.core.tests.factories import make_person
from tasktracker.tests.browser import Browser
from tasktracker.tests.deskpage import status
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]

PRESS = """
const field = document.querySelector(arguments[0]);
field.focus();
field.dispatchEvent(new KeyboardEvent("keydown", {code: arguments[1], key: "x", bubbles: true, cancelable: true}));
return field.value;
"""


@pytest.mark.long
def test_a_key_is_pressed_chosen_and_works_while_the_old_one_rests(web: LiveStack, browser: Browser) -> None:
    rita = make_person("rita", role="reviewer")
    one = make_proposal(rita.workspace, kind="task", rank=5)
    two = make_proposal(rita.workspace, kind="task", rank=1)
    browser.log_in(rita.user, web.url, at="/settings/keys/")
    assert browser.run(PRESS, "#key_approve", "KeyQ") == "KeyQ"
    assert browser.run(PRESS, "#key_next", "KeyA") == "KeyA"
    assert browser.run(PRESS, "#key_next", "Digit1") == "KeyA"
    assert browser.run(PRESS, "#key_go_proposals", "KeyL") == "KeyL"
    assert "KeyL" not in browser.text("#press-told")
    browser.click("form .primary")
    wait_for(lambda: "Your keys are saved" in browser.text("#toasts"))
    assert User.objects.get(username="rita").own_keys == {"approve": "KeyQ", "next": "KeyA", "go_proposals": "KeyL"}

    browser.press("g", "l")
    wait_for(lambda: browser.card() == str(one.pk))
    browser.press("a")  # the next one, not an approval
    wait_for(lambda: browser.card() == str(two.pk))
    assert (status(one), status(two)) == ("pending", "pending")
    browser.press_code("KeyQ", "й")  # by its place, on any layout
    wait_for(lambda: status(two) == "approved")
    browser.press("/")
    browser.press("quay")
    assert browser.run("return document.activeElement.value") == "quay"
    # A card that comes only now takes the focus from nobody who types.
    come = "document.querySelector('#card h2').setAttribute('data-focus', ''); tasktracker.arrange();"
    assert browser.run(f"{come} return document.activeElement.value") == "quay"
    assert browser.run(f"document.activeElement.blur(); {come} return document.activeElement.tagName") == "H2"
    assert status(one) == "pending"
    assert browser.complaints() == []
