"""The review desk without JavaScript: links, filters and plain forms."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from knowledge.models import Topic
from proposals import desk, services
from proposals.models import Proposal
from proposals.tests.factories import make_message, make_proposal, make_proposals, unsaved
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit, token_for
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
DESK = "/review/"


@pytest.fixture
def reviewer() -> Person:
    return make_person("rita", role="reviewer")


def rows_of(page: Page) -> list[str]:
    return [tag.attrs["data-key-id"] for tag in page.all("li", data_key_id="")]


def chips_of(page: Page) -> dict[str, int]:
    chips = page.one("nav", id="desk-counts")
    return {link.text.split()[0]: int(link.text.split()[-1]) for link in chips.inside if link.name == "a"}


def decide(client: Client, verb: str, at: str = DESK, **values: Any) -> Any:
    """Press a decision's button on the card that the desk shows."""
    response = client.get(at)
    page = Page.of(response)
    return submit(client, page, page.one("form", action=f"/{verb}/"), at, **values)


def test_best_first_and_its_card_beside_it(reviewer: Person) -> None:
    low = make_proposal(reviewer.workspace, title="Second thing", rank=1)
    top = make_proposal(reviewer.workspace, kind="task", title="First thing", rank=9)
    page = Page.of(reviewer.browser.get(DESK))
    assert rows_of(page) == [str(top.pk), str(low.pk)]
    assert page.one("section", id="card").attrs["data-id"] == str(top.pk)
    assert "Second thing" not in page.one("section", id="card").text


@pytest.mark.parametrize(
    ("query", "shown"),
    some(
        [
            ("", 4),
            ("?kind=task", 2),
            ("?kind=topic", 1),
            ("?tier=medium&kind=task", 1),
            ("?tier=high", 1),
            ("?status=approved", 0),
            ("?status=all", 5),
            ("?status=needs_evidence", 1),
            ("?kind=nonsense", 4),
            ("?q=invoice", 1),
            ("?source=999999999", 0),
            ("?project=abc", 4),
        ],
        4,
    ),
)
def test_counts_equal_what_is_shown(reviewer: Person, query: str, shown: int) -> None:
    make_proposal(reviewer.workspace, kind="task", title="Fix the invoice", confidence=0.95)
    make_proposal(reviewer.workspace, kind="task", title="Other task", confidence=0.8)
    make_proposal(reviewer.workspace, kind="topic", title="A topic", confidence=0.8)
    make_proposal(reviewer.workspace, kind="atom", title="An atom", confidence=0.5)
    make_proposal(reviewer.workspace, kind="atom", title="Unproven", status="needs_evidence", quotes=[])
    page = Page.of(reviewer.browser.get(DESK + query))
    assert len(rows_of(page)) == shown
    chips = chips_of(page)
    kind = {"task": "Tasks", "topic": "Topics"}.get(query.partition("kind=")[2].partition("&")[0], "All")
    assert chips[kind] == shown
    assert chips["All"] == chips["Topics"] + chips["Atoms"] + chips["Tasks"]


def test_the_list_goes_on_by_keyset_and_shows_each_once(reviewer: Person) -> None:
    made = make_proposals([unsaved(reviewer.workspace, rank=number % 7) for number in range(70)])
    client, at, seen = reviewer.browser, DESK, []
    for _ in range(9):
        page = Page.of(client.get(at))
        seen += rows_of(page)
        more = page.all("a", href="?below=")
        if not more:
            break
        at = DESK + more[0].attrs["href"]
    assert len(seen) == len(set(seen)) == len(made)
    by_rank = [str(p.pk) for p in sorted(made, key=lambda p: (-p.rank, -p.pk))]
    assert seen == by_rank


def test_approve_makes_the_topic_and_shows_the_next_card(reviewer: Person) -> None:
    first = make_proposal(reviewer.workspace, title="Billing", rank=9)
    following = make_proposal(reviewer.workspace, title="Scanner", rank=5)
    client = reviewer.browser
    response = decide(client, "approve")
    assert response.status_code == 302
    first.refresh_from_db()
    assert first.status == "approved"
    assert Topic.objects.get(pk=first.created_id).name == "Billing"
    page = Page.of(client.get(response["Location"]))
    assert page.one("section", id="card").attrs["data-id"] == str(following.pk)
    assert "Approved: Billing" in page.one("div", id="toasts").text


def test_undo_in_the_toast_is_a_plain_form(reviewer: Person) -> None:
    proposal = make_proposal(reviewer.workspace, title="Billing")
    client = reviewer.browser
    response = decide(client, "approve")
    page = Page.of(client.get(response["Location"]))
    response = submit(client, page, page.one("form", action=f"/review/{proposal.pk}/undo/"), DESK)
    proposal.refresh_from_db()
    assert proposal.status == "pending"
    assert not Topic.objects.exists()
    assert page.one("div", id="toasts")
    assert f"at={proposal.pk}" in response["Location"]


