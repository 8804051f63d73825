"""The card that comes next, asked for ahead; a decision then answers without it."""

from typing import Any

import pytest

from proposals.models import Proposal
from proposals.tests.factories import make_proposal, make_workspace
from proposals.tests.test_page_desk import DESK
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, token_for
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "card"}


@pytest.fixture
def reviewer() -> Person:
    return make_person("rita", role="reviewer")


def approve(person: Person, proposal: Proposal, shown: object, query: str = "") -> Any:
    client = person.browser
    return client.post(
        f"/review/{proposal.pk}/approve/?{query}",
        {"csrfmiddlewaretoken": token_for(client)},
        headers={**HTMX, "TT-Shown": str(shown)},
    )


def test_the_next_card_is_the_one_that_a_decision_would_show(reviewer: Person) -> None:
    first, _, third = (
        make_proposal(reviewer.workspace, kind, rank=9 - n) for n, kind in enumerate(("atom", "task", "atom"))
    )
    client = reviewer.browser
    card = Page.of(client.get(f"{DESK}?kind=atom&after={first.pk}", headers=HTMX)).one("section", id="card")
    assert card.attrs["data-id"] == str(third.pk)
    assert card.attrs["data-next"] == f"{DESK}?kind=atom&after={third.pk}"
    assert client.get(f"{DESK}?kind=task&after={first.pk}", headers=HTMX).status_code == 200
    assert client.get(f"{DESK}?kind=topic&after={first.pk}", headers=HTMX).status_code == 204
    assert client.get(f"{DESK}?after=999999999", headers=HTMX).status_code == 404


def test_a_card_that_is_there_already_is_not_sent_again(reviewer: Person) -> None:
    first, second = make_proposal(reviewer.workspace, rank=2), make_proposal(reviewer.workspace, rank=1)
    response = approve(reviewer, first, second.pk)
    page = Page.of(response)
    assert page.all("section", id="card") == []
    assert page.one("div", id=f"row-{first.pk}").attrs["hx-swap-oob"] == "delete"
    assert "Approved" in page.one("div", id="toasts").text
    assert response["HX-Reswap"] == "none"
    assert "HX-Replace-Url" not in response


@pytest.mark.long
@pytest.mark.parametrize("shown", some(["decided", "elsewhere", "filtered", "nonsense", "9" * 40], 3))
def test_a_card_that_stands_on_the_desk_no_more_is_replaced(reviewer: Person, shown: str) -> None:
    first, right = (make_proposal(reviewer.workspace, "task", rank=9 - number) for number in range(2))
    wrong = {
        "decided": make_proposal(reviewer.workspace, "task", status="approved", decided_at=first.created_at).pk,
        "elsewhere": make_proposal(make_workspace(), "task").pk,
        "filtered": make_proposal(reviewer.workspace, "atom").pk,
    }
    response = approve(reviewer, first, wrong.get(shown, shown), query="kind=task")
    assert Page.of(response).one("section", id="card").attrs["data-id"] == str(right.pk)
    assert response["HX-Reswap"] == "outerHTML"
