"""Topics, atoms and tasks on their pages, and the trail from a task back to the words."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ingestion.models import Quote
from knowledge import services
from knowledge.graph import place
from knowledge.models import Atom, AtomLink, ExternalLink, Task, Topic
from proposals import services as desk
from proposals.tests.factories import make_message, make_proposal, make_quote
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer() -> Person:
    return make_person("rita", role="reviewer")


def make_atom(person: Person, kind: str, title: str, topic: Topic, **more: Any) -> Atom:
    atom = Atom.objects.create(workspace=person.workspace, type=kind, title=title, **more)
    atom.topics.add(topic)
    atom.quotes.add(make_quote(person.workspace))
    return atom


def panel(page: Page, heading: str) -> str:
    """The words of the panel with this heading, "" when there is none."""
    return next((one.text for one in page.all("section", class_="panel") if heading in one.text[:80]), "")


def test_a_topic_tells_what_is_decided_what_is_open_and_what_blocks(reviewer: Person) -> None:
    topic = Topic.objects.create(workspace=reviewer.workspace, name="Billing")
    make_atom(reviewer, "decision", "Retry three times", topic)
    asked = make_atom(reviewer, "question", "Who pays?", topic)
    answered = make_atom(reviewer, "question", "When is it due?", topic)
    answer = make_atom(reviewer, "solution", "On Friday", topic)
    make_atom(reviewer, "blocker", "No certificate", topic)
    AtomLink.objects.create(workspace=reviewer.workspace, from_atom=answer, to_atom=answered, type="solves")
    page = Page.of(reviewer.browser.get(f"/topics/{topic.pk}/"))
    assert "Retry three times" in panel(page, "Decided")
    assert asked.title in panel(page, "Open questions")
    assert answered.title not in panel(page, "Open questions")
    assert "No certificate" in panel(page, "In the way")
    assert all(atom.title in panel(page, "Timeline") for atom in topic.atoms.all())
    assert len(page.all("line")) == 1
    assert "solves 2, When is it due?" in " ".join(page.one("ol", class_="graph-list").text.split())
    assert "Who pays?" not in page.one("ol", class_="graph-list").text


def test_what_is_open_comes_oldest_first_with_its_age_however_much_came_after(reviewer: Person) -> None:
    topic = Topic.objects.create(workspace=reviewer.workspace, name="Billing")
    now = timezone.now()
    for days, title in ((2, "No key"), (400, "No contract"), (30, "No server")):
        make_atom(reviewer, "blocker", title, topic, valid_from=now - timedelta(days=days, minutes=5))
    later = [Atom(workspace=reviewer.workspace, type="idea", title=f"Idea {n}", valid_from=now) for n in range(60)]
    topic.atoms.add(*Atom.objects.bulk_create(later))
    page = Page.of(reviewer.browser.get(f"/topics/{topic.pk}/"))
    told = panel(page, "In the way")
    assert sorted(("No key", "No contract", "No server"), key=told.index) == [
        "No contract",
        "No server",
        "No key",
    ]
    ages = ("1 year", "4 weeks", "2 days")
    assert all(age in told for age in ages)


def test_the_timeline_goes_on_by_keyset_and_counts_by_type(reviewer: Person) -> None:
    topic = Topic.objects.create(workspace=reviewer.workspace, name="Billing")
    kinds = ["idea" if number % 5 else "risk" for number in range(50)]
    rows = [Atom(workspace=reviewer.workspace, type=kind, title=f"Atom {n}") for n, kind in enumerate(kinds)]
    topic.atoms.add(*Atom.objects.bulk_create(rows))
    client, at = reviewer.browser, f"/topics/{topic.pk}/"
    first = Page.of(client.get(at))
    chips = " ".join(first.one("nav", class_="type-chips").text.split())
    assert chips == "all 50idea 40risk 10"
    rest = Page.of(client.get(at + first.one("a", href="before=").attrs["href"]))
    keys = [tag.attrs["id"] for page in (first, rest) for tag in page.all("li", id="atom-")]
    assert len(keys) == len(set(keys)) == 50
    assert len(Page.of(client.get(at + "?type=risk")).all("li", id="atom-")) == 10


def test_a_topic_that_was_merged_leads_to_where_it_went(reviewer: Person) -> None:
    winner = Topic.objects.create(workspace=reviewer.workspace, name="Billing")
    loser = Topic.objects.create(workspace=reviewer.workspace, name="Bills", status="merged", merged_into=winner)
    client = reviewer.browser
    assert page_link(client.get(f"/topics/{loser.pk}/"), f"/topics/{winner.pk}/")
    assert "Bills" not in Page.of(client.get("/topics/")).text


def page_link(response: Any, href: str) -> bool:
    return bool(Page.of(response).all("a", href=href))


@pytest.mark.long
def test_topics_go_on_by_keyset(reviewer: Person) -> None:
    Topic.objects.bulk_create(Topic(workspace=reviewer.workspace, name=f"Topic {n // 10:02}") for n in range(70))
    client = reviewer.browser
    first = Page.of(client.get("/topics/"))
    rest = Page.of(client.get("/topics/" + first.one("a", href="after=").attrs["href"]))
    keys = [tag.attrs["data-key-id"] for page in (first, rest) for tag in page.all("li", data_key_id="")]
    assert len(keys) == len(set(keys)) == 70


@pytest.mark.long
@pytest.mark.parametrize("kind", some(["topics", "atoms", "tasks"], 3))
def test_a_stranger_gets_404(reviewer: Person, stranger: Person, kind: str) -> None:
    topic = Topic.objects.create(workspace=reviewer.workspace, name="Billing")
    made = {
        "topics": topic,
        "atoms": make_atom(reviewer, "decision", "Retry", topic),
        "tasks": Task.objects.create(workspace=reviewer.workspace, title="Fix it"),
    }[kind]
    assert stranger.browser.get(f"/{kind}/{made.pk}/").status_code == 404
    assert reviewer.browser.get(f"/{kind}/{made.pk}/").status_code == 200


@pytest.mark.long
def test_the_trail_leads_from_a_task_to_the_exact_words(reviewer: Person) -> None:
    message = make_message(reviewer.workspace, "the export dies with a 500", author="Ines")
    topic = Topic.objects.create(workspace=reviewer.workspace, name="Exports")
    atom = Atom.objects.create(workspace=reviewer.workspace, type="problem", title="Export fails")
    atom.topics.add(topic)
    quote = make_quote(reviewer.workspace, message)
    atom.quotes.add(quote)
    proposal = make_proposal(reviewer.workspace, "task", "Fix the export", quotes=[quote], payload={"atoms": [atom.pk]})
    desk.approve(proposal_id=proposal.pk, by=reviewer.user)
    task = Task.objects.get()
    ExternalLink.objects.create(task=task, tracker="github", external_id="431", url="https://example.org/431")
    page = Page.of(reviewer.browser.get(f"/tasks/{task.pk}/"))
    stops = page.all("summary", class_="stop")
    told = ("1 quote", "problem", "topic", "by rita", f"task #{task.pk}", "#431")
    assert len(stops) == len(told)
    assert all(words in stop.text for words, stop in zip(told, stops, strict=True))
    bodies = page.all("div", class_="stop-body")
    for at, inside in enumerate((
        f"/messages/{message.pk}/", f"/atoms/{atom.pk}/", f"/topics/{topic.pk}/", f"/review/{proposal.pk}/", "",
        "https://example.org/431",
    )):  # fmt: skip
        assert not inside or any(inside in tag.attrs.get("href", "") for tag in bodies[at].inside), inside
    assert "the export dies with a 500" in page.one("figure", class_="quote").text
    assert page_link(reviewer.browser.get(f"/tasks/{task.pk}/"), f"/messages/{message.pk}/")


@pytest.mark.long
@pytest.mark.parametrize(
    ("query", "expected"),
    some(
        [
            ("", {"open", "busy"}),
            ("?status=done", {"done"}),
            ("?status=all", {"open", "busy", "done"}),
            ("?priority=critical", {"busy"}),
            ("?q=third&status=all", {"done"}),
            ("?project=nonsense", set()),
            ("?status=nonsense", set()),
        ],
        2,
    ),
)
def test_tasks_are_filtered_by_the_url(reviewer: Person, query: str, expected: set[str]) -> None:
    made = {
        "open": Task.objects.create(workspace=reviewer.workspace, title="First"),
        "busy": Task.objects.create(
            workspace=reviewer.workspace, title="Second", status="in_progress", priority="critical"
        ),
        "done": Task.objects.create(workspace=reviewer.workspace, title="Third", status="done"),
    }
    page = Page.of(reviewer.browser.get(f"/tasks/{query}"))
    keys = {tag.attrs["data-key-id"] for tag in page.all("li", data_key_id="")}
    assert keys == {str(made[name].pk) for name in expected}


@pytest.mark.long
def test_the_status_of_a_task_is_set_by_a_plain_form(reviewer: Person) -> None:
    task = Task.objects.create(workspace=reviewer.workspace, title="Fix it")
    client, at = reviewer.browser, f"/tasks/{task.pk}/"
    page = Page.of(client.get(at))
    submit(client, page, page.one("form", action="/change/"), at, status="in_progress")
    task.refresh_from_db()
    assert (task.status, task.priority) == ("in_progress", "medium")
    refused = submit(client, page, page.one("form", action="/change/"), at, status="forgotten")
    assert refused.status_code == 400


def test_a_picture_is_drawn_of_linked_atoms_only() -> None:
    class One:
        def __init__(self, pk: int) -> None:
            self.pk, self.type, self.title = pk, "problem", f"atom {pk}"

    assert place([One(1), One(2)], []) is None
    picture = place([One(1), One(2), One(3)], [(1, 3, "solves"), (1, 99, "solves")])
    assert picture is not None
    assert [point.pk for point in picture.points] == [1, 3]
    assert len(picture.edges) == 1
    assert all(0 <= value <= picture.size for point in picture.points for value in (point.x, point.y))


@pytest.mark.long
def test_the_pages_ask_for_no_more_queries_however_much_there_is(reviewer: Person) -> None:
    topic = Topic.objects.create(workspace=reviewer.workspace, name="Billing")
    task = Task.objects.create(workspace=reviewer.workspace, title="Mend it")
    kinds = ("problem", "decision", "question", "blocker")
    atoms = [make_atom(reviewer, kind, f"First {kind}", topic) for kind in kinds]

    def grow() -> None:
        task.atoms.add(*atoms)
        for one, other in itertools.pairwise(atoms):
            AtomLink.objects.get_or_create(
                workspace=reviewer.workspace, from_atom=one, to_atom=other, type="relates_to"
            )
        title = f"Called {len(atoms)}"
        services.change_topic(topic_id=topic.pk, by=reviewer.user, values={"name": title})
        services.change_atom(atom_id=atoms[0].pk, by=reviewer.user, values={"title": title})
        services.change_task(task_id=task.pk, by=reviewer.user, values={"title": title})
        Quote.objects.update(is_stale=True)

    client = reviewer.browser

    def queries(at: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(at).status_code == 200
        return len(asked)

    pages = (f"/topics/{topic.pk}/", f"/topics/{topic.pk}/split/", f"/atoms/{atoms[0].pk}/", f"/tasks/{task.pk}/")
    grow()
    few = [queries(at) for at in pages]
    atoms += [make_atom(reviewer, kind, f"More {n} {kind}", topic) for n in range(2) for kind in kinds]
    for _ in range(3):
        atoms[0].quotes.add(make_quote(reviewer.workspace))
    grow()
    assert [queries(at) for at in pages] == few
