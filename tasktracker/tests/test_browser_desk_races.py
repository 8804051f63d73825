"""The desk in a real browser, where answers come late or in another order than they were asked for."""

from collections.abc import Callable

import pytest

from proposals.tests.factories import make_proposal
from tasktracker.core import events
from tasktracker.core.tests.factories import Person
from tasktracker.tests.browser import Browser
from tasktracker.tests.deskpage import ranked, status
from tasktracker.tests.support import wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]

# Nothing is fetched ahead, and each answer is read late: the next row is chosen while the card of the last one comes.
HURRY = """
window.fetch = () => Promise.reject(new Error("away"));
Object.defineProperty(XMLHttpRequest.prototype, "onload", {
  set(read) { this.addEventListener("load", () => setTimeout(() => read.call(this), 400)); },
});
const press = (code) => document.body.dispatchEvent(new KeyboardEvent("keydown", {code, key: "x", bubbles: true}));
press("KeyJ");
setTimeout(() => { press("KeyJ"); press("KeyA"); }, 200);
"""


@pytest.mark.long
def test_a_key_is_for_the_row_that_is_chosen_whatever_card_comes_first(
    rita: Person, desk: Callable[..., Browser]
) -> None:
    one, two, three, _ = ranked(rita, 4)
    page = desk()
    wait_for(lambda: page.all(f"#card[data-ready='{two.pk}']"))
    # The card that was fetched ahead is thrown away, as after two minutes.
    page.run(
        "document.dispatchEvent(new CustomEvent('tt:event', {detail: {object: {kind: 'proposal', id: arguments[0]}}}))",
        two.pk,
    )
    page.run(HURRY)
    wait_for(lambda: "approved" in [status(one), status(two), status(three)])
    assert [status(one), status(two), status(three)] == ["pending", "pending", "approved"]
    wait_for(lambda: "Approved" in page.text("#toasts"))
    assert page.complaints() == []


@pytest.mark.long
def test_held_rows_bring_back_nothing_that_was_decided_and_an_old_offer_goes(
    rita: Person, desk: Callable[..., Browser]
) -> None:
    one, two = ranked(rita, 2)
    page = desk()
    wait_for(page.is_live)

    def comes() -> None:
        new = make_proposal(rita.workspace, kind="task", rank=1)
        ids = {"workspace_id": rita.workspace.pk, "object_id": new.pk}
        events.emit(events.ProposalCreated(**ids, proposal_kind="task", status="pending"))
        wait_for(lambda: page.text('[data-held-for="desk-rows"]') == "1 new")

    comes()
    page.press("a")
    wait_for(lambda: status(one) == "approved" and not page.all(f"#row-{one.pk}"))
    page.click('[data-held-for="desk-rows"] button')
    wait_for(lambda: len(page.all("#desk-rows [data-item]")) == 2)
    assert not page.all(f"#row-{one.pk}")
    comes()
    page.press("z")
    wait_for(lambda: len(page.all("#desk-rows [data-item]")) == 4)
    assert len(page.all('[data-held-for="desk-rows"]')) == 1
    assert not page.shown('[data-held-for="desk-rows"]')
    assert page.all(f"#row-{two.pk}")
    assert page.complaints() == []
