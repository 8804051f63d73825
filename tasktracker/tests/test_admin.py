"""The admin: decisions go through the services, evidence is inline, long lists are never counted."""

from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ingestion.models import Delivery, Message
from proposals.desk import Filters
from proposals.models import Proposal, ReviewAction, SavedFilter
from proposals.tests.factories import make_message, make_proposal
from tasktracker.core.tests.factories import Person
from tasktracker.tests.pages import Page
from tasktracker.tests.support import some


@pytest.fixture
def browser(owner: Person) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(owner.user)
    return client


def act(browser: Client, model: str, action: str, *rows: Any) -> str:
    """Choose rows of a list and do an action; the page that comes back."""
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return browser.post(f"/admin/{model}/", data, follow=True).content.decode()


def test_approve_and_undo_go_through_the_services(browser: Client, owner: Person) -> None:
    first, second = make_proposal(owner.workspace), make_proposal(owner.workspace)
    assert "2 approved" in act(browser, "proposals/proposal", "approve", first, second)
    assert set(Proposal.objects.values_list("status", "decided_by")) == {("approved", owner.user.pk)}
    assert ReviewAction.objects.filter(verb="approve").count() == 2
    assert "1 taken back" in act(browser, "proposals/proposal", "undo", first)
    first.refresh_from_db()
    assert first.status == "pending"


def test_what_somebody_else_decided_is_told_and_not_done_again(
    browser: Client, owner: Person, colleague: Person
) -> None:
    from proposals import services

    proposal = make_proposal(owner.workspace)
    services.approve(proposal_id=proposal.pk, by=colleague.user)
    page = act(browser, "proposals/proposal", "reject_as_noise", proposal)
    assert "colleague was first" in page
    proposal.refresh_from_db()
    assert (proposal.status, proposal.decided_by) == ("approved", colleague.user)


@pytest.mark.long
def test_a_proposal_shows_its_words_and_nothing_to_type_into(browser: Client, owner: Person) -> None:
    proposal = make_proposal(owner.workspace)
    page = browser.get(f"/admin/proposals/proposal/{proposal.pk}/change/").content.decode()
    assert "the export dies with a 500" in page
    assert 'name="status"' not in page


@pytest.mark.long
def test_ones_own_saved_filters_narrow_the_list_to_what_the_desk_shows(
    browser: Client, owner: Person, colleague: Person, stranger: Person
) -> None:
    workspace = owner.workspace
    for number, (kind, status, confidence) in enumerate(
        [("task", "pending", 0.95), ("task", "pending", 0.5), ("atom", "pending", 0.95), ("task", "snoozed", 0.95)]
    ):
        later = timezone.now() if status == "snoozed" else None
        make_proposal(
            workspace, kind, f"Number {number}", status=status, confidence=confidence, snoozed_until=later,
            fingerprint=f"f{number}",
        )  # fmt: skip

    def save(person: Person, query: str) -> SavedFilter:
        return SavedFilter.objects.create(workspace=person.workspace, user=person.user, name=query, query=query)

    def shown(saved: int | str) -> list[str]:
        page = Page.of(browser.get("/admin/proposals/proposal/", {"saved": saved}))
        return sorted(tag.text for tag in page.all("a", href="/admin/proposals/proposal/") if "Number" in tag.text)

    first = save(owner, "kind=task")
    for query in some(["kind=task&tier=high", "status=snoozed", "status=all&q=number", "age=over-1d"], 2):
        desk = [row.title for row in Filters.of(QueryDict(query)).matching(workspace)]
        assert shown(save(owner, query).pk) == sorted(desk), query
    theirs = [save(colleague, "kind=atom&tier=high"), save(stranger, "kind=topic")]
    unknown: list[int | str] = [10**17, "x", "-1", "1" * 40]
    for foreign in (*(row.pk for row in theirs), *some(unknown, 4)):
        assert shown(foreign) == [], foreign
    offered = Page.of(browser.get("/admin/proposals/proposal/")).text
    assert "kind=task&tier=high" in offered
    assert not [row for row in theirs if row.name in offered]
    with CaptureQueriesContext(connection) as queries:
        browser.get("/admin/proposals/proposal/", {"saved": first.pk})
    before = len(queries)
    for number in range(9):
        save(owner, f"kind=task&q=x{number}")
    with CaptureQueriesContext(connection) as queries:
        browser.get("/admin/proposals/proposal/", {"saved": first.pk})
    assert len(queries) == before


@pytest.mark.long
def test_rows_of_another_workspace_can_not_be_acted_on(browser: Client, stranger: Person) -> None:
    foreign = make_proposal(stranger.workspace)
    act(browser, "proposals/proposal", "approve", foreign)
    foreign.refresh_from_db()
    assert foreign.status == "pending"
    assert browser.get(f"/admin/proposals/proposal/{foreign.pk}/change/").status_code == 302


@pytest.mark.long
def test_the_message_list_is_never_counted_whole(browser: Client, owner: Person) -> None:
    for _ in range(3):
        make_message(owner.workspace)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert browser.get("/admin/ingestion/message/?q=export").status_code == 200
    asked = [query["sql"] for query in queries if "ingestion_message" in query["sql"]]
    assert asked
    assert [sql for sql in asked if "COUNT(" in sql.upper()] == []


@pytest.mark.long
def test_noise_is_flipped_and_a_delivery_tried_again(browser: Client, owner: Person) -> None:
    message = make_message(owner.workspace)
    act(browser, "ingestion/message", "mark_noise", message)
    assert Message.objects.get(pk=message.pk).verdict_by == "person"
    delivery = Delivery.objects.create(source=message.source, external_id="1", raw=b"{}", status="failed")
    act(browser, "ingestion/delivery", "try_again", delivery)
    assert Delivery.objects.get().status == "received"


@pytest.mark.long
def test_a_new_address_clears_the_key_of_a_provider(browser: Client, owner: Person) -> None:
    """S8: whoever may change an address must not be able to collect the key that was saved for another."""
    from analysis.models import Provider

    provider = Provider(workspace=owner.workspace, name="remote", kind="openai", base_url="https://a.example/v1")
    provider.set_api_key("sk-secret-of-a-provider")
    provider.save()
    form = {
        "workspace": owner.workspace.pk,
        "name": "remote",
        "kind": "openai",
        "base_url": "https://b.example/v1",
        "context_tokens": 8192,
        "concurrency": 2,
        "timeout_seconds": 60,
        "is_active": "on",
    }
    answer = browser.post(f"/admin/analysis/provider/{provider.pk}/change/", form)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    provider.refresh_from_db()
    assert (provider.base_url, provider.has_key) == ("https://b.example/v1", False)
