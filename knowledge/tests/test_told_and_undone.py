"""What is done by hand says so with its undo, and tells whoever has it open; topics and tasks ask what still holds."""

from typing import Any

import pytest

from ingestion.models import Quote
from knowledge import services, topicpage
from knowledge.models import Atom, AtomLink, Edit, Task, Topic
from knowledge.tests.test_stale import FIRST, edit
from knowledge.tests.worlds import TwoTopics, accepted
from proposals import services as desk
from proposals.tests.factories import make_message, make_proposal, make_quote
from tasktracker.core.errors import Invalid
from tasktracker.core.models import Event
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit, token_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(rita: Person) -> TwoTopics:
    return TwoTopics.made(rita.workspace)


def told() -> list[tuple[str, int]]:
    """The events since the last look, oldest first."""
    found = list(Event.objects.order_by("id").values_list("type", "object_id"))
    Event.objects.all().delete()
    return found


def toast(client: Any, at: str) -> tuple[Page, Any]:
    """The next page, and the form of the undo in its toast."""
    page = Page.of(client.get(at))
    return page, next(form for form in page.all("form") if any("data-undo" in tag.attrs for tag in form.inside))


@pytest.mark.long
def test_a_merge_is_taken_back_from_its_toast(rita: Person, world: TwoTopics) -> None:
    before, client = accepted(), rita.browser
    at = f"/topics/{world.billing.pk}/merge/"
    page = Page.of(client.get(f"{at}?q=invoices"))
    answer: Any = submit(client, page, page.one("form", action=at), at, into=world.invoices.pk)
    page, form = toast(client, answer["Location"])
    assert "“Billing” is part of this topic now." in page.text
    back: Any = submit(client, page, form, answer["Location"])
    assert back["Location"] == f"/topics/{world.billing.pk}/"
    assert "Taken back" in Page.of(client.get(back["Location"])).text
    assert accepted() == before


def test_a_split_is_taken_back_from_its_toast(rita: Person, world: TwoTopics) -> None:
    before, client = accepted(), rita.browser
    at = f"/topics/{world.billing.pk}/split/"
    page = Page.of(client.get(at))
    form = next(one for one in page.all("form", action=at))
    answer: Any = submit(client, page, form, at, name="VAT", atoms=[world.atoms[0].pk])
    made = Topic.objects.get(name="VAT")
    assert answer["Location"] == f"/topics/{made.pk}/"
    page, form = toast(client, answer["Location"])
    back: Any = submit(client, page, form, answer["Location"])
    assert back["Location"] == f"/topics/{world.billing.pk}/", "the page of what is gone would be a 404"
    assert accepted() == before


@pytest.mark.long
def test_an_edit_is_taken_back_from_its_toast_and_none_is_offered_where_nothing_was_different(
    rita: Person, world: TwoTopics
) -> None:
    client, atom = rita.browser, world.atoms[0]
    at = f"/atoms/{atom.pk}/edit/"
    for title, offered in (("Another title", True), ("Another title", False)):
        page = Page.of(client.get(at))
        answer: Any = submit(client, page, page.one("form", action=at), at, title=title)
        after = Page.of(client.get(answer["Location"]))
        found = [tag for tag in after.all("button") if "data-undo" in tag.attrs]
        assert bool(found) is offered
    services.change_atom(atom_id=atom.pk, by=rita.user, values={"title": "A third title"})
    page = Page.of(client.get(at))
    submit(client, page, page.one("form", action=at), at, title="A fourth title")
    page, form = toast(client, f"/atoms/{atom.pk}/")
    submit(client, page, form, f"/atoms/{atom.pk}/")
    atom.refresh_from_db()
    assert atom.title == "A third title"