def test_filters_survive_a_decision(reviewer: Person) -> None:
    make_proposal(reviewer.workspace, kind="topic", rank=10)
    make_proposal(reviewer.workspace, kind="task", title="One", rank=9)
    left = make_proposal(reviewer.workspace, kind="task", title="Two", rank=1)
    response = decide(reviewer.browser, "approve", at=DESK + "?kind=task&tier=medium")
    assert response["Location"] == f"{DESK}?kind=task&tier=medium&at={left.pk}"


def test_reject_takes_its_reason_and_note(reviewer: Person) -> None:
    proposal = make_proposal(reviewer.workspace)
    decide(reviewer.browser, "reject", reason="not_actionable", note="too vague")
    proposal.refresh_from_db()
    assert (proposal.status, proposal.reject_reason, proposal.note) == ("rejected", "not_actionable", "too vague")


def test_reject_without_a_reason_changes_nothing(reviewer: Person) -> None:
    proposal = make_proposal(reviewer.workspace)
    client = reviewer.browser
    data = {"reason": "because", "csrfmiddlewaretoken": token_for(client)}
    response = client.post(f"/review/{proposal.pk}/reject/", data)
    assert response.status_code == 400
    assert "Choose a reason" in Page.of(response).text
    proposal.refresh_from_db()
    assert proposal.status == "pending"


def test_snooze_comes_off_the_desk(reviewer: Person) -> None:
    proposal = make_proposal(reviewer.workspace)
    client = reviewer.browser
    decide(client, "snooze", days="7")
    proposal.refresh_from_db()
    assert proposal.status == "snoozed"
    assert rows_of(Page.of(client.get(DESK))) == []
    assert "comes back in" in Page.of(client.get(f"{DESK}?at={proposal.pk}")).text


def test_a_snooze_ends_on_the_morning_of_a_day_by_the_workspace_s_clock(reviewer: Person) -> None:
    reviewer.workspace.timezone = "Asia/Tokyo"
    reviewer.workspace.save()
    proposal = make_proposal(reviewer.workspace)
    day = timezone.now().astimezone(ZoneInfo("Asia/Tokyo")).date() + timedelta(days=9)
    decide(reviewer.browser, "snooze", date=day.isoformat())
    proposal.refresh_from_db()
    assert proposal.snoozed_until == datetime.combine(day, time(7), tzinfo=ZoneInfo("Asia/Tokyo"))


@pytest.mark.parametrize(
    ("days", "words"), some([(0, "from tomorrow"), (-3, "from tomorrow"), (400, "within a year")], 2)
)
def test_a_snooze_ends_neither_in_the_past_nor_never(reviewer: Person, days: int, words: str) -> None:
    proposal = make_proposal(reviewer.workspace)
    client, day = reviewer.browser, (timezone.now() + timedelta(days=days)).date()
    data = {"date": day.isoformat(), "csrfmiddlewaretoken": token_for(client)}
    response = client.post(f"/review/{proposal.pk}/snooze/", data)
    assert response.status_code == 400
    assert words in Page.of(response).text
    proposal.refresh_from_db()
    assert proposal.status == "pending"


def test_edit_saves_what_changed_and_marks_it_as_a_persons(reviewer: Person) -> None:
    proposal = make_proposal(reviewer.workspace, kind="task", title="Fix exprot", payload={"priority": "low"})
    client, at = reviewer.browser, f"/review/{proposal.pk}/edit/"
    page = Page.of(client.get(at))
    submit(client, page, page.one("form", class_="edit"), at, title="Fix export", priority="high")
    proposal.refresh_from_db()
    assert (proposal.status, proposal.title, proposal.payload["priority"]) == ("pending", "Fix export", "high")
    assert (proposal.origins["title"], proposal.origins["category"]) == ("edited", "ai")


def test_edit_and_approve_at_once(reviewer: Person) -> None:
    proposal = make_proposal(reviewer.workspace, title="Biling")
    client, at = reviewer.browser, f"/review/{proposal.pk}/edit/"
    page = Page.of(client.get(at))
    submit(client, page, page.one("form", class_="edit"), at, name="Billing", then="approve")
    assert Topic.objects.get().name == "Billing"


def test_an_edit_that_is_wrong_is_shown_again_with_what_was_typed(reviewer: Person) -> None:
    proposal = make_proposal(reviewer.workspace, title="Billing")
    client, at = reviewer.browser, f"/review/{proposal.pk}/edit/"
    page = Page.of(client.get(at))
    response = submit(client, page, page.one("form", class_="edit"), at, name="B", description="kept words")
    assert response.status_code == 422
    assert "kept words" in Page.of(response).text
    proposal.refresh_from_db()
    assert proposal.title == "Billing"


