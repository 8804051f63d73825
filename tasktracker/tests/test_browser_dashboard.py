"""The dashboard in a real browser: it moves by itself while a run works, and never under the pointer."""

import pytest
from django.utils import timezone
from selenium.webdriver.common.action_chains import ActionChains

from analysis import services
from analysis.tests.factories import make_chat, make_message
from ingestion import services as ingestion
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from proposals.models import Proposal
from tasktracker.core.models import Workspace
from tasktracker.core.tests.factories import make_person
from tasktracker.tests.browser import Browser
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]
WINDOWS = 300  # enough for some seconds, so that the page has something to show in between
SEEN = """
window.seen = new Set();
new MutationObserver(() => {
  const strip = document.querySelector("#strip-done");
  if (strip) window.seen.add(strip.textContent);
}).observe(document.body, { childList: true, subtree: true });
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
    page.one("[data-held-for=feed] button").click()
    wait_for(lambda: len(page.all("#feed > li")) == 4)
    assert not page.shown("[data-held-for=feed]")
    ActionChains(page.driver).move_to_element(page.one("#figures")).perform()
    say(owner.workspace, 9, "Nobody points here now")
    wait_for(lambda: len(page.all("#feed > li")) == 5)
    assert page.complaints() == []


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
