"""What a project's rules fill in and suggest: whole words, the reason told, never over what somebody has said."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingestion.models import Participant
from knowledge import projects
from knowledge.models import Project, Task
from proposals import services, suggesting
from proposals.models import Proposal
from proposals.tests.factories import make_finding, make_message, make_proposal, make_quote, make_run, make_workspace
from tasktracker.core.models import Workspace
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page, submit
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer() -> Person:
    return make_person("rita", role="reviewer")


@pytest.fixture
def room(reviewer: Person) -> Workspace:
    return reviewer.workspace


def speaker(workspace: Workspace, name: str) -> Participant:
    return Participant.objects.create(workspace=workspace, platform="api", external_id=name, name=name)


@pytest.fixture
def billing(room: Workspace) -> Project:
    olena, marek = speaker(room, "Olena"), speaker(room, "Marek")
    values: dict[str, Any] = {
        "name": "Billing",
        "keywords": ["invoice", "звіт"],
        "components": ["export", "tax"],
        "team": [{"participant": olena.pk, "components": ["export"]}],
        "default_assignee": marek,
        "priority_rules": [
            {"keywords": ["outage", "data loss"], "priority": "critical"},
            {"keywords": ["typo"], "priority": "low"},
        ],
    }
    return projects.create_project(workspace=room, values=values)


def taken_in(room: Workspace, title: str, words: str = "Yes, please do.", **payload: Any) -> Proposal:
    """The task proposal that a finding becomes; None in `payload` is what a model leaves out."""
    run = make_run(room, "tasks")
    quotes = [make_quote(room, make_message(room, words))]
    values = {"priority": None, **payload}
    make_finding(run, "task", title, quotes=quotes, **values)
    services.take_in(run_id=run.pk)
    return Proposal.objects.get(run=run)


def named(room: Workspace, name: str) -> int:
    return Participant.objects.get(workspace=room, name=name).pk


def test_a_task_without_fields_is_filled_by_the_rules_and_says_why(room: Workspace, billing: Project) -> None:
    proposal = taken_in(room, "The invoice export dies", words="It is an outage since noon")
    filled = {key: proposal.payload[key] for key in suggesting.FIELDS}
    assert filled == {"project": billing.pk, "assignee": named(room, "Olena"), "priority": "critical"}
    assert {proposal.origins[key] for key in suggesting.FIELDS} == {"rules"}
    assert proposal.origins["title"] == "ai"
    assert proposal.project == billing
    assert proposal.payload["suggested"] == {
        "project": "says “invoice” and “export”",
        "assignee": "owns “export” in Billing",
        "priority": "“outage” is critical in Billing",
    }


def test_what_the_model_has_said_stays(room: Workspace, billing: Project) -> None:
    proposal = taken_in(
        room, "The invoice export dies, an outage", priority="low", assignee="Sam", project="Something else"
    )
    assert {key: proposal.payload[key] for key in suggesting.FIELDS} == {
        "project": "Something else", "assignee": "Sam", "priority": "low"
    }  # fmt: skip
    assert "suggested" not in proposal.payload
    own = taken_in(room, "The tax is wrong", priority="low", project="billing")
    assert (own.payload["project"], own.payload["assignee"]) == ("billing", named(room, "Marek"))
    assert own.payload["suggested"] == {"assignee": "takes what nobody else owns in Billing"}


@pytest.mark.parametrize(
    ("title", "project", "assignee", "priority"),
    some(
        [
            ("Потрібен ЗВІТ за березень", True, "Marek", "medium"),
            ("Потрібна звітність", False, None, "medium"),
            ("Exporter and invoices", False, None, "medium"),
            ("Data  loss in tax", True, "Marek", "critical"),
            ("A typo during the outage of billing", True, "Marek", "critical"),
            ("Nothing of that", False, None, "medium"),
        ],
        2,
    ),
)
def test_words_count_as_a_whole_in_any_language(
    room: Workspace, billing: Project, title: str, project: bool, assignee: str | None, priority: str
) -> None:
    proposal = taken_in(room, title)
    assert (proposal.payload["project"] == billing.pk) is project
    assert proposal.payload["assignee"] == (named(room, assignee) if assignee else None)
    assert proposal.payload["priority"] == priority


def test_two_projects_that_are_spoken_of_as_much_are_both_left_out(room: Workspace, billing: Project) -> None:
    projects.create_project(workspace=room, values={"name": "Web", "keywords": ["page"]})
    assert taken_in(room, "The page of an invoice").payload["project"] is None
    assert taken_in(room, "The tax on the page of an invoice").payload["project"] == billing.pk


@pytest.mark.long
def test_nobody_is_suggested_who_is_gone_or_of_another_workspace(room: Workspace, billing: Project) -> None:
    Participant.objects.filter(workspace=room, name="Olena").delete()
    assert taken_in(room, "The export dies").payload["assignee"] == named(room, "Marek")
    other = make_workspace()
    assert taken_in(other, "The export dies").payload["project"] is None


def test_the_advice_of_a_batch_takes_as_many_queries_for_many_tasks(room: Workspace, billing: Project) -> None:
    adviser = suggesting.Adviser([billing])
    with CaptureQueriesContext(connection) as told:
        for number in range(20):
            assert adviser.advise({"title": f"export {number}"}, [])
    assert len(told) == 1


def test_approving_it_makes_the_task_as_the_rules_have_it(reviewer: Person, room: Workspace, billing: Project) -> None:
    proposal = taken_in(room, "The invoice export dies", words="an outage")
    services.approve(proposal_id=proposal.pk, by=reviewer.user)
    task = Task.objects.get()
    assert (task.project, task.priority, task.assignee_id) == (billing, "critical", named(room, "Olena"))
    action = proposal.actions.get()
    assert action.edited is False  # nobody has edited anything


def card(reviewer: Person, proposal: Proposal) -> Page:
    return Page.of(reviewer.browser.get(f"/review/?at={proposal.pk}"))


@pytest.mark.long
def test_the_card_shows_what_was_filled_as_filled_by_a_machine_and_why(
    reviewer: Person, room: Workspace, billing: Project
) -> None:
    proposal = taken_in(room, "The invoice export dies", words="an outage")
    page = card(reviewer, proposal)
    told = " ".join(page.one("section", id="advice").text.split())
    assert "project Billing says “invoice” and “export”" in told
    assert "for Olena owns “export” in Billing" in told
    assert any("owns “export”" in tag.attrs["title"] for tag in page.all("span", class_="machine", title="rules"))
    services.edit(proposal_id=proposal.pk, by=reviewer.user, fields={"assignee": "Marek"})
    assert "Olena" not in card(reviewer, proposal).one("section", id="advice").text


@pytest.mark.long
def test_what_the_rules_say_otherwise_is_a_suggestion_that_a_click_takes(
    reviewer: Person, room: Workspace, billing: Project
) -> None:
    proposal = make_proposal(room, "task", "The export has an outage", payload={"priority": "low"})
    client = reviewer.browser
    page = Page.of(client.get(f"/review/?at={proposal.pk}"))
    told = " ".join(page.one("section", id="advice").text.split())
    assert "project Billing? says “export”" in told
    assert "priority critical? “outage” is critical in Billing" in told
    forms = page.all("form", action=f"/review/{proposal.pk}/suggestion/")
    form = next(one for one in forms if one.inside[1].attrs["value"] == "priority")
    assert submit(client, page, form, "/review/").status_code == 302
    proposal.refresh_from_db()
    assert (proposal.payload["priority"], proposal.origins["priority"]) == ("critical", "edited")
    assert proposal.payload["project"] is None
    assert "critical?" not in card(reviewer, proposal).text
    services.undo(proposal_id=proposal.pk, by=reviewer.user)
    proposal.refresh_from_db()
    assert (proposal.payload["priority"], proposal.origins["priority"]) == ("low", "ai")


@pytest.mark.long
def test_a_suggestion_that_is_gone_is_refused_kindly(reviewer: Person, room: Workspace, billing: Project) -> None:
    proposal = make_proposal(room, "task", "The export has an outage")
    client = reviewer.browser
    page = Page.of(client.get(f"/review/?at={proposal.pk}"))
    form = page.one("form", action=f"/review/{proposal.pk}/suggestion/")
    projects.delete_project(project_id=billing.pk)
    assert submit(client, page, form, "/review/").status_code == 409


def test_what_a_person_has_said_is_not_asked_again(reviewer: Person, room: Workspace, billing: Project) -> None:
    proposal = make_proposal(room, "task", "The export has an outage")
    services.edit(proposal_id=proposal.pk, by=reviewer.user, fields={"priority": "medium", "project": "Other"})
    assert suggesting.open_advice(Proposal.objects.get(pk=proposal.pk)) == []
