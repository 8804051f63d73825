"""The duplicate picker: nearest first, words, a number or a pasted link; the link stays, and it can be undone."""

from typing import Any

import pytest

from knowledge.models import Atom, Topic
from proposals.models import Proposal
from proposals.tests.factories import make_proposal, make_quote, make_workspace
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
HOST = "testserver"


@pytest.fixture
def reviewer() -> Person:
    return make_person("rita", role="reviewer")


@pytest.fixture
def loser(reviewer: Person) -> Proposal:
    return make_proposal(reviewer.workspace, title="VAT export breaks", rank=9)


def picker(person: Person, proposal: Proposal, of: str = "", **more: Any) -> Page:
    return Page.of(person.browser.get(f"/review/{proposal.pk}/duplicate/", {"of": of, **more}))


def offered(page: Page) -> list[str]:
    return [tag.attrs["value"] for tag in page.all("button", name="into")]


def test_the_nearest_stand_there_before_anything_is_typed(reviewer: Person, loser: Proposal) -> None:
    near = make_proposal(reviewer.workspace, title="VAT export breaks often")
    make_proposal(reviewer.workspace, kind="task", title="VAT export breaks")
    assert offered(picker(reviewer, loser))[0] == f"proposal-{near.pk}"
    card = Page.of(reviewer.browser.get(f"/review/?at={loser.pk}"))
    assert offered(card)[0] == f"proposal-{near.pk}"
    assert f"topic-{near.pk}" not in offered(card)


def test_words_find_waiting_and_approved_ones_of_the_same_kind(reviewer: Person, loser: Proposal) -> None:
    workspace = reviewer.workspace
    waiting = make_proposal(workspace, title="Parking permits", quotes=[make_quote(workspace, text="nothing")])
    body = make_proposal(workspace, title="Cars", payload={"description": "who may use the parking"})
    said = make_proposal(workspace, title="Bikes", quotes=[make_quote(workspace, text="the parking is full")])
    make_proposal(workspace, kind="task", title="Parking lot")
    make_proposal(make_workspace(), title="Parking elsewhere")
    topic = Topic.objects.create(workspace=workspace, name="Parking")
    found = offered(picker(reviewer, loser, "parking"))
    assert set(found) == {f"proposal-{p.pk}" for p in (waiting, body, said)} | {f"topic-{topic.pk}"}
    assert found[0] == f"topic-{topic.pk}"


def test_words_that_nothing_has_say_so(reviewer: Person, loser: Proposal) -> None:
    page = picker(reviewer, loser, "xylophone")
    assert offered(page) == []
    assert "No topic has these words" in page.text


@pytest.mark.long
@pytest.mark.parametrize(
    ("of", "kind"),
    some(
        [
            ("/review/{proposal}/", "proposal"),
            ("https://{host}/review/{proposal}/", "proposal"),
            ("https://{host}/review/?kind=topic&at={proposal}", "proposal"),
            ("https://{host}/topics/{topic}/?tab=log#top", "topic"),
            ("/topics/{topic}/", "topic"),
            ("#{proposal}", "proposal"),
        ],
        3,
        2,
    ),
)
def test_a_pasted_link_or_number_finds_what_it_names(reviewer: Person, loser: Proposal, of: str, kind: str) -> None:
    keys = {
        "proposal": make_proposal(reviewer.workspace, title="Quite other words").pk,
        "topic": Topic.objects.create(workspace=reviewer.workspace, name="Unlike").pk,
    }
    found = offered(picker(reviewer, loser, of.format(host=HOST, **keys)))
    assert f"{kind}-{keys[kind]}" in found
    assert len(found) <= 2  # a number alone may mean a proposal or a topic


