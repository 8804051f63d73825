"""The page Learning in a real browser: full of figures it fits a phone and can be read, and a policy is set on it."""

from pathlib import Path

import pytest
from django.utils import timezone

from analysis.models import Agent, AnalysisRun
from analysis.tests.factories import make_provider
from proposals import services as proposals
from proposals.models import AutoApproval, Proposal
from proposals.tests.factories import make_sure
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.browser import Browser
from tasktracker.tests.support import LiveStack, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.live]
CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
IN_THEME = "document.documentElement.dataset.theme = arguments[0];\n"


@pytest.fixture
def person(transactional_db: None) -> Person:
    return make_person("owner", role="admin")


def is_wrong(number: int) -> bool:
    return number * 37 % 100 > number % 60 + 30


@pytest.fixture
def history(person: Person) -> None:
    """Two versions of an agent; the surer, the more often right, but never as often as it says."""
    provider = make_provider(person.workspace)
    agent = Agent.objects.create(
        workspace=person.workspace, name="reader of everything", purpose="extract_knowledge", provider=provider
    )
    runs = [
        AnalysisRun.objects.create(
            workspace=person.workspace, stage="knowledge", provider=provider, agent=agent, agent_version=version,
            prompt_version="3",
        )
        for version in (1, 2)
    ]  # fmt: skip
    Proposal.objects.bulk_create(
        Proposal(
            workspace=person.workspace, kind=("atom", "task", "topic")[n % 3], title=f"Proposal {n}", payload={},
            fingerprint=str(n), confidence=(n % 60 + 40) / 100, run=runs[n % 2],
            decided_at=timezone.now(), decided_by=person.user, sampled_at=timezone.now() if n % 40 == 0 else None,
            status="rejected" if is_wrong(n) else "approved", reject_reason="wrong_facts" if is_wrong(n) else "",
        )
        for n in range(300)
    )  # fmt: skip


@pytest.mark.long
def test_it_fits_a_phone_and_can_be_read(person: Person, history: None, web: LiveStack, browser: Browser) -> None:
    AutoApproval.objects.create(
        workspace=person.workspace, kind="task", stopped="People rejected 6 of the last 50.", stopped_at=timezone.now()
    )
    browser.log_in(person.user, web.url, at="/learning/")
    browser.motion(on=False)
    browser.phone()
    browser.open("/learning/")
    wait_for(lambda: browser.run("return document.readyState === 'complete' && !!window.htmx"))
    assert browser.too_wide() == []
    browser.desk()
    for theme in ("light", "dark"):
        assert browser.run(IN_THEME + CONTRAST, theme) == []
    assert len(browser.all("svg.curve circle")) == 6
    assert browser.complaints() == []


@pytest.mark.long
def test_a_policy_is_seen_first_then_turned_on(person: Person, history: None, web: LiveStack, browser: Browser) -> None:
    for _ in range(20):
        proposal = make_sure(person.workspace, "atom", confidence=0.95)
        proposals.approve(proposal_id=proposal.pk, by=person.user)
    browser.log_in(person.user, web.url, at="/learning/")
    assert not browser.all("#policy-atom form[action$='/on/']")
    field = browser.one("#id_atom_threshold")
    field.clear()
    field.send_keys("0.92")
    browser.click("#policy-atom form[action$='/save/'] button")
    wait_for(lambda: "At 0.92 you would have auto-approved" in browser.text("#policy-atom"))
    browser.click("#policy-atom form[action$='/on/'] button")
    wait_for(lambda: "since" in browser.text("#policy-atom"))
    assert AutoApproval.objects.get().is_active
    assert browser.complaints() == []
