"""Filters of the desk: age, words, topic, project; what is counted is what is shown; kept under a name."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from knowledge.models import Project, Topic
from proposals.models import Proposal, SavedFilter
from proposals.tests.factories import make_proposal, make_proposals, make_quote, make_workspace, unsaved
from proposals.tests.test_page_desk import chips_of, rows_of
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit, token_for
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
DESK = "/review/"


@pytest.fixture
def reviewer() -> Person:
    return make_person("rita", role="reviewer")


@pytest.fixture
def client(reviewer: Person) -> Client:
    return reviewer.browser


def shown(client: Client, query: str) -> set[int]:
    """The ids in the list; the chips must say as many."""
    page = Page.of(client.get(f"{DESK}?{query}"))
    rows = rows_of(page)
    chips = chips_of(page)
    assert chips["All"] == chips["Topics"] + chips["Atoms"] + chips["Tasks"]
    assert chips["Tasks" if "kind=task" in query else "All"] == len(rows)
    return {int(pk) for pk in rows}


@pytest.mark.parametrize(
    ("age", "days"),
    some(
        [
            ("under-1d", {0}),
            ("under-3d", {0, 2}),
            ("under-1w", {0, 2, 5}),
            ("over-1d", {2, 5, 30}),
            ("over-3d", {5, 30}),
            ("over-1w", {30}),
            ("yesterday", {0, 2, 5, 30}),
        ],
        3,
    ),
)
def test_age_is_how_long_it_has_waited(reviewer: Person, client: Client, age: str, days: set[int]) -> None:
    made = {
        old: make_proposal(reviewer.workspace, created_at=timezone.now() - timedelta(days=old, hours=1)).pk
        for old in (0, 2, 5, 30)
    }
    assert shown(client, f"age={age}") == {made[old] for old in days}


@pytest.mark.long
def test_words_are_found_in_title_body_and_quotes(reviewer: Person, client: Client) -> None:
    workspace = reviewer.workspace
    silent = make_quote(workspace, text="hello there")
    title = make_proposal(workspace, title="Parking permits", quotes=[silent])
    described = make_proposal(workspace, title="Cars", payload={"description": "All parking rules"}, quotes=[silent])
    content = make_proposal(workspace, "atom", "Bikes", payload={"content": "No PARKING here"}, quotes=[silent])
    said = make_proposal(workspace, "task", "Trams", quotes=[make_quote(workspace, text="the parking is full")])
    other = make_proposal(workspace, title="Planes", quotes=[silent])
    make_proposal(make_workspace(), title="Parking elsewhere")
    everywhere = {title.pk, described.pk, content.pk, said.pk}
    assert shown(client, "q=park") == everywhere
    assert shown(client, "q=full+trams") == {said.pk}  # one word in a quote, the other in the title
    assert shown(client, "q=parking+hello") == {title.pk, described.pk, content.pk}
    assert shown(client, "q=parking&kind=task") == {said.pk}
    assert shown(client, "q=" + "planes'+%26+!+:*") == {other.pk}


def test_what_has_no_letter_is_looked_for_in_titles(reviewer: Person, client: Client) -> None:
    odd = make_proposal(reviewer.workspace, title="Costs in €€")
    make_proposal(reviewer.workspace, title="Costs")
    assert shown(client, "q=%E2%82%AC") == {odd.pk}


@pytest.mark.long
def test_a_topic_has_itself_its_atoms_and_what_would_change_it(reviewer: Person, client: Client) -> None:
    workspace = reviewer.workspace
    topic = Topic.objects.create(workspace=workspace, name="Billing")
    named = make_proposal(workspace, "atom", payload={"topic": "billing"})
    keyed = make_proposal(workspace, "atom", payload={"topic": topic.pk})
    changing = make_proposal(workspace, "topic", recommendation="update_existing", target_id=topic.pk)
    make_proposal(workspace, "atom", payload={"topic": "Login"})
    make_proposal(workspace, "task", title="Billing")
    assert shown(client, "topic=Billing") == {named.pk, keyed.pk, changing.pk}
    assert shown(client, "topic=Login&q=nothing") == set()
    waiting = make_proposal(workspace, "topic", title="Login")
    assert waiting.pk in shown(client, "topic=login")
    card = Page.of(client.get(f"{DESK}?at={named.pk}")).one("section", id="card")
    assert any(tag.attrs.get("href") == f"{DESK}?topic=billing" for tag in card.inside)


@pytest.mark.long
def test_a_project_has_its_own(reviewer: Person, client: Client) -> None:
    project = Project.objects.create(workspace=reviewer.workspace, name="Shop")
    own = make_proposal(reviewer.workspace, "task", project=project)
    make_proposal(reviewer.workspace, "task")
    assert shown(client, f"project={project.pk}") == {own.pk}


@pytest.mark.long
def test_the_number_of_queries_does_not_grow_with_the_list(reviewer: Person, client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            shown(client, "q=thing&age=under-1w")
        return len(found)

    make_proposal(reviewer.workspace, title="A thing")
    client.get(DESK)
    before = queries()
    for number in range(5):
        make_proposal(reviewer.workspace, title=f"Another thing {number}")
    for number in range(5):
        SavedFilter.objects.create(
            workspace=reviewer.workspace, user=reviewer.user, name=f"Filter {number}", query="kind=task"
        )
    assert queries() == before


def saved_names(person: Person) -> list[str]:
    page = Page.of(person.browser.get(DESK))
    return [tag.text.strip() for tag in page.one("div", class_="saved").inside if "item" in tag.attrs.get("class", "")]


@pytest.mark.long
def test_filters_are_kept_under_a_name_opened_and_forgotten(reviewer: Person) -> None:
    old = make_proposal(reviewer.workspace, "task", created_at=timezone.now() - timedelta(days=9))
    make_proposal(reviewer.workspace, "task")
    client, at = reviewer.browser, f"{DESK}?kind=task&age=over-1w"
    page = Page.of(client.get(at))
    response = submit(client, page, page.one("form", action="/review/filters/?"), at, name="  Old   tasks ")
    assert response["Location"] == at
    page = Page.of(client.get(DESK))
    link = next(tag for tag in page.all("a") if tag.text.strip() == "Old tasks")
    assert rows_of(Page.of(client.get(DESK + link.attrs["href"].removeprefix(DESK)))) == [str(old.pk)]

    page = Page.of(client.get(DESK + "?kind=atom"))
    submit(client, page, page.one("form", action="/review/filters/?"), DESK, name="Old tasks")
    assert SavedFilter.objects.get().query == "kind=atom"
    page = Page.of(client.get(DESK))
    submit(client, page, page.one("form", action="/delete/"), DESK)
    assert not SavedFilter.objects.exists()


@pytest.mark.long
def test_kept_filters_are_ones_own(reviewer: Person) -> None:
    omar = make_person("omar", role="reviewer")
    mine = SavedFilter.objects.create(workspace=reviewer.workspace, user=reviewer.user, name="Mine", query="kind=task")
    assert "Mine" in saved_names(reviewer)
    assert "Mine" not in saved_names(omar)
    client = omar.browser
    response = client.post(f"/review/filters/{mine.pk}/delete/", {"csrfmiddlewaretoken": token_for(client)})
    assert response.status_code == 404
    assert SavedFilter.objects.filter(pk=mine.pk).exists()


@pytest.mark.long
@pytest.mark.parametrize(
    ("query", "name", "told"), [("kind=task", " ", "a name"), ("", "Everything", "Choose a filter first")]
)
def test_what_can_not_be_kept_says_why(reviewer: Person, query: str, name: str, told: str) -> None:
    make_proposal(reviewer.workspace)
    client = reviewer.browser
    response = client.post(f"/review/filters/?{query}", {"name": name, "csrfmiddlewaretoken": token_for(client)})
    assert response.status_code == 400
    assert told in Page.of(response).text
    assert not SavedFilter.objects.exists()


@pytest.mark.long
def test_all_from_a_confidence_up_shows_the_least_sure_first_and_is_undone_as_one(reviewer: Person) -> None:
    workspace = reviewer.workspace
    sure = make_proposals(
        [unsaved(workspace, "atom", confidence=0.9 + n / 100, payload={"topic": "Billing"}) for n in range(6)]
    )
    unsure = make_proposal(workspace, "atom", confidence=0.89, payload={"topic": "Billing"})
    elsewhere = make_proposal(workspace, "atom", confidence=0.99, payload={"topic": "Login"})
    unproven = make_proposal(
        workspace, "atom", confidence=0.99, status="needs_evidence", quotes=[], payload={"topic": "Billing"}
    )
    client, at = reviewer.browser, f"{DESK}?topic=Billing"
    page = Page.of(client.get(at))
    form = page.one("form", action="/review/sweep/")
    fields = {tag.attrs["name"]: tag.attrs["value"] for tag in form.inside if tag.name == "input"}
    page = Page.of(client.get("/review/sweep/", {**fields, "least": "0.9"}))
    assert "Approve 6 proposals?" in page.text
    assert "topic “Billing”" in page.text
    titles = [tag.text.strip() for tag in page.one("ul", class_="rows").inside if "clip" in tag.attrs.get("class", "")]
    assert titles == [p.title for p in sure[:5]]

    late = make_proposal(workspace, "atom", confidence=0.95, payload={"topic": "Billing"})  # after the question
    question = page.one("form", action="/review/bulk/")
    ids = [tag.attrs["value"] for tag in question.inside if tag.attrs.get("name") == "ids"]
    response = submit(client, page, question, at, ids=ids)
    approved = set(Proposal.objects.filter(status="approved").values_list("pk", flat=True))
    assert approved == {p.pk for p in sure}
    assert not approved & {unsure.pk, elsewhere.pk, unproven.pk, late.pk}
    page = Page.of(client.get(response["Location"]))
    assert "6 approved" in page.one("div", id="toasts").text
    submit(client, page, page.one("form", action="/review/batch/"), at)
    assert not Proposal.objects.filter(status="approved").exists()


@pytest.mark.long
@pytest.mark.parametrize(
    ("least", "told"),
    some([("0.99", "Nothing of this list"), ("", "a number"), ("nan", "a number"), ("2", "a number")], 2),
)
def test_all_from_nothing_up_says_why_not(reviewer: Person, least: str, told: str) -> None:
    make_proposal(reviewer.workspace, confidence=0.5)
    response = reviewer.browser.get("/review/sweep/", {"least": least})
    assert response.status_code == 400
    assert told in Page.of(response).text
