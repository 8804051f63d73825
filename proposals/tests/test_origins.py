"""Who filled a field: a model, the project's rules, a person, or a person over what a machine had said."""

from typing import Any

import pytest

from proposals import origins, services
from proposals.tests.factories import make_proposal
from tasktracker.core.tests.factories import Person
from tasktracker.tests.pages import Page, submit

pytestmark = pytest.mark.django_db


def test_what_a_machine_had_filled_is_edited_and_what_it_left_empty_is_a_persons_own() -> None:
    before: dict[str, Any] = {"title": "Fix exprot", "due": None, "labels": [], "priority": "low", "project": "Billing"}
    before["note"] = "n"
    filled = {"title": "ai", "due": "ai", "labels": "ai", "priority": "edited", "project": "rules", "note": "human"}
    found = origins.after_edit(filled, before, before)
    assert found == {
        "title": "edited", "due": "human", "labels": "human", "priority": "edited", "project": "edited",
        "note": "human",
    }  # fmt: skip
    assert origins.after_edit(filled, before, ["title"]) == {**filled, "title": "edited"}
    assert origins.after_edit({}, {"title": "of an old row"}, ["title"]) == {"title": "human"}


def test_an_edited_proposal_counts_as_edited_when_it_is_decided(rita: Person) -> None:
    touched, left = make_proposal(rita.workspace, "task"), make_proposal(rita.workspace, "task")
    services.edit(proposal_id=touched.pk, by=rita.user, fields={"title": "Another title"})
    for proposal in (touched, left):
        services.approve(proposal_id=proposal.pk, by=rita.user)
    assert touched.actions.get(verb="approve").edited is True
    assert left.actions.get(verb="approve").edited is False


def test_an_undo_gives_the_field_back_to_the_model(rita: Person) -> None:
    proposal = make_proposal(rita.workspace, "task")
    services.edit(proposal_id=proposal.pk, by=rita.user, fields={"title": "Another title"})
    services.undo(proposal_id=proposal.pk, by=rita.user)
    proposal.refresh_from_db()
    assert proposal.origins["title"] == "ai"


def test_card_and_form_tell_the_three_apart(rita: Person) -> None:
    proposal = make_proposal(rita.workspace, "task", payload={"priority": "low", "labels": ["api"], "due": None})
    client, at = rita.browser, f"/review/{proposal.pk}/edit/"
    form = Page.of(client.get(at))
    submit(client, form, form.one("form", class_="edit"), at, priority="high", due="2026-12-24")
    card = Page.of(client.get(f"/review/?at={proposal.pk}"))
    values = {tag.text: tag.attrs for tag in card.all("span", class_="by-")}
    assert values["api"]["class"] == "by-ai machine"
    assert not card.all("h2", class_="title-edited")
    services.edit(proposal_id=proposal.pk, by=rita.user, fields={"title": "Another title"})
    again = Page.of(client.get(f"/review/?at={proposal.pk}"))
    assert again.one("h2", class_="title-edited").text == "Another title"
    assert values["high"] == {"class": "by-edited", "title": "Filled by a machine, then changed by a person"}
    assert values["2026-12-24"] == {"class": "by-human", "title": "Set by a person"}
    again = Page.of(client.get(at))
    marks = {
        label.attrs["for"]: label.inside[0].attrs["class"] for label in again.all("label", for_="id_") if label.inside
    }
    assert marks["id_labels"] == "machine origin ai"
    assert marks["id_priority"] == "origin edited"
    assert marks["id_due"] == "origin human"
