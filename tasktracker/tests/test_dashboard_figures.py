"""The dashboard's numbers are those of the workspace, in its own days, and nobody else's."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from analysis.tests.factories import make_run
from knowledge.models import Atom, AtomLink, Task, Topic
from proposals.models import Proposal
from proposals.tests.factories import make_message, make_proposal
from tasktracker import buckets, figures
from tasktracker.core.models import Workspace
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, Tag
from tasktracker.tests.support import count, some

pytestmark = pytest.mark.django_db
NAMES = ["To review", "Came in today", "Open tasks", "Oldest unanswered question"]


@pytest.fixture
def person() -> Person:
    return make_person("owner", role="manager")


def figures_of(person: Person) -> dict[str, tuple[str, str]]:
    """What stands in each figure, large and below it."""
    page = Page.of(person.browser.get("/"))
    found = {tag.inside[0].text: (one(tag, "value"), one(tag, "change")) for tag in page.all("a", id="figure-")}
    assert list(found) == NAMES
    return found


def one(figure: Tag, part: str) -> str:
    return next((tag.text for tag in figure.inside if tag.attrs.get("class") == part), "")


def make_atom(workspace: Workspace, kind: str, title: str, *, days: int) -> Atom:
    asked = timezone.now() - timedelta(days=days)
    return Atom.objects.create(workspace=workspace, type=kind, title=title, valid_from=asked)


def waits(person: Person) -> Page:
    return Page.of(person.browser.get("/", headers={"HX-Request": "true", "HX-Target": "waits"}))


def test_to_review_counts_what_is_pending_and_says_what_today_brought(person: Person) -> None:
    for kind in ("topic", "atom", "task"):
        make_proposal(person.workspace, kind, quotes=[])
    make_proposal(person.workspace, "atom", quotes=[], created_at=timezone.now() - timedelta(days=2))
    make_proposal(person.workspace, "task", quotes=[], status="needs_evidence")
    make_proposal(
        person.workspace, "task", quotes=[], status="approved", decided_at=timezone.now(), decided_by=person.user
    )
    assert figures_of(person)["To review"] == ("4", "5 new, 1 decided today")


def test_more_than_the_desk_counts_is_said_with_a_plus(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures.counted_to, "__defaults__", (2,))
    for _ in range(3):
        make_proposal(person.workspace, "atom", quotes=[])
    assert figures_of(person)["To review"][0] == "2+"


def test_came_in_today_begins_at_midnight_of_the_workspace(person: Person) -> None:
    person.workspace.timezone = "Pacific/Auckland"
    person.workspace.save()
    midnight = buckets.last_days(person.workspace, 1).edges[0]
    assert midnight.tzinfo == ZoneInfo("Pacific/Auckland")
    assert (midnight.hour, midnight.minute) == (0, 0)
    make_message(person.workspace, sent_at=midnight)
    make_message(person.workspace, sent_at=midnight - timedelta(seconds=1))
    make_message(person.workspace, sent_at=midnight - timedelta(hours=2))
    assert figures_of(person)["Came in today"] == ("1", "yesterday 2")


def test_a_day_of_25_hours_is_one_day_and_the_hour_shown_twice_is_two(monkeypatch: pytest.MonkeyPatch) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 10, 25, 20, 30, tzinfo=berlin))
    workspace = Workspace(timezone="Europe/Berlin")
    today = buckets.last_days(workspace, 2).edges
    assert today[2].timestamp() - today[1].timestamp() == 25 * 3600
    hours = buckets.last_hours(workspace).starts
    assert [f"{at:%H}" for at in hours].count("02") == 2
    assert {b.timestamp() - a.timestamp() for a, b in pairwise(hours)} == {3600}


@pytest.mark.long
def test_an_unknown_zone_is_utc(person: Person) -> None:
    Workspace.objects.filter(pk=person.workspace.pk).update(timezone="Mars/Olympus")
    assert "hours and days of UTC" in Page.of(person.browser.get("/")).text


@pytest.mark.long
def test_open_tasks_are_those_that_are_not_done(person: Person) -> None:
    for status in ("open", "in_progress", "done", "cancelled"):
        Task.objects.create(workspace=person.workspace, title=status, status=status)
    assert figures_of(person)["Open tasks"] == ("2", "4 new in a week")


@pytest.mark.long
def test_the_oldest_unanswered_question_stands_with_its_age_and_its_link(person: Person) -> None:
    oldest = make_atom(person.workspace, "question", "Who owns the importer?", days=9)
    answered = make_atom(person.workspace, "question", "Which release?", days=30)
    make_atom(person.workspace, "question", "Since yesterday", days=1)
    solution = make_atom(person.workspace, "solution", "2.4", days=1)
    AtomLink.objects.create(workspace=person.workspace, from_atom=solution, to_atom=answered, type="solves")
    assert figures_of(person)["Oldest unanswered question"] == ("9 days", "Who owns the importer?")
    link = waits(person).one("a", id="oldest-question")
    assert link.attrs["href"] == f"/atoms/{oldest.pk}/"
    assert "9 days" in link.text
    assert "1 more open" in link.text


@pytest.mark.long
def test_an_answer_that_was_taken_back_leaves_the_question_open_here_and_on_its_topic(person: Person) -> None:
    asked = make_atom(person.workspace, "question", "Which release?", days=30)
    solution = make_atom(person.workspace, "solution", "2.4", days=1)
    AtomLink.objects.create(workspace=person.workspace, from_atom=solution, to_atom=asked, type="solves")
    topic = Topic.objects.create(workspace=person.workspace, name="Releases")
    topic.atoms.add(asked, solution)

    def shown() -> tuple[str, bool]:
        page = Page.of(person.browser.get(f"/topics/{topic.pk}/"))
        return figures_of(person)["Oldest unanswered question"][0], "Open questions" in page.text

    assert shown() == ("none", False)
    Atom.objects.filter(pk=solution.pk).update(status="retired")
    assert shown() == ("30 days", True)


@pytest.mark.long
def test_the_oldest_blocker_stands_too_until_it_is_solved(person: Person) -> None:
    assert "Nothing is blocked" in waits(person).text
    blocker = make_atom(person.workspace, "blocker", "The DPA is not signed", days=4)
    assert waits(person).one("a", id="oldest-blocker").attrs["href"] == f"/atoms/{blocker.pk}/"
    blocker.valid_to = timezone.now()
    blocker.save()
    assert "Nothing is blocked" in waits(person).text


@pytest.mark.long
def test_what_waits_leads_to_the_desk_that_shows_as_many(person: Person) -> None:
    for kind, number in (("topic", 1), ("atom", 2), ("task", 3)):
        for _ in range(number):
            make_proposal(person.workspace, kind, quotes=[])
    make_proposal(person.workspace, "task", quotes=[], status="needs_evidence")
    make_proposal(person.workspace, "task", quotes=[], status="snoozed", snoozed_until=timezone.now())
    links = waits(person).all("a", id="waits-")
    assert [link.text.split() for link in links] == [
        ["1", "topics"], ["2", "atoms"], ["3", "tasks"], ["1", "needs", "evidence"], ["1", "snoozed"],
    ]  # fmt: skip
    for link in some(links, 2):
        rows = Page.of(person.browser.get(link.attrs["href"])).all("li", id="row-")
        assert str(len(rows)) == link.text.split()[0], link


def test_a_long_run_is_a_strip_of_bounded_length_that_hides_no_failure(person: Person) -> None:
    whole = count(300, 1_000)
    run = make_run(person.workspace, windows=whole)
    run.windows.filter(ordinal__lt=whole // 2).update(status="done")
    run.windows.filter(ordinal=whole // 4).update(status="failed")
    strip = figures.strip_of(person.workspace)
    assert strip is not None
    assert strip.cells <= figures.CELLS
    assert (strip.done, strip.failed, strip.total) == (run.windows.filter(status="done").count(), 1, whole)
    paths = dict(strip.paths)
    assert paths["failed"].count("M") == 1
    assert sum(line.count("M") for line in paths.values()) == strip.cells


@pytest.mark.long
def test_another_workspace_counts_for_nothing(person: Person) -> None:
    other = make_person("stranger", workspace="elsewhere").workspace
    make_message(other, sent_at=timezone.now())
    make_proposal(other, "atom", quotes=[])
    make_atom(other, "question", "Not yours", days=40)
    make_atom(other, "blocker", "Not yours either", days=40)
    Task.objects.create(workspace=other, title="theirs")
    make_run(other, windows=2)
    assert [value for value, _ in figures_of(person).values()] == ["0", "0", "0", "none"]
    page = Page.of(person.browser.get("/"))
    assert "Not yours" not in page.text
    assert "No run yet" in page.text


@pytest.mark.long
def test_a_viewer_sees_the_numbers_and_no_door_that_is_closed(person: Person) -> None:
    make_proposal(person.workspace, "atom", "A thing that waits", quotes=[])
    viewer = make_person("viewer", role="viewer")
    page = Page.of(viewer.browser.get("/"))
    assert "A thing that waits" in page.text
    doors = [tag.attrs for tag in page.all("a", href="/settings/") if tag.attrs["href"] == "/settings/"]
    assert {attrs.get("class") for attrs in doors} == {"item"}  # in the menu of the bar
    assert "New run" not in page.text
    assert Proposal.objects.get().status == "pending"
