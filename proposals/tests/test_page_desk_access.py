"""Who may do what at the desk, what the second reviewer hears, and what each page costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from knowledge.models import Topic
from proposals import services
from proposals.tests.factories import make_proposal, make_proposals, make_quote, unsaved
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, token_for
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
WEIGHT = 150_000


@pytest.mark.parametrize("path", some(["", "edit/", "merge/?into=proposal-1", "approve/", "reject/", "undo/"], 3))
def test_a_stranger_gets_404(owner: Person, stranger: Person, path: str) -> None:
    proposal = make_proposal(owner.workspace)
    client = stranger.browser
    token = token_for(client)
    at = f"/review/{proposal.pk}/{path}"
    answers = [client.get(at).status_code, client.post(at, {"csrfmiddlewaretoken": token}).status_code]
    assert set(answers) <= {404, 405}
    assert 404 in answers
    assert client.get(f"/review/?at={proposal.pk}").status_code == 404
    proposal.refresh_from_db()
    assert proposal.status == "pending"


def test_a_stranger_in_bulk_changes_nothing(owner: Person, stranger: Person) -> None:
    proposal = make_proposal(owner.workspace)
    client = stranger.browser
    data = {
        "ids": [proposal.pk],
        "verb": "approve",
        "confirm": "true",
        "csrfmiddlewaretoken": token_for(client),
    }
    assert client.post("/review/bulk/", data).status_code == 400
    proposal.refresh_from_db()
    assert proposal.status == "pending"


def test_a_viewer_reads_and_has_no_buttons(owner: Person) -> None:
    viewer = make_person("vera", role="viewer")
    proposal = make_proposal(owner.workspace, title="Only to read")
    client = viewer.browser
    page = Page.of(client.get("/review/"))
    assert "Only to read" in page.text
    assert not page.all("form", action="/approve/")
    assert not page.all("input", name="ids")
    token = page.one("input", name="csrfmiddlewaretoken").attrs["value"]
    response = client.post(f"/review/{proposal.pk}/approve/", {"csrfmiddlewaretoken": token})
    assert response.status_code == 403
    assert "viewer" in Page.of(response).text


def test_without_a_login_every_page_leads_to_it(client: object) -> None:
    response = client.get("/review/?kind=task")  # type: ignore[attr-defined]
    assert response.status_code == 302
    assert response["Location"] == "/login/?next=/review/%3Fkind%3Dtask"


def test_without_a_csrf_token_nothing_is_decided(owner: Person) -> None:
    proposal = make_proposal(owner.workspace)
    assert owner.browser.post(f"/review/{proposal.pk}/approve/").status_code == 403
    proposal.refresh_from_db()
    assert proposal.status == "pending"


def test_second_reviewer_is_told_who_won(owner: Person, colleague: Person) -> None:
    proposal = make_proposal(owner.workspace)
    client = colleague.browser
    token = token_for(client)
    services.approve(proposal_id=proposal.pk, by=owner.user)
    data = {"reason": "noise", "csrfmiddlewaretoken": token}
    response = client.post(f"/review/{proposal.pk}/reject/", data)
    assert response.status_code == 409
    page = Page.of(response)
    assert "owner" in page.text
    assert "Somebody was quicker" in page.text
    assert Topic.objects.count() == 1


def test_second_reviewer_with_htmx_sees_a_toast_and_a_fresh_card(owner: Person, colleague: Person) -> None:
    proposal = make_proposal(owner.workspace)
    client = colleague.browser
    token = token_for(client)
    services.approve(proposal_id=proposal.pk, by=owner.user)
    data = {"reason": "noise", "csrfmiddlewaretoken": token}
    response = client.post(f"/review/{proposal.pk}/reject/", data, headers=HTMX)
    assert response.status_code == 409
    assert (response["HX-Retarget"], response["HX-Reswap"], response["HX-Trigger"]) == ("#toasts", "beforeend", "stale")
    assert "owner" in Page.of(response).one("div", class_="toast error").text
    assert "<html" not in response.content.decode()


def test_the_same_decision_twice_is_one(owner: Person) -> None:
    proposal = make_proposal(owner.workspace)
    client = owner.browser
    token = token_for(client)
    for _ in range(2):
        assert client.post(f"/review/{proposal.pk}/approve/", {"csrfmiddlewaretoken": token}).status_code == 302
    assert Topic.objects.count() == 1


@pytest.mark.long
def test_htmx_gets_the_next_card_the_counts_and_the_toast(owner: Person) -> None:
    first, following = make_proposal(owner.workspace, rank=9), make_proposal(owner.workspace, rank=5)
    client = owner.browser
    token = token_for(client)
    response = client.post(f"/review/{first.pk}/approve/", {"csrfmiddlewaretoken": token}, headers=HTMX)
    page = Page.of(response)
    assert page.one("section", id="card").attrs["data-id"] == str(following.pk)
    assert page.one("div", id=f"row-{first.pk}").attrs["hx-swap-oob"] == "delete"
    assert page.one("nav", id="desk-counts").attrs["hx-swap-oob"] == "true"
    assert "Undo" in page.one("div", id="toasts").text
    assert "<html" not in response.content.decode()


def test_the_last_card_leaves_an_empty_desk_that_says_so(owner: Person) -> None:
    proposal = make_proposal(owner.workspace)
    client = owner.browser
    token = token_for(client)
    response = client.post(f"/review/{proposal.pk}/approve/", {"csrfmiddlewaretoken": token}, headers=HTMX)
    assert "All decided" in Page.of(response).text


@pytest.mark.long
def test_the_desk_costs_the_same_for_5_as_for_60(owner: Person) -> None:
    quote = make_quote(owner.workspace)
    client = owner.browser

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            response = client.get("/review/")
        assert len(response.content) < WEIGHT
        return len(queries)

    for _ in range(5):
        make_proposal(owner.workspace, kind="task", quotes=[quote, make_quote(owner.workspace)])
    cost()  # the session and the event numbers are warm now
    few = cost()
    make_proposals([unsaved(owner.workspace, "task") for _ in range(55)], [quote])
    assert cost() == few
    assert few <= 35  # each list of the filters, and the duplicates that went into the card, is one
