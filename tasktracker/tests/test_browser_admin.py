"""The administration's policy: within its own nothing is refused; what it needs beyond ours is listed, and no more."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import Client
from django.test.testcases import LiveServerThread
from django.test.utils import override_settings
from django.urls import get_resolver, reverse

from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.browser import Browser
from tasktracker.tests.everything import fill
from tasktracker.tests.hostile import PAYLOADS
from tasktracker.tests.support import LONG, LiveStack, some, wait_for

pytestmark = [pytest.mark.django_db(transaction=True)]
AT = (
    *("/admin/", "/admin/proposals/proposal/", "/admin/ingestion/message/", "/admin/knowledge/atom/"),
    *("/admin/knowledge/task/", "/admin/analysis/provider/", "/admin/analysis/provider/add/", "/admin/core/user/"),
)
# What a browser reports of Unfold's pages under our own policy, and how often at most a page: the table in the docs.
TABLE = (Path(settings.BASE_DIR) / "docs" / "OPERATING.md").read_text()
EXPLAINED = Counter({kind: int(most) for kind, most in re.findall(r"^\| `([a-z-]+ \w+)` \| (\d+) \|", TABLE, re.M)})


@pytest.fixture
def person(transactional_db: None) -> Person:
    return make_person("owner", role="admin")


@pytest.fixture
def strict() -> Iterator[str]:
    """The address of a server in this process that has our policy reported, not enforced, on every page."""
    server = LiveServerThread("localhost", StaticFilesHandler)
    server.daemon = True
    with override_settings(SECURE_CSP_REPORT_ONLY=settings.SECURE_CSP):
        server.start()
        server.is_ready.wait()
        assert server.error is None, server.error
        yield f"http://localhost:{server.port}"
        server.terminate()


def pages_of_all() -> list[str]:
    """Every list, form to add and form to change that the administration has."""
    assert get_resolver().url_patterns  # the pages are found when the addresses are read
    found = ["/admin/"]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        if row := model._default_manager.order_by("pk").last():
            found.append(reverse(f"{name}_change", args=[row.pk]))
    return found


def reports(browser: Browser) -> Counter[str]:
    """What the browser reported of the page that is open, by directive and by what it would have refused."""
    wait_for(lambda: browser.run("return document.readyState === 'complete'"))
    return Counter(browser.run("return window.__complaints"))


@pytest.mark.long
def test_the_administration_has_a_policy_of_its_own_and_no_other_page_has_it(person: Person) -> None:
    client = Client(headers={"host": "localhost"})
    client.force_login(person.user)
    for at, script, style in (
        *((one, "'self' 'unsafe-eval'", "'self' 'unsafe-inline'") for one in some(AT, 3)),
        *((one, "'self'", "'self'") for one in ("/", "/review/")),
    ):
        response = client.get(at)
        assert response.status_code == 200, at
        policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
        assert (policy["script-src"], policy["style-src"]) == (script, style), at


@pytest.mark.long
@pytest.mark.browser
def test_our_policy_would_report_what_is_explained_and_nothing_else(
    person: Person, strict: str, browser: Browser
) -> None:
    made = fill(person, "A sentence")
    client = Client(headers={"host": "localhost"})
    client.force_login(person.user)
    browser.url = strict
    browser.open("/static/app.css")  # a cookie needs a page of its own host
    browser.driver.add_cookie({"name": "sessionid", "value": client.cookies["sessionid"].value})
    change = f"/admin/proposals/proposal/{made.waiting[0].pk}/change/"
    # What may not be added to, or was made in no workspace of the person's, answers 403 or leads elsewhere.
    ours = [at for at in pages_of_all() if client.get(at).status_code == 200] if LONG else [*AT[::4], change]
    seen: Counter[str] = Counter()
    for at in ours:
        browser.open(at)
        found = reports(browser)
        assert found["script-src eval"], f"{at}: the browser reports nothing at all"
        seen |= found  # the most of any page

    assert seen.keys() == EXPLAINED.keys()
    assert seen <= EXPLAINED, seen
    browser.open("/")
    assert not [one for one in reports(browser) if "-src" in one]


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