@pytest.mark.long
@pytest.mark.parametrize(
    ("of", "told"),
    some(
        [
            ("https://elsewhere.example.org/topics/1/", "not of this site"),
            ("https://testserver/messages/1/", "nothing of this site"),
            ("/tasks/1/", "never the same"),
            ("/topics/999999999/", "no topic 999999999"),
            ("/review/999999999/", "no topic proposal 999999999"),
            ("http://[oops/topics/1/", "no address"),
            ("/review/{own}/", "proposal itself"),
            ("/review/{rejected}/", "is rejected"),
            ("/review/{foreign}/", "no topic proposal"),
            ("9" * 400, "no topic has these words"),
        ],
        5,
    ),
)
def test_what_can_not_be_chosen_says_why(reviewer: Person, loser: Proposal, of: str, told: str) -> None:
    rejected = make_proposal(reviewer.workspace, title="No", status="rejected", decided_at=loser.created_at)
    foreign = make_proposal(make_workspace(), title="Theirs")
    page = picker(reviewer, loser, of.format(own=loser.pk, rejected=rejected.pk, foreign=foreign.pk))
    assert offered(page) == []
    assert told in page.text.casefold()


@pytest.mark.long
def test_a_duplicate_of_a_proposal_keeps_its_link_and_comes_back(reviewer: Person, loser: Proposal) -> None:
    winner = make_proposal(reviewer.workspace, title="Quite other words")
    client, at = reviewer.browser, f"/review/{loser.pk}/duplicate/?of=/review/{winner.pk}/"
    page = Page.of(client.get(at))
    submit(client, page, page.one("form", action="/merge/"), at, into=offered(page)[0])
    loser.refresh_from_db()
    assert (loser.status, loser.merged_into_id) == ("merged", winner.pk)
    page = Page.of(client.get(f"/review/?at={loser.pk}"))
    assert page.one("a", href=f"/review/?at={winner.pk}").text == winner.title
    assert page.one("section", id="card").attrs["data-id"] == str(loser.pk)
    other = Page.of(client.get(f"/review/?at={winner.pk}"))
    assert other.one("a", href=f"/review/{loser.pk}/").text == loser.title

    submit(client, page, page.one("form", action=f"/review/{loser.pk}/undo/"), at)
    loser.refresh_from_db()
    assert (loser.status, loser.merged_into_id) == ("pending", None)
    assert winner.evidence.count() == 1


@pytest.mark.long
def test_a_duplicate_of_an_approved_thing_adds_its_evidence_and_links_to_it(reviewer: Person) -> None:
    atom = Atom.objects.create(workspace=reviewer.workspace, type="problem", title="Login fails")
    loser = make_proposal(reviewer.workspace, kind="atom", title="Nobody can sign in")
    client, at = reviewer.browser, f"/review/{loser.pk}/duplicate/?of=/atoms/{atom.pk}/"
    page = Page.of(client.get(at))
    submit(client, page, page.one("form", action="/merge/"), at, into=offered(page)[0])
    assert atom.quotes.count() == 1
    page = Page.of(client.get(f"/review/?at={loser.pk}"))
    assert page.one("a", href=f"/atoms/{atom.pk}/").text == "See the atom"

    submit(client, page, page.one("form", action=f"/review/{loser.pk}/undo/"), at)
    loser.refresh_from_db()
    assert loser.status == "pending"
    assert atom.quotes.count() == 0


def test_filters_survive_the_search_of_the_picker(reviewer: Person, loser: Proposal) -> None:
    client, at = reviewer.browser, f"/review/{loser.pk}/duplicate/?kind=topic&q=vat"
    page = Page.of(client.get(at))
    assert page.one("form", action="/merge/").attrs["action"].endswith("?kind=topic&q=vat")
    search = page.one("form", role="search", hx_target="#duplicates")
    fields = {tag.attrs["name"]: tag.attrs["value"] for tag in search.inside if tag.name == "input"}
    assert fields == {"kind": "topic", "q": "vat", "of": ""}


def test_a_viewer_may_not_pick(loser: Proposal) -> None:
    viewer = make_person("vera", role="viewer")
    proposal = make_proposal(viewer.workspace)
    assert viewer.browser.get(f"/review/{proposal.pk}/duplicate/").status_code == 403
