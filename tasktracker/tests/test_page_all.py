"""What every page keeps: its weight, its number of queries, its policy, its own cache, its words for an empty room."""

import gzip

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analysis.tests.factories import make_run as make_windows
from knowledge.models import Task, Topic
from proposals.tests.factories import make_message, make_proposal, make_quote
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.everything import fill
from tasktracker.tests.pages import Page
from tasktracker.tests.support import some
from tasktracker.tests.test_page_hostile import dangers

pytestmark = pytest.mark.django_db
WEIGHT = 80_000  # bytes over the wire, of a page with its style and its scripts
QUERIES = 40
HOSTILE = "</textarea><img src=x onerror=alert(1)>"
EMPTY = {
    "/": "No source yet",
    "/review/": "Nothing to review yet",
    "/messages/": "import_chat",
    "/topics/": "No topic yet",
    "/tasks/": "No open task",
    "/runs/": "No run yet",
    "/search/": "Search everything",
    "/settings/": "No source yet",
}


@pytest.fixture
def person() -> Person:
    return make_person("owner", role="admin")


@pytest.mark.long
def test_each_page_is_light_asks_little_and_names_what_is_on_it(person: Person) -> None:
    """Each page is fetched once for all that is asked of it."""
    made = fill(person, f"A sentence of the usual length that somebody {HOSTILE} on a Tuesday")
    client, sizes = person.browser, dict[str, int]()
    client.get("/")
    for at in some(made.pages, 2):  # the others are asked for the same dangers by test_page_hostile.py
        with CaptureQueriesContext(connection) as queries:
            page, weight = fetched(client, at, sizes)
        assert weight < WEIGHT, at
        assert len(queries) <= QUERIES, (at, [query["sql"][:90] for query in queries])
        check_headings(page, at)
        check_names(page, at)
        assert dangers(page) == [], at


def fetched(client: Client, at: str, sizes: dict[str, int]) -> tuple[Page, int]:
    """A page, and the bytes over the wire of it and of all files that it names, as a browser asks for them.

    `sizes` remembers the files of the pages before.
    """
    response = client.get(at, headers={"accept-encoding": "gzip"})
    assert response.status_code == 200, at
    assert response["Content-Encoding"] == "gzip"
    page = Page(gzip.decompress(response.content).decode())
    names = {tag.attrs.get("src") or tag.attrs.get("href", "") for tag in page.tags if tag.name in {"script", "link"}}
    names.add("/static/icons.svg")
    for name in names - sizes.keys():
        file = client.get(name, headers={"accept-encoding": "gzip"})
        assert file.status_code == 200, name
        sizes[name] = len(b"".join(file))
    return page, len(response.content) + sum(sizes[name] for name in names)


def check_headings(page: Page, at: str) -> None:
    assert page.one("title").text.strip() not in ("", "Task Tracker"), at
    assert len(page.all("main")) == 1, at
    ids = [tag.attrs["id"] for tag in page.tags if "id" in tag.attrs]
    assert len(ids) == len(set(ids)), (at, [one for one in ids if ids.count(one) > 1])


def check_names(page: Page, at: str) -> None:
    """Each field and each button has a name."""
    labelled = {tag.attrs.get("for") for tag in page.all("label")}
    wrapped = [id(inner) for label in page.all("label") for inner in label.inside]
    for tag in page.tags:
        if tag.name in {"input", "select", "textarea"} and tag.attrs.get("type") != "hidden":
            named = "aria-label" in tag.attrs or tag.attrs.get("id") in labelled or id(tag) in wrapped
            assert named, (at, tag)
        if tag.name == "button" and "disabled" not in tag.attrs and "data-held-for" not in tag.attrs:
            held = tag.attrs.get("class") == "btn primary s" and not tag.text.strip()
            assert held or tag.text.strip() or "aria-label" in tag.attrs or "title" in tag.attrs, (at, tag)


@pytest.mark.long
def test_full_pages_are_light_too(person: Person) -> None:
    words = "A sentence of the usual length that somebody wrote on a Tuesday"
    quotes = [make_quote(person.workspace, make_message(person.workspace, f"{words} {n}")) for n in range(80)]
    for number in range(80):
        make_proposal(
            person.workspace,
            "task",
            f"{words} {number}",
            quotes=quotes[number : number + 3],
            rank=number,
            fingerprint=f"p{number}",
        )
    Task.objects.bulk_create(Task(workspace=person.workspace, title=f"{words} {n}") for n in range(80))
    Topic.objects.bulk_create(Topic(workspace=person.workspace, name=f"{words} {n}") for n in range(80))
    run = make_windows(person.workspace, windows=2_000)
    client, sizes = person.browser, dict[str, int]()
    for at in ("/", "/review/", "/messages/", "/tasks/", "/topics/", f"/runs/{run.pk}/", "/search/?q=sentence"):
        assert fetched(client, at, sizes)[1] < WEIGHT, at