def test_merge_side_by_side_unites_the_evidence(reviewer: Person) -> None:
    loser = make_proposal(reviewer.workspace, title="VAT export", payload={"keywords": ["vat"]})
    winner = make_proposal(reviewer.workspace, title="EU VAT export", payload={"keywords": ["eu"]})
    client, at = reviewer.browser, f"/review/{loser.pk}/merge/?into=proposal-{winner.pk}"
    page = Page.of(client.get(at))
    submit(client, page, page.one("form", class_="edit"), at, name="left", keywords="both")
    loser.refresh_from_db()
    winner.refresh_from_db()
    assert (loser.status, loser.merged_into_id) == ("merged", winner.pk)
    assert (winner.title, set(winner.payload["keywords"])) == ("VAT export", {"eu", "vat"})
    assert winner.evidence.count() == 2


def test_a_quote_is_found_by_its_words_and_frees_the_proposal(reviewer: Person) -> None:
    make_message(reviewer.workspace, "Since Tuesday the EU invoice export dies with a 500.")
    proposal = make_proposal(reviewer.workspace, quotes=[], status="needs_evidence")
    client, at = reviewer.browser, f"{DESK}?at={proposal.pk}"
    page = Page.of(client.get(at))
    submit(client, page, page.one("form", action="/quote/"), at, words="the EU invoice export  dies")
    proposal.refresh_from_db()
    assert proposal.status == "pending"
    assert proposal.evidence.get().quote.text == "the EU invoice export dies"


def test_a_quote_that_nobody_said_is_refused(reviewer: Person) -> None:
    make_message(reviewer.workspace, "Since Tuesday the EU invoice export dies with a 500.")
    proposal = make_proposal(reviewer.workspace, quotes=[], status="needs_evidence")
    client, at = reviewer.browser, f"{DESK}?at={proposal.pk}"
    page = Page.of(client.get(at))
    response = submit(client, page, page.one("form", action="/quote/"), at, words="everything is fine with the export")
    assert response.status_code == 400
    assert proposal.evidence.count() == 0


def test_many_at_once_are_asked_for_by_their_number_and_undone_as_one(reviewer: Person) -> None:
    chosen = [make_proposal(reviewer.workspace) for _ in range(3)]
    client = reviewer.browser
    data = {"ids": [p.pk for p in chosen], "verb": "approve", "csrfmiddlewaretoken": token_for(client)}
    asked = client.post("/review/bulk/", data)
    page = Page.of(asked)
    assert "Approve 3 proposals?" in page.text
    late = make_proposal(reviewer.workspace)  # came after the question: it is not among them
    response = client.post("/review/bulk/", {**data, "confirm": "true"})
    assert set(Proposal.objects.filter(status="approved").values_list("pk", flat=True)) == {p.pk for p in chosen}
    late.refresh_from_db()
    assert late.status == "pending"
    page = Page.of(client.get(response["Location"]))
    assert "3 approved" in page.one("div", id="toasts").text
    submit(client, page, page.one("form", action="/review/batch/"), DESK)
    assert Proposal.objects.filter(status="pending").count() == 4


def test_undo_without_a_name_takes_back_my_last_decision(reviewer: Person) -> None:
    other = make_person("omar")
    mine, theirs = make_proposal(reviewer.workspace, rank=2), make_proposal(reviewer.workspace, rank=1)
    client = reviewer.browser
    services.approve(proposal_id=mine.pk, by=reviewer.user)
    services.approve(proposal_id=theirs.pk, by=other.user)
    page = Page.of(client.get(f"{DESK}?at={make_proposal(reviewer.workspace).pk}"))
    submit(client, page, page.one("form", action="/review/undo/"), DESK)
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.status, theirs.status) == ("pending", "approved")


def test_undo_of_what_others_build_on_asks_first(reviewer: Person) -> None:
    topic = make_proposal(reviewer.workspace, title="Billing", rank=5)
    atom = make_proposal(reviewer.workspace, kind="atom", payload={"topic": "Billing"}, rank=1)
    client = reviewer.browser
    for proposal in (topic, atom):
        services.approve(proposal_id=proposal.pk, by=reviewer.user)
    response = decide(client, "undo", at=f"{DESK}?at={topic.pk}")
    assert response.status_code == 409
    page = Page.of(response)
    assert "Others" in page.text
    assert atom.title in page.text
    submit(client, page, page.one("form", action=f"/review/{topic.pk}/undo/"), DESK)
    topic.refresh_from_db()
    assert topic.status == "pending"


def test_chips_count_as_far_as_it_is_cheap(reviewer: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "COUNTED", 2)
    for _ in range(3):
        make_proposal(reviewer.workspace, "task")
    make_proposal(reviewer.workspace, "topic")
    found = {chip.label: (chip.count, chip.more) for chip in desk.chips_of(reviewer.workspace, desk.Filters())}
    assert found == {"All": (3, True), "Topics": (1, False), "Atoms": (0, False), "Tasks": (2, True)}
    assert "2+" in reviewer.browser.get("/review/").content.decode()
