"""An edited message marks what quotes it, with the words that changed, until a person says that it still holds."""

from datetime import timedelta

import pytest

from ingestion.models import Message, MessageRevision, Quote
from ingestion.storage import mark_stale
from knowledge import services
from knowledge.models import Atom, Confirmation, Edit
from knowledge.wordsdiff import Piece, changed_words
from proposals.tests.factories import make_message, make_quote
from tasktracker.core.errors import Invalid
from tasktracker.core.tests.factories import Person
from tasktracker.tests.pages import Page, submit

pytestmark = pytest.mark.django_db
FIRST = "we retry three times and then give up"


def edit(message: Message, text: str) -> None:
    """The message as its platform tells of an edit, by the hands that take one in."""
    MessageRevision.objects.create(message=message, text=message.text, edited_at=message.edited_at)
    message.edited_at = (message.edited_at or message.sent_at) + timedelta(minutes=1)
    message.text = text
    message.save()
    mark_stale(message=message)


@pytest.fixture
def quote(rita: Person) -> Quote:
    return make_quote(rita.workspace, make_message(rita.workspace, FIRST))


@pytest.fixture
def atom(rita: Person, quote: Quote) -> Atom:
    atom = Atom.objects.create(workspace=rita.workspace, type="decision", title="Retry three times")
    atom.quotes.add(quote)
    return atom


def test_the_page_shows_which_words_changed(rita: Person, atom: Atom, quote: Quote) -> None:
    at = f"/atoms/{atom.pk}/"
    assert not Page.of(rita.browser.get(at)).all("div", class_="stale-note")
    edit(quote.message, "we retry five times and then give up")
    page = Page.of(rita.browser.get(at))
    assert "that this rests on was edited since" in " ".join(page.text.split())
    note = page.one("div", class_="stale-note")
    assert [tag.text.removeprefix("removed: ") for tag in note.inside if tag.name == "del"] == ["three"]
    assert [tag.text.removeprefix("added: ") for tag in note.inside if tag.name == "ins"] == ["five"]
    assert FIRST in page.one("blockquote").text
    assert page.all("a", href=f"/atoms/{atom.pk}/edit/")
    assert rita.api.get(f"/api/atoms/{atom.pk}").json()["stale"] is True


def test_still_true_holds_until_the_next_edit(rita: Person, atom: Atom, quote: Quote) -> None:
    other = Atom.objects.create(workspace=rita.workspace, type="risk", title="Too few tries")
    other.quotes.add(quote)
    client, at = rita.browser, f"/atoms/{atom.pk}/"
    edit(quote.message, "we retry three times, and then we give up")
    page = Page.of(client.get(at))
    assert submit(client, page, page.one("form", action="/still-true/"), at)["Location"] == at
    page = Page.of(client.get(at))
    assert not page.all("form", action="/still-true/")
    assert "edited since, still true" in page.text
    assert "read the edited message: still true" in page.one("section", id="history").text
    assert rita.api.get(f"/api/atoms/{atom.pk}").json()["stale"] is False
    assert rita.api.get(f"/api/atoms/{other.pk}").json()["stale"] is True
    edit(quote.message, "we never retry")
    assert Page.of(client.get(at)).all("form", action="/still-true/")
    assert rita.api.get(f"/api/atoms/{atom.pk}").json()["stale"] is True


def test_still_true_is_taken_back(rita: Person, atom: Atom, quote: Quote) -> None:
    edit(quote.message, "we retry three times, and then we give up")
    services.confirm_quote(kind="atom", object_id=atom.pk, quote_id=quote.pk, by=rita.user)
    first = Confirmation.objects.get().edited_at
    edit(quote.message, "we retry three times or four")
    services.confirm_quote(kind="atom", object_id=atom.pk, quote_id=quote.pk, by=rita.user)
    newest, oldest = Edit.objects.order_by("-pk")
    services.take_back(edit_id=newest.pk, by=rita.user)
    assert Confirmation.objects.get().edited_at == first
    services.take_back(edit_id=oldest.pk, by=rita.user)
    assert not Confirmation.objects.exists()


def test_only_an_edited_quote_of_its_own_is_confirmed(rita: Person, atom: Atom, quote: Quote) -> None:
    foreign = make_quote(rita.workspace, make_message(rita.workspace, "another matter"))
    edit(foreign.message, "something else")
    for wrong in (quote, foreign):
        with pytest.raises(Invalid):
            services.confirm_quote(kind="atom", object_id=atom.pk, quote_id=wrong.pk, by=rita.user)
    assert not Edit.objects.exists()


def test_of_a_deleted_message_no_word_is_shown(rita: Person, atom: Atom, quote: Quote) -> None:
    edit(quote.message, "we retry five secret times")
    Message.objects.filter(pk=quote.message_id).update(deleted_at=quote.message.sent_at)
    page = Page.of(rita.browser.get(f"/atoms/{atom.pk}/"))
    assert "secret" not in page.text
    assert FIRST not in page.text
    assert "deleted since" in page.text
    assert not page.all("form", action="/still-true/")


def test_words_that_stayed_are_cut_around_what_changed() -> None:
    same = " ".join(str(number) for number in range(40))
    pieces = changed_words(f"{same} old {same} end", f"{same} new {same} end")
    assert [piece.kind for piece in pieces] == ["same", "old", "new", "same"]
    assert pieces[0].text == "… " + " ".join(str(number) for number in range(32, 40))
    assert pieces[3].text == " ".join(str(number) for number in range(8)) + " …"
    assert changed_words("a b", "a b") == [Piece("same", "a b")]
    assert changed_words("", "a") == [Piece("new", "a")]