@pytest.mark.long
def test_a_task_that_was_moved_on_its_page_or_the_board_goes_back(rita: Person, world: TwoTopics) -> None:
    client, task = rita.browser, world.task
    token = token_for(client)
    for view in ("", "?view=board"):
        at = f"/tasks/{task.pk}/change/{view}"
        data = {"status": "done", "csrfmiddlewaretoken": token}
        moved = Page.of(client.post(at, data, headers={"HX-Request": "true"}))
        form = next(one for one in moved.all("form") if any("data-undo" in tag.attrs for tag in one.inside))
        back: Any = submit(client, moved, form, at)
        assert back["Location"] == ("/tasks/?view=board" if view else f"/tasks/{task.pk}/")
        task.refresh_from_db()
        assert task.status == "open"
        again = Page.of(client.post(at, {**data, "status": "open"}, headers={"HX-Request": "true"}))
        assert not [tag for tag in again.tags if "data-undo" in tag.attrs], "nothing was different"


@pytest.mark.long
def test_whoever_has_it_open_hears_of_each_change_by_hand(rita: Person, world: TwoTopics) -> None:
    by, billing, (problem, solution, decision) = rita.user, world.billing, world.atoms
    services.change_topic(topic_id=billing.pk, by=by, values={"description": "VAT and all"})
    assert told() == [("topic.updated", billing.pk)]
    services.change_topic(topic_id=billing.pk, by=by, values={"description": "VAT and all"})
    assert told() == [], "nothing was different"
    services.change_atom(atom_id=problem.pk, by=by, values={"title": "Other"})
    assert told() == [("atom.updated", problem.pk)]
    services.link_atoms(workspace=rita.workspace, from_atom=decision, to_atom=problem, kind="supports", by=by)
    assert told() == [("atom.updated", decision.pk), ("atom.updated", problem.pk)]
    link = AtomLink.objects.get(type="supports")
    services.unlink_atoms(link_id=link.pk, by=by)
    assert told() == [("atom.updated", decision.pk), ("atom.updated", problem.pk)]
    services.merge_atom(atom_id=solution.pk, into_id=decision.pk, by=by)
    assert told() == [("atom.updated", solution.pk), ("atom.updated", decision.pk)]
    services.merge_topic(topic_id=world.invoices.pk, into_id=billing.pk, by=by)
    assert told() == [("topic.updated", world.invoices.pk), ("topic.updated", billing.pk)]
    merged = Edit.objects.filter(verb="merge", kind="topic").get()
    services.take_back(edit_id=merged.pk, by=by)
    assert sorted(told()) == sorted([("topic.updated", world.invoices.pk), ("topic.updated", billing.pk)])
    made = services.split_topic(topic_id=billing.pk, by=by, name="VAT", atoms=[problem.pk])
    assert told() == [("topic.updated", billing.pk), ("topic.created", made.pk)]


def test_an_event_says_ids_and_states_and_no_word_of_what_was_written(rita: Person, world: TwoTopics) -> None:
    services.change_topic(topic_id=world.billing.pk, by=rita.user, values={"description": "hush", "status": "archived"})
    services.change_atom(atom_id=world.atoms[0].pk, by=rita.user, values={"title": "hush"})
    assert list(Event.objects.order_by("id").values_list("data", flat=True)) == [
        {"status": "archived"}, {"status": "active", "atom_type": "problem"},
    ]  # fmt: skip


@pytest.mark.long
def test_what_a_decision_changes_and_its_undo_are_told_too(rita: Person, world: TwoTopics) -> None:
    problem = world.atoms[0]
    proposal = make_proposal(
        rita.workspace, "atom", "Problem of VAT in the EU", recommendation="update_existing", target_id=problem.pk,
        payload={"type": "problem", "diff": {"title": {"before": problem.title, "after": "Problem of VAT in the EU"}}},
    )  # fmt: skip
    desk.approve(proposal_id=proposal.pk, by=rita.user)
    assert ("atom.updated", problem.pk) in told()
    desk.undo(proposal_id=proposal.pk, by=rita.user)
    assert told() == [("proposal.undone", proposal.pk), ("atom.updated", problem.pk)]


# --- still true -----------------------------------------------------------------------------------------------------


@pytest.fixture
def quote(rita: Person) -> Quote:
    return make_quote(rita.workspace, make_message(rita.workspace, FIRST))


