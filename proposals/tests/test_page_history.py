"""The decisions of a workspace: newest first, chosen by who and what, and each to be taken back from its line."""

from typing import Any

import pytest
from django.test import Client

from proposals import services
from proposals.models import Proposal, ReviewAction
from proposals.tests.factories import make_decided, make_proposal
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
PATH = "/review/history/"


@pytest.fixture
def reviewer(owner: Person) -> Person:
    return make_person("ann", workspace=owner.workspace.slug, role="reviewer")


@pytest.fixture
def client(reviewer: Person) -> Client:
    client = Client()
    client.force_login(reviewer.user)
    return client


def lines(client: Client, query: str = "") -> list[str]:
    return [" ".join(line.split()) for line in _texts(client, query)]


def _texts(client: Client, query: str) -> list[str]:
    response: Any = client.get(PATH + query)
    assert response.status_code == 200
    return [f"{deed.who} {deed.did} {deed.title}" for deed in response.context["deeds"]]


def test_nothing_was_decided_yet(client: Client) -> None:
    page = Page.of(client.get(PATH))
    assert "Nothing decided yet" in page.text
    assert "Show all" in Page.of(client.get(f"{PATH}?by=me")).text


def test_decisions_are_told_and_taken_back(client: Client, reviewer: Person, owner: Person) -> None:
    first, second = (make_proposal(owner.workspace, "topic", name) for name in ("Billing", "Printers"))
    services.approve(proposal_id=first.pk, by=reviewer.user)
    services.reject(proposal_id=second.pk, by=owner.user, reason="noise")
    assert lines(client) == ["owner rejected Printers", "ann approved Billing"]
    assert lines(client, "?by=me") == lines(client, "?verb=approve") == ["ann approved Billing"]
    assert "(noise)" in Page.of(client.get(PATH)).text
    undo = f"/review/{first.pk}/undo/"
    assert undo in client.get(PATH).content.decode()
    answer = client.post(undo, {"back": "history"})
    assert (answer.status_code, answer["Location"]) == (302, PATH)
    assert Proposal.objects.get(pk=first.pk).status == "pending"
    page = client.get(PATH).content.decode()
    assert undo not in page
    assert "taken back by ann" in " ".join(Page.of(client.get(PATH)).text.split())


@pytest.mark.long
def test_what_was_done_as_one_is_one_line(client: Client, reviewer: Person, owner: Person) -> None:
    ids = [make_proposal(owner.workspace, "topic").pk for _ in range(4)]
    done = services.decide_bulk(workspace=owner.workspace, ids=ids, verb="approve", by=reviewer.user)
    (line,) = lines(client)
    assert line.startswith("ann approved 4 at once")
    answer = client.post(f"/review/batch/{done.action_id}/undo/", {"back": "history"})
    assert answer["Location"] == PATH
    assert set(Proposal.objects.values_list("status", flat=True)) == {"pending"}
    assert "/undo/" not in client.get(PATH).content.decode().replace("/review/undo/", "")


def test_only_the_newest_of_a_proposal_can_be_taken_back(client: Client, reviewer: Person, owner: Person) -> None:
    proposal = make_proposal(owner.workspace, "topic")
    services.edit(proposal_id=proposal.pk, by=reviewer.user, fields={"name": "Other words"})
    services.approve(proposal_id=proposal.pk, by=reviewer.user)
    response: Any = client.get(PATH)
    assert [bool(deed.undo_url) for deed in response.context["deeds"]] == [True, False]


@pytest.mark.long
def test_long_histories_come_in_pages(client: Client, reviewer: Person, owner: Person) -> None:
    proposal = make_proposal(owner.workspace, "topic")
    ReviewAction.objects.bulk_create(
        ReviewAction(workspace=owner.workspace, proposal=proposal, verb="edit", by=reviewer.user) for _ in range(120)
    )
    seen, query = 0, ""
    while True:
        response: Any = client.get(PATH + query)
        seen += len(response.context["deeds"])
        query = response.context["next"]
        if not query:
            break
    assert seen == 120


@pytest.mark.long
def test_the_number_of_queries_does_not_grow(
    client: Client, reviewer: Person, owner: Person, django_assert_max_num_queries: Any
) -> None:
    make_decided(owner.workspace, reviewer.user, 30, wrong=9)
    client.get(PATH)
    with django_assert_max_num_queries(12):
        client.get(PATH)


@pytest.mark.long
def test_a_viewer_sees_it_and_can_take_nothing_back(owner: Person, reviewer: Person) -> None:
    viewer = make_person("vera", workspace=owner.workspace.slug, role="viewer").browser
    services.approve(proposal_id=make_proposal(owner.workspace, "topic").pk, by=reviewer.user)
    assert "back" not in {tag.attrs.get("value", "") for tag in Page.of(viewer.get(PATH)).tags}
    assert 'value="history"' not in viewer.get(PATH).content.decode()


@pytest.mark.long
def test_a_stranger_sees_nothing_of_it(stranger: Person, owner: Person, reviewer: Person) -> None:
    services.approve(proposal_id=make_proposal(owner.workspace, "topic", "Secret").pk, by=reviewer.user)
    assert "Secret" not in stranger.browser.get(PATH).content.decode()


@pytest.mark.long
@pytest.mark.parametrize("query", some(["?before=x", "?before=-1", "?before=" + "9" * 40, "?verb=drop", "?by=9"], 3))
def test_odd_queries_are_the_plain_page(client: Client, query: str) -> None:
    assert client.get(PATH + query).status_code == 200
