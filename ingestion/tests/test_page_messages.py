"""The messages pages: filters in the URL, keyset pages, one message in its talk, the flip of noise."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analysis.tests.factories import make_messages
from ingestion.models import Message
from proposals.tests.factories import make_message, make_proposal, make_quote
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
LIST = "/messages/"


@pytest.fixture
def reviewer() -> Person:
    return make_person("rita", role="reviewer")


def shown(page: Page) -> list[str]:
    return [tag.attrs["data-key-id"] for tag in page.all("li", data_key_id="")]


ALL = {"export", "thanks", "invoice"}
FILTERS: list[tuple[str, set[str]]] = [
    ("", ALL),
    ("?verdict=noise", {"thanks"}),
    ("?category=bug", {"export"}),
    ("?q=invoice", {"invoice"}),
    ("?q=nobody+said+this", set()),
    ("?since=2026-03-01&until=2026-03-02", ALL),
    ("?since=2026-03-02", set()),
    ("?since=yesterday", set()),
    ("?since=2026-02-31", set()),
    ("?author=Ines", {"invoice"}),
    ("?source=chat", ALL),
    ("?source=another", set()),
    ("?channel=abc", set()),
    ("?q=%00", ALL),
]


def test_filters_stand_in_the_url(reviewer: Person) -> None:
    texts = {
        "export": make_message(reviewer.workspace, "the export dies with a 500", category="bug"),
        "thanks": make_message(reviewer.workspace, "thanks!", verdict="noise"),
        "invoice": make_message(reviewer.workspace, "where is the invoice of March?", author="Ines"),
    }
    client = reviewer.browser
    for query, expected in some(FILTERS, 2, 1):
        found = set(shown(Page.of(client.get(LIST + query))))
        assert found == {str(texts[name].pk) for name in expected}, query


def test_older_messages_come_by_keyset_each_once_and_nothing_is_counted(reviewer: Person) -> None:
    first = make_message(reviewer.workspace)
    same_moment = first.sent_at + timedelta(hours=1)
    make_messages(reviewer.workspace, [("Ann", "the export dies")] * 70, sent_at=same_moment)
    client, at, seen = reviewer.browser, LIST, []
    while at:
        with CaptureQueriesContext(connection) as queries:
            page = Page.of(client.get(at))
        assert not [q for q in queries if "COUNT(" in q["sql"] and "ingestion_message" in q["sql"]]
        seen += shown(page)
        more = page.all("a", href="before=")
        at = LIST + more[0].attrs["href"] if more else ""
    assert len(seen) == len(set(seen)) == 71
    assert seen[-1] == str(first.pk)


def test_an_older_page_of_another_workspace_is_not_there(reviewer: Person, stranger: Person) -> None:
    theirs = make_message(stranger.workspace)
    assert reviewer.browser.get(f"{LIST}?before={theirs.pk}").status_code == 404
    assert reviewer.browser.get(f"{LIST}{theirs.pk}/").status_code == 404


def test_a_message_stands_between_five_before_and_five_after(reviewer: Person) -> None:
    talk = [make_message(reviewer.workspace, f"sentence {number:02}") for number in range(20)]
    page = Page.of(reviewer.browser.get(f"{LIST}{talk[10].pk}/"))
    said = page.one("ol", class_="talk")
    assert [f"sentence {number:02}" in said.text for number in range(20)] == [5 <= n <= 15 for n in range(20)]
    assert "sentence 10" in page.one("li", class_="cited").text


def test_what_was_quoted_is_marked_and_leads_to_what_became_of_it(reviewer: Person) -> None:
    message = make_message(reviewer.workspace, "the export dies with a 500")
    proposal = make_proposal(reviewer.workspace, title="Export fails", quotes=[make_quote(reviewer.workspace, message)])
    page = Page.of(reviewer.browser.get(f"{LIST}{message.pk}/"))
    assert page.one("mark").text == "the export dies with a 500"
    assert page.one("a", href=f"/review/{proposal.pk}/").text.strip().endswith("proposal, pending")


def test_a_deleted_message_shows_no_words(reviewer: Person) -> None:
    message = make_message(reviewer.workspace, "a secret that was taken back")
    Message.objects.filter(pk=message.pk).update(deleted_at=message.sent_at)
    for at in (LIST, f"{LIST}{message.pk}/", "/"):
        page = Page.of(reviewer.browser.get(at))
        assert "secret" not in page.text
        assert "deleted" in page.text


def test_noise_flips_and_flips_back(reviewer: Person) -> None:
    message = make_message(reviewer.workspace, "ok", verdict="noise")
    client = reviewer.browser
    for expected in ("signal", "noise"):
        page = Page.of(client.get(LIST))
        response = submit(client, page, page.one("form", action="/verdict/"), LIST)
        assert response.status_code == 302
        message.refresh_from_db()
        assert (message.verdict, message.verdict_by) == (expected, "person")


def test_a_flip_by_htmx_gives_the_row_back(reviewer: Person) -> None:
    message = make_message(reviewer.workspace, "ok", verdict="noise")
    client = reviewer.browser
    token = Page.of(client.get(LIST)).one("input", name="csrfmiddlewaretoken").attrs["value"]
    response = client.post(
        f"{LIST}{message.pk}/verdict/", {"csrfmiddlewaretoken": token}, headers={"HX-Request": "true"}
    )
    page = Page.of(response)
    assert page.one("li", id=f"message-{message.pk}")
    assert "This is signal now." in page.one("div", id="toasts").text


def test_after_a_flip_one_lands_here_and_nowhere_else(reviewer: Person) -> None:
    message = make_message(reviewer.workspace)
    client = reviewer.browser
    token = Page.of(client.get(LIST)).one("input", name="csrfmiddlewaretoken").attrs["value"]
    data = {"csrfmiddlewaretoken": token, "next": "https://evil.example/"}
    assert client.post(f"{LIST}{message.pk}/verdict/", data)["Location"] == f"{LIST}{message.pk}/"