@pytest.fixture
def atom(rita: Person, quote: Quote) -> Atom:
    atom = Atom.objects.create(workspace=rita.workspace, type="decision", title="Retry three times")
    atom.quotes.add(quote)
    return atom


@pytest.mark.long
def test_a_task_asks_whether_it_holds_and_hears_it_once(rita: Person, atom: Atom, quote: Quote) -> None:
    task = Task.objects.create(workspace=rita.workspace, title="Build the retries")
    task.atoms.add(atom)
    edit(quote.message, "we retry five times and then give up")
    client, at = rita.browser, f"/tasks/{task.pk}/"
    page = Page.of(client.get(at))
    assert "say whether this task still holds" in " ".join(page.text.split())
    answer: Any = submit(client, page, page.one("form", action=f"/tasks/{task.pk}/still-true/"), at)
    page, form = toast(client, answer["Location"])
    assert "edited since, still true" in page.text
    assert not page.all("form", action="/still-true/")
    assert Page.of(client.get(f"/atoms/{atom.pk}/")).all("form", action="/still-true/"), "the atom is asked by itself"
    submit(client, page, form, at)
    assert Page.of(client.get(at)).all("form", action="/still-true/")


@pytest.mark.long
def test_a_topic_lists_what_is_in_doubt_and_is_answered_there(rita: Person, atom: Atom, quote: Quote) -> None:
    topic = Topic.objects.create(workspace=rita.workspace, name="Retries")
    topic.quotes.add(quote)
    atom.topics.add(topic)
    client, at = rita.browser, f"/topics/{topic.pk}/"
    assert not Page.of(client.get(at)).all("section", id="doubts")
    edit(quote.message, "we retry five times and then give up")
    page = Page.of(client.get(at))
    section = page.one("section", id="doubts")
    assert [tag.text.removeprefix("removed: ") for tag in section.inside if tag.name == "del"] == ["three"]
    for action in (f"/topics/{topic.pk}/still-true/", f"/atoms/{atom.pk}/still-true/"):
        answer: Any = submit(client, page, page.one("form", action=action), at)
        assert answer["Location"] == at
    assert not Page.of(client.get(at)).all("section", id="doubts")
    edit(quote.message, "we never retry")
    assert len(Page.of(client.get(at)).all("form", action="/still-true/")) == 2


def test_a_quote_of_something_else_is_refused(rita: Person, atom: Atom, quote: Quote) -> None:
    edit(quote.message, "we never retry")
    task = Task.objects.create(workspace=rita.workspace, title="Another thing")
    topic = Topic.objects.create(workspace=rita.workspace, name="Another topic")
    for kind, row in (("task", task), ("topic", topic)):
        with pytest.raises(Invalid):
            services.confirm_quote(kind=kind, object_id=row.pk, quote_id=quote.pk, by=rita.user)


@pytest.mark.long
def test_a_viewer_sees_the_doubt_and_no_button(rita: Person, atom: Atom, quote: Quote) -> None:
    topic = Topic.objects.create(workspace=rita.workspace, name="Retries")
    atom.topics.add(topic)
    edit(quote.message, "we never retry")
    page = Page.of(make_person("vera", role="viewer").browser.get(f"/topics/{topic.pk}/"))
    assert page.all("section", id="doubts")
    assert not page.all("form", action="/still-true/")


@pytest.mark.long
def test_many_doubts_ask_no_more_queries(
    rita: Person, atom: Atom, quote: Quote, django_assert_num_queries: Any
) -> None:
    topic = Topic.objects.create(workspace=rita.workspace, name="Retries")
    atom.topics.add(topic)
    edit(quote.message, "we never retry")
    with django_assert_num_queries(4):
        assert len(topicpage.doubts(topic)) == 1
    for number in range(5):
        other = Atom.objects.create(workspace=rita.workspace, type="decision", title=f"Atom {number}")
        said = make_quote(rita.workspace, make_message(rita.workspace, f"{FIRST} {number}"))
        other.quotes.add(said)
        other.topics.add(topic)
        edit(said.message, "we never retry")
    with django_assert_num_queries(4):
        assert len(topicpage.doubts(topic)) == 6