def test_an_empty_room_says_what_to_do_next(person: Person) -> None:
    client = person.browser
    for at, words in EMPTY.items():
        assert words in Page.of(client.get(at)).text, at


def test_the_policy_allows_our_own_files_only(person: Person) -> None:
    policy = person.browser.get("/")["Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == parts["script-src"] == parts["style-src"] == "'self'"
    assert parts["object-src"] == parts["base-uri"] == parts["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy


def test_fragments_and_pages_are_apart_in_every_cache(person: Person) -> None:
    response = person.browser.get("/review/")
    assert {"HX-Request", "HX-Target", "Cookie"} <= {part.strip() for part in response["Vary"].split(",")}
    assert "private" in response["Cache-Control"]
    assert "no-cache" in response["Cache-Control"]


def test_each_part_of_the_dashboard_comes_alone(person: Person) -> None:
    client = person.browser
    for part in ("figures", "strip", "feed", "needs", "charts"):
        page = Page.of(client.get("/", headers={"HX-Request": "true", "HX-Target": part}))
        assert [tag.attrs["id"] for tag in page.tags if tag.attrs.get("id") in {part}] == [part]
        assert not page.all("html"), part


def test_a_click_on_back_gets_the_whole_page(person: Person) -> None:
    headers = {"HX-Request": "true", "HX-Target": "feed", "HX-History-Restore-Request": "true"}
    assert Page.of(person.browser.get("/", headers=headers)).all("html")


def test_a_member_of_nothing_is_told_so_kindly() -> None:
    person = make_person("lost")
    person.user.memberships.all().delete()
    response = person.browser.get("/")
    assert response.status_code == 404
    assert "not a member" in Page.of(response).text


def test_an_address_that_is_not_there_has_a_page_of_ours(person: Person, client: Client) -> None:
    response = person.browser.get("/nothing/here/")
    assert response.status_code == 404
    assert "There is nothing here" in Page.of(response).text
    assert client.get("/nothing/here/").status_code == 404


def test_the_workspace_is_switched_and_kept(person: Person) -> None:
    make_person("owner", workspace="second", role="viewer")
    client = person.browser
    token = Page.of(client.get("/settings/")).one("input", name="csrfmiddlewaretoken").attrs["value"]
    client.post("/workspace/", {"workspace": "second", "csrfmiddlewaretoken": token})
    page = Page.of(client.get("/"))
    assert page.one("body").attrs["data-ws"] == "/ws/?workspace=second"
    assert client.post("/workspace/", {"workspace": "elsewhere", "csrfmiddlewaretoken": token}).status_code == 404


@pytest.mark.long
def test_a_token_is_shown_once_and_works_and_can_be_taken_back(person: Person) -> None:
    client = person.browser
    page = Page.of(client.get("/settings/"))
    csrf = page.one("input", name="csrfmiddlewaretoken").attrs["value"]
    made = Page.of(client.post("/settings/tokens/", {"label": "my script", "csrfmiddlewaretoken": csrf}))
    token = made.one("pre").text.strip()
    assert Client().get("/api/config", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    page = Page.of(client.get("/settings/"))
    assert token not in page.text
    assert "my script" in page.text
    form = page.all("form", action="/revoke/")[0]
    client.post(form.attrs["action"], {"csrfmiddlewaretoken": csrf})
    assert Client().get("/api/config", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_login_leads_back_and_says_what_went_wrong(client: Client, person: Person) -> None:
    person.user.set_password("right password")
    person.user.save()
    wrong = client.post("/login/?next=/tasks/", {"username": "owner", "password": "wrong"})
    assert "correct username and password" in Page.of(wrong).text
    right = client.post("/login/", {"username": "owner", "password": "right password", "next": "/tasks/"})
    assert right["Location"] == "/tasks/"
    away = Client().post(
        "/login/", {"username": "owner", "password": "right password", "next": "https://evil.example/"}
    )
    assert away["Location"] == "/"
