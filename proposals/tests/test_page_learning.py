"""`/learning/`: figures as a chart and as a table, an empty room that says what to do, policies set step by step."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from proposals import services
from proposals.models import AutoApproval
from proposals.tests.factories import make_decided, make_proposal
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit, token_for
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
AT = "/learning/"


@pytest.fixture
def manager() -> Person:
    return make_person("mona", role="manager")


def decide(person: Person, count: int, **more: Any) -> None:
    make_decided(person.workspace, person.user, count, reason="not_actionable", **more)


def look(client: Client) -> Page:
    answer = client.get(AT)
    assert answer.status_code == 200
    return Page.of(answer)


def press(client: Client, page: Page, action: str, kind: str = "atom", **values: Any) -> Any:
    """Send the page's form as a browser would; its button's name and value are among `values`."""
    forms = [one for one in page.all("form") if one.attrs.get("action") == f"{AT}{action}/"]
    wanted = next(one for one in forms if any(tag.attrs.get("value") == kind for tag in one.inside))
    return submit(client, page, wanted, AT, kind=kind, **values)


def test_before_anything_is_decided_it_says_what_to_do_first(manager: Person) -> None:
    page = look(manager.browser)
    assert "Nothing is decided yet" in page.text
    assert page.all("a", href="/review/")
    assert "Nothing has proposed atoms here yet" in page.text
    assert "exact words from at least 2 people" in page.text
    assert "comes from chats of which people have decided 5 proposals or more" in page.text


def test_the_chart_and_the_tables_have_the_same_numbers(manager: Person) -> None:
    decide(manager, 10, wrong=2)
    decide(manager, 4, wrong=3, kind="task", confidence=0.75)
    answer = manager.browser.get(AT)
    page = Page.of(answer)
    told = [one.text for one in page.all("title")]
    assert "90% to 100% sure: 8 of 10 approved" in told
    assert "70% to 80% sure: 1 of 4 approved" in told
    html = answer.content.decode()
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in table(html, "calibration")]
    assert rows[9] == ["0.9", "to", "1.0", "0.95", "10", "8", "80%", "49%", "to", "94%"]
    assert rows[0][-2:] == ["–", "–"]
    assert any("not actionable 2" in row for row in table(html, "versions"))
    what_if = [re.sub(r"<[^>]+>", " ", row).split() for row in table(html, "what-if")]
    assert ["0.85", "none", "10", "·", "2", "wrong", "none"] in what_if
    assert what_if[0] == ["0.70", "none", "10", "·", "2", "wrong", "4", "·", "3", "wrong"]
    assert "style=" not in html
    assert "<script>" not in html


def table(html: str, name: str) -> list[str]:
    """The rows of a table's body, as they are."""
    body = html.split(f'id="{name}"')[1].split("<tbody>")[1].split("</tbody>")[0]
    return body.split("<tr>")[1:]


def test_a_manager_sees_what_it_would_have_done_and_turns_it_on_and_off(manager: Person) -> None:
    decide(manager, 41, wrong=2)
    client = manager.browser
    page = look(client)
    assert not [one for one in page.all("form") if one.attrs.get("action") == f"{AT}on/"]
    assert press(client, page, "save", threshold="0.92", sample="20").status_code == 302
    row = AutoApproval.objects.get()
    assert (row.kind, row.threshold, row.sample_rate, row.is_active) == ("atom", 0.92, 0.2, False)
    page = look(client)
    assert "At 0.92 you would have auto-approved 41, 2 of them wrong" in page.text
    assert press(client, page, "on").status_code == 302
    row.refresh_from_db()
    assert (row.is_active, row.set_by) == (True, manager.user)
    assert press(client, look(client), "off").status_code == 302
    row.refresh_from_db()
    assert not row.is_active


@pytest.mark.long
def test_too_few_decisions_offer_no_button_and_are_refused(manager: Person) -> None:
    decide(manager, 19)
    services.save_policy(workspace=manager.workspace, kind="atom", threshold=0.9, sample_rate=0.1, by=manager.user)
    client = manager.browser
    page = look(client)
    assert "Decide 1 more" in page.text
    assert not [one for one in page.all("form") if one.attrs.get("action") == f"{AT}on/"]
    answer = client.post(f"{AT}on/", {"kind": "atom", "csrfmiddlewaretoken": token_for(client)})
    assert answer.status_code == 409
    assert "19" in Page.of(answer).text
    assert not AutoApproval.objects.get().is_active


@pytest.mark.long
@pytest.mark.parametrize(
    "values", some([{"threshold": "0.5"}, {"threshold": "x"}, {"sample": "0"}, {"sample": "NaN"}], 4, 1)
)
def test_what_makes_no_sense_is_refused(manager: Person, values: dict[str, str]) -> None:
    client = manager.browser
    answer = press(client, look(client), "save", **{"threshold": "0.9", "sample": "10", **values})
    assert answer.status_code == 400
    assert not AutoApproval.objects.exists()


@pytest.mark.long
def test_a_policy_that_stopped_says_why(manager: Person) -> None:
    AutoApproval.objects.create(
        workspace=manager.workspace, kind="atom", stopped="People rejected 6 of 50.", stopped_at=timezone.now()
    )
    text = look(manager.browser).text
    assert "Auto-approval of atoms turned itself off" in text
    assert "People rejected 6 of 50." in text


@pytest.mark.long
def test_a_reviewer_sees_and_cannot_change(manager: Person) -> None:
    decide(manager, 20)
    services.save_policy(workspace=manager.workspace, kind="atom", threshold=0.9, sample_rate=0.1, by=manager.user)
    page = look(make_person("rita", role="reviewer").browser)
    assert "you would have auto-approved 20" in page.text
    assert not [one for one in page.all("form") if one.attrs.get("action", "").startswith(AT)]


@pytest.mark.long
def test_the_card_of_a_sample_says_so(manager: Person) -> None:
    proposal = make_proposal(manager.workspace, sampled_at=timezone.now())
    other = make_proposal(manager.workspace)
    client = manager.browser
    assert "Kept for you as a sample" in Page.of(client.get(f"/review/?at={proposal.pk}")).text
    assert "Kept for you as a sample" not in Page.of(client.get(f"/review/?at={other.pk}")).text


@pytest.mark.long
@pytest.mark.parametrize("at", ["/settings/", "/"])
def test_settings_and_dashboard_lead_there(manager: Person, at: str) -> None:
    assert Page.of(manager.browser.get(at)).all("a", href=AT)


@pytest.mark.long
@pytest.mark.parametrize("kind", some(["topic", "atom", "task"], 2))
def test_what_a_policy_made_shows_its_origin(manager: Person, kind: str) -> None:
    proposal = make_proposal(manager.workspace, kind)
    services.approve(proposal_id=proposal.pk, by=None)
    proposal.refresh_from_db()
    path = {"topic": "topics", "atom": "atoms", "task": "tasks"}[kind]
    client = manager.browser
    answer = client.get(f"/{path}/{proposal.created_id}/")
    assert answer.status_code == 200
    assert "auto-approval" in Page.of(answer).text
    assert "Auto-approved by policy" in Page.of(client.get(f"/review/?at={proposal.pk}")).text
