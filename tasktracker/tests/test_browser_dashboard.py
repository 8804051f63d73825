"""The dashboard in a real browser: it moves by itself while a run works, and never under the pointer."""

import itertools

import pytest
from django.utils import timezone
from selenium.webdriver.common.action_chains import ActionChains

from analysis import services
from analysis.tests.factories import make_chat, make_message
from ingestion import services as ingestion
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from proposals.models import Proposal
from proposals.tests.factories import make_proposal
from tasktracker.core.models import Workspace
from tasktracker.core.tests.factories import make_person
from tasktracker.tests.browser import Browser
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]
WINDOWS = 100  # enough for some seconds, so that the page has something to show in between
SEEN = """
window.seen = new Set();
new MutationObserver(() => {
  const strip = document.querySelector("#strip-done");
  if (strip) window.seen.add(strip.textContent);
}).observe(document.body, { childList: true, subtree: true });
"""

WATCHED = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift" });
"""
TOP = "(css) => document.querySelector(css).getBoundingClientRect().top"
TOPS = "return [...document.querySelectorAll('main section')].map((el) => el.offsetTop)"
FETCHES = """
window.asked = [];
document.body.addEventListener("htmx:beforeRequest", (e) => {
  if (e.target.id === "figures") window.asked.push(performance.now());
});
"""


def say(workspace: Workspace, number: int, text: str) -> None:
    """A message comes in at the one door, with its event."""
    source = ingestion.ensure_source(workspace=workspace, name="chat", kind="api")
    ingestion.record_message(
        source=source,
        draft=MessageDraft(
            channel=ChannelDraft(platform="api", external_id="general", title="general"),
            external_id=f"said-{number}",
            author=PersonDraft(external_id="ines", name="Ines"),
            text=text,
            sent_at=timezone.now(),
        ),
    )


def test_the_dashboard_changes_during_a_run_without_a_reload(live_stack: LiveStack, browser: Browser) -> None:
    owner = make_person("owner", role="admin")
    make_chat(owner.workspace, WINDOWS)
    page = browser
    page.log_in(owner.user, live_stack.url)
    wait_for(page.is_live)
    assert "No run yet" in page.text("#strip")
    assert page.text("#needs").startswith("Nothing waits")
    page.run("window.sameDocument = true")
    page.run(SEEN)
    run = services.create_run(workspace=owner.workspace, stage="knowledge", by=owner.user)
    services.start_run(run_id=run.pk, by=owner.user)
    wait_for(lambda: f"Run #{run.pk}" in page.text("#strip"), timeout=30)
    wait_for(lambda: "completed" in page.text("#strip"), timeout=120)
    wait_for(lambda: page.text("#strip-done") == str(WINDOWS))
    waiting = Proposal.objects.filter(status="pending").count
    assert wait_for(waiting) > 0
    wait_for(lambda: page.text("#figures .value") == f"{waiting():,}" and page.text("#review-count") == str(waiting()))
    wait_for(lambda: page.all("#needs > li[data-key-id]"))
    steps = page.run("return [...window.seen]")
    assert len(steps) >= 2, steps  # it filled step by step
    assert page.run("return window.sameDocument") is True
    assert page.complaints() == []


@pytest.mark.long
def test_new_rows_wait_where_the_pointer_is(web: LiveStack, browser: Browser) -> None:
    page = browser
    owner = make_person("owner", role="admin")
    make_message(owner.workspace, "The first message of the day")
    page.log_in(owner.user, web.url)
    wait_for(page.is_live)
    ActionChains(page.driver).move_to_element(page.one("#feed li")).perform()
    for number in range(3):
        say(owner.workspace, number, f"Message number {number}")
    wait_for(lambda: page.text("[data-held-for=feed]") == "3 new")
    assert len(page.all("#feed > li")) == 1
    page.click("[data-held-for=feed] button")
    wait_for(lambda: len(page.all("#feed > li")) == 4)
    assert not page.shown("[data-held-for=feed]")
    ActionChains(page.driver).move_to_element(page.one("#figures")).perform()
    say(owner.workspace, 9, "Nobody points here now")
    wait_for(lambda: len(page.all("#feed > li")) == 5)
    assert page.complaints() == []


@pytest.mark.long
def test_what_happened_while_the_server_was_away_is_shown_after(web: LiveStack, browser: Browser) -> None:
    page = browser
    owner = make_person("owner", role="admin")
    make_message(owner.workspace, "The first message of the day")
    page.log_in(owner.user, web.url)
    wait_for(page.is_live)
    web.kill("web")
    wait_for(lambda: not page.is_live())
    say(owner.workspace, 1, "Said while nobody was listening")
    web.start("web")
    wait_for(lambda: "Said while nobody was listening" in page.text("#feed"), timeout=60)
    assert page.is_live()


@pytest.mark.long
def test_what_someone_reads_stays_and_nothing_jumps_while_messages_come(web: LiveStack, browser: Browser) -> None:
    page = browser
    owner = make_person("owner", role="admin")
    say(owner.workspace, 0, "The first message of the day")
    page.log_in(owner.user, web.url)
    page.click("#ranges a[href*='days=30']")
    wait_for(lambda: page.all("#days-numbers tr")[30:])
    wait_for(page.is_live)
    page.click("#days-summary")
    page.run(WATCHED)
    before = page.run(TOPS)
    for number in range(1, 30):
        say(owner.workspace, number, f"Message number {number}")
    wait_for(lambda: page.text("#came h3 b") == "30")
    assert page.run("return document.querySelector('#days-numbers').open") is True
    assert len(page.all("#days-numbers tr")) == 31  # of the range that was chosen
    assert page.run("return document.activeElement.id") == "days-summary"
    assert page.run(TOPS) == before
    assert page.run("return window.shift") < 0.01
    assert page.complaints() == []


@pytest.mark.long
def test_a_part_is_fetched_once_a_second_at_most(web: LiveStack, browser: Browser) -> None:
    page = browser
    owner = make_person("owner", role="admin")
    page.log_in(owner.user, web.url)
    wait_for(page.is_live)
    page.run(FETCHES)
    numbers = itertools.count()

    def asked_often() -> bool:
        say(owner.workspace, next(numbers), "One more")
        return len(page.run("return window.asked")) >= 4

    wait_for(asked_often, timeout=60)
    asked = page.run("return window.asked")
    assert min(later - earlier for earlier, later in itertools.pairwise(asked)) > 900, asked
    assert page.complaints() == []


@pytest.mark.long
def test_a_phone_shows_all_of_it_without_scrolling_sideways(web: LiveStack, browser: Browser) -> None:
    page = browser
    owner = make_person("owner", role="admin")
    say(owner.workspace, 0, "A message with a source-of-a-very-long-name " * 3)
    title = "A proposal with quite a long title that goes on and on " * 3
    make_proposal(owner.workspace, "atom", title, fingerprint="long")
    page.phone()
    page.log_in(owner.user, web.url)
    wait_for(page.is_live)
    page.run("document.querySelectorAll('main details').forEach((el) => { el.open = true; })")
    assert page.run("return document.documentElement.scrollWidth") == 375
    order = page.run("return ['#figures', '#strip', '#waits', '#needs', '#feed', '#came'].map(TOP)".replace("TOP", TOP))
    assert order == sorted(order)
    assert page.complaints() == []
