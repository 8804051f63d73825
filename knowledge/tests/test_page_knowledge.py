"""Topics, atoms and tasks on their pages, and the trail from a task back to the words."""

from typing import Any

import pytest

from knowledge.graph import place
from knowledge.models import Atom, AtomLink, ExternalLink, Task, Topic
from proposals import services as desk
from proposals.tests.factories import make_message, make_proposal, make_quote
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit

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


def test_a_topic_that_was_merged_leads_to_where_it_went(reviewer: Person) -> None:
    winner = Topic.objects.create(workspace=reviewer.workspace, name="Billing")
    loser = Topic.objects.create(workspace=reviewer.workspace, name="Bills", status="merged", merged_into=winner)
    client = reviewer.browser
    assert page_link(client.get(f"/topics/{loser.pk}/"), f"/topics/{winner.pk}/")
    assert "Bills" not in Page.of(client.get("/topics/")).text


def page_link(response: Any, href: str) -> bool:
    return bool(Page.of(response).all("a", href=href))


def test_topics_go_on_by_keyset(reviewer: Person) -> None:
    for number in range(70):
        Topic.objects.create(workspace=reviewer.workspace, name=f"Topic {number // 10:02}")
    client = reviewer.browser
    first = Page.of(client.get("/topics/"))
    rest = Page.of(client.get("/topics/" + first.one("a", href="after=").attrs["href"]))
    keys = [tag.attrs["data-key-id"] for page in (first, rest) for tag in page.all("li", data_key_id="")]
    assert len(keys) == len(set(keys)) == 70


@pytest.mark.parametrize("kind", ["topics", "atoms", "tasks"])
def test_a_stranger_gets_404(reviewer: Person, stranger: Person, kind: str) -> None:
    topic = Topic.objects.create(workspace=reviewer.workspace, name="Billing")
    made = {
        "topics": topic,
        "atoms": make_atom(reviewer, "decision", "Retry", topic),
        "tasks": Task.objects.create(workspace=reviewer.workspace, title="Fix it"),
    }[kind]
    assert stranger.browser.get(f"/{kind}/{made.pk}/").status_code == 404
    assert reviewer.browser.get(f"/{kind}/{made.pk}/").status_code == 200


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
    stops = [stop.attrs.get("href", "") for stop in page.tags if stop.attrs.get("class", "") == "stop"]
    assert stops == [
        "#words",
        f"/atoms/{atom.pk}/",
        f"/topics/{topic.pk}/",
        f"/review/{proposal.pk}/",
        "",
        "https://example.org/431",
    ]
    assert "the export dies with a 500" in page.one("figure", class_="quote").text
    assert page_link(reviewer.browser.get(f"/tasks/{task.pk}/"), f"/messages/{message.pk}/")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"open", "busy"}),
        ("?status=done", {"done"}),
        ("?status=all", {"open", "busy", "done"}),
        ("?priority=critical", {"busy"}),
        ("?q=third&status=all", {"done"}),
        ("?project=nonsense", set()),
        ("?status=nonsense", set()),
    ],
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
