"""The administration's policy: within its own nothing is refused; what it needs beyond ours is listed, and no more."""

from collections import Counter

import pytest
from django.test import Client

from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.browser import Browser
from tasktracker.tests.everything import fill
from tasktracker.tests.hostile import PAYLOADS
from tasktracker.tests.pages import Page
from tasktracker.tests.support import LiveStack, some, wait_for

pytestmark = [pytest.mark.django_db(transaction=True)]
AT = (
    *("/admin/", "/admin/proposals/proposal/", "/admin/ingestion/message/", "/admin/knowledge/atom/"),
    *("/admin/knowledge/task/", "/admin/analysis/provider/", "/admin/analysis/provider/add/", "/admin/core/user/"),
)
# What our own policy would report of Unfold's pages, and how often at most a page: explained in docs/OPERATING.md.
EXPLAINED = {"inline style": 1, "expression in an attribute": 150}
EXPRESSIONS = ("x-", "@", ":", "hx-on")


@pytest.fixture
def person(transactional_db: None) -> Person:
    return make_person("owner", role="admin")


def complaints(page: Page) -> Counter[str]:
    """The kinds of what the strict policy (`'self'` only) would report of a page."""
    found: Counter[str] = Counter()
    for tag in page.tags:
        if tag.name == "script" and "src" not in tag.attrs and tag.attrs.get("type") != "application/json":
            found["inline script"] += 1
        if tag.name == "style":
            found["inline style"] += 1
        for name in tag.attrs:
            if name == "style":
                found["style attribute"] += 1
            if name.startswith("on"):
                found["inline handler"] += 1
            if name.startswith(EXPRESSIONS):
                found["expression in an attribute"] += 1
        for name in ("src", "href"):
            address = tag.attrs.get(name, "")
            if tag.name in {"script", "link", "img"} and not address.startswith(("/", "data:", "#")) and address:
                found[f"{tag.name} from {address}"] += 1
    return found


@pytest.mark.long
def test_our_policy_would_report_what_is_explained_and_nothing_else(person: Person) -> None:
    fill(person, "A sentence")
    client = Client(headers={"host": "localhost"})
    client.force_login(person.user)
    seen: Counter[str] = Counter()
    for at in some(AT, 3):
        response = client.get(at)
        assert response.status_code == 200, at
        policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
        assert policy["script-src"] == "'self' 'unsafe-eval'"
        assert policy["style-src"] == "'self' 'unsafe-inline'"
        seen |= complaints(Page.of(response))  # the most of any page
    assert seen.keys() == EXPLAINED.keys()
    assert seen <= Counter(EXPLAINED), seen
    for at in ("/", "/review/"):
        assert not complaints(Page.of(client.get(at))), at


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.live
def test_within_its_own_policy_nothing_is_refused_and_no_words_run(
    person: Person, web: LiveStack, browser: Browser
) -> None:
    """Alpine evaluates attributes here, so words that became one would run."""
    made = fill(person, " ".join(PAYLOADS[:6]))
    browser.log_in(person.user, web.url)
    for at in (*some(AT, 3), f"/admin/proposals/proposal/{made.waiting[0].pk}/change/"):
        browser.open(at)
        wait_for(lambda: browser.run("return document.readyState === 'complete'"))
        assert browser.complaints() == [], at
