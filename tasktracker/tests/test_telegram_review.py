"""/review in a private chat: who may, what is shown, what a press does, and what others' decisions change."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from ingestion import bots
from ingestion.models import Participant, Source
from knowledge.models import Task
from proposals import services
from proposals.models import Proposal, ShownProposal
from proposals.tests.factories import make_message, make_proposal, make_quote
from tasktracker import tasks, telegram_review
from tasktracker.core.models import Membership
from tasktracker.core.tests.factories import Person
from tasktracker.telegram_cards import card
from tasktracker.tests.telegram_talk import BOB, GROUP, Talk
from tasktracker.tests.test_telegram_commands import ANN, link

pytestmark = pytest.mark.django_db(transaction=True)

BACK = [[{"text": "Back", "callback_data": "back"}]]


@pytest.fixture
def proposal(owner: Person) -> Proposal:
    quote = make_quote(owner.workspace, make_message(owner.workspace, "the <b>export</b> dies & nobody knows why"))
    return make_proposal(owner.workspace, "task", "Fix the <export>", quotes=[quote])


@pytest.fixture
def bob(talk: Talk, colleague: Person) -> Person:
    """The reviewer `colleague`, as Telegram knows them."""
    link(talk, colleague)
    return colleague


def keyboard(call: dict[str, Any]) -> list[list[dict[str, str]]]:
    found: list[list[dict[str, str]]] = json.loads(call["reply_markup"])["inline_keyboard"]
    return found


def shown(talk: Talk) -> int:
    """The message that shows the proposal, after /review."""
    talk.say("/review")
    number: int = talk.last["message_id"]
    return number


def settle(talk: Talk, proposal: Proposal) -> None:
    """What the worker does after a decision."""
    tasks.proposal_decided(proposal.workspace_id, proposal.pk)
    talk.work()


def test_a_card_with_its_quotes_escaped_and_three_buttons(
    talk: Talk, bob: Person, proposal: Proposal, settings: Settings
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://tracker.example.org"]
    talk.say("/review")
    call = talk.calls("sendMessage")[-1]
    assert call["parse_mode"] == "HTML"
    assert "<b>Fix the &lt;export&gt;</b>" in call["text"]
    assert "<blockquote>the &lt;b&gt;export&lt;/b&gt; dies &amp; nobody knows why</blockquote>" in call["text"]
    first, second = keyboard(call)
    assert [button["text"] for button in first] == ["Approve", "Reject"]
    assert second == [{"text": "Open", "url": f"https://tracker.example.org/review/{proposal.pk}/"}]
    assert all(len(button["callback_data"].encode()) <= 64 for button in first)
    stood = ShownProposal.objects.get()
    assert (stood.proposal, stood.user, stood.chat_id) == (proposal, bob.user, "12")


def test_nobody_takes_words_out_of_a_card_between_its_writing_and_its_sending(
    talk: Talk, bob: Person, proposal: Proposal, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be sent with words that are gone, and nobody would know that it shows them."""
    second = make_proposal(owner.workspace, "task", "Second", rank=-1)
    free: list[list[int]] = []

    def say() -> None:
        with closing(connection):
            talk.say("/review")

    def others() -> list[int]:
        rows = Proposal.objects.select_for_update(of=("self",), skip_locked=True)
        with closing(connection), transaction.atomic():
            return [row.pk for row in rows.order_by("pk")]

    def written(*about: Any) -> str:
        with ThreadPoolExecutor(1) as thread:
            free.append(thread.submit(others).result(timeout=20))
        return card(*about)

    monkeypatch.setattr(telegram_review, "card", written)
    with transaction.atomic():
        Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
        with ThreadPoolExecutor(1) as thread:  # whoever decides about the first is not waited for
            thread.submit(say).result(timeout=20)
    assert (free, "Second" in talk.last["text"]) == ([[]], True)
    talk.say("/review")
    assert (free[1], "Fix the" in talk.last["text"]) == ([second.pk], True)


def test_telegram_takes_no_button_to_this_machine(talk: Talk, bob: Person, proposal: Proposal) -> None:
    talk.say("/review")
    assert len(keyboard(talk.calls("sendMessage")[-1])) == 1
    assert f"http://127.0.0.1:8000/review/{proposal.pk}/" in talk.last["text"]


def test_approve_makes_the_task_and_the_next_one_comes(talk: Talk, bob: Person, proposal: Proposal) -> None:
    other = make_proposal(proposal.workspace, "topic", "Billing", rank=-1)
    calls = talk.press("approve", under=shown(talk))
    proposal.refresh_from_db()
    assert (proposal.status, proposal.decided_by) == ("approved", bob.user)
    assert Task.objects.get().title == "Fix the <export>"
    edit, following, nod = calls
    assert (edit["method"], following["method"], nod["method"]) == (
        "editMessageText",
        "sendMessage",
        "answerCallbackQuery",
    )
    assert edit["text"].startswith("<i>approved · colleague</i>")
    assert keyboard(edit) == []
    assert "Billing" in following["text"]
    settle(talk, proposal)
    assert len(talk.calls("editMessageText")) == 1, "whoever pressed was told already"
    talk.press("approve", under=talk.last["message_id"])
    assert Proposal.objects.get(pk=other.pk).status == "approved"
    assert talk.last["text"] == "Nothing waits for a decision."


@pytest.mark.long
def test_reject_asks_why(talk: Talk, bob: Person, proposal: Proposal) -> None:
    number = shown(talk)
    edit, _ = talk.press("reject", under=number)
    reasons = keyboard(edit)
    assert reasons[0][0]["callback_data"] == "reject:noise"
    assert reasons[-1:] == BACK
    back, _ = talk.press("back", under=number)
    assert keyboard(back)[0][0]["callback_data"] == "approve"
    talk.press("reject:already_done", under=number)
    proposal.refresh_from_db()
    assert (proposal.status, proposal.reject_reason, proposal.decided_by) == ("rejected", "already_done", bob.user)


@pytest.mark.long
def test_whoever_comes_second_is_told_kindly(talk: Talk, bob: Person, owner: Person, proposal: Proposal) -> None:
    number = shown(talk)
    services.approve(proposal_id=proposal.pk, by=owner.user)
    edit, nod = talk.press("reject:noise", under=number)
    assert nod["text"] == "owner was first: approved."
    assert edit["text"].startswith("<i>approved · owner</i>")
    assert Proposal.objects.get().status == "approved"


@pytest.mark.long
def test_the_message_changes_when_somebody_else_decides_and_when_it_is_undone(
    talk: Talk, bob: Person, owner: Person, proposal: Proposal
) -> None:
    shown(talk)
    services.reject(proposal_id=proposal.pk, by=owner.user, reason="noise")
    settle(talk, proposal)
    settle(talk, proposal)
    (edit,) = talk.calls("editMessageText")
    assert edit["text"].startswith("<i>rejected · owner</i>")
    services.undo(proposal_id=proposal.pk, by=owner.user)
    settle(talk, proposal)
    again = talk.calls("editMessageText")[-1]
    assert keyboard(again)[0][0]["callback_data"] == "approve"


def test_every_decision_starts_that_job(settings: Settings) -> None:
    for verb in ("approved", "rejected", "merged", "undone"):
        assert "tasktracker.tasks.proposal_decided" in settings.EVENT_TASKS[f"proposal.{verb}"]


@pytest.mark.long
def test_who_may_not(talk: Talk, colleague: Person, proposal: Proposal) -> None:
    assert "I don't know you" in talk.say("/review")[0]
    link(talk, colleague)
    assert "in private" in talk.say("/review", chat=GROUP)[0]
    Membership.objects.filter(user=colleague.user).update(role="viewer")
    assert "reviewer" in talk.say("/review")[0]
    Membership.objects.filter(user=colleague.user).delete()
    assert "I don't know you" in talk.say("/review")[0]


@pytest.mark.long
def test_each_press_asks_anew_who_one_is(talk: Talk, bob: Person, owner: Person, proposal: Proposal) -> None:
    number = shown(talk)
    link(talk, owner, ANN)
    (nod,) = talk.press("approve", under=number, person=ANN)
    assert "Це вже минуло" in nod["text"]
    (nod,) = talk.press("approve", under=number + 50)
    assert "That is over" in nod["text"]
    Membership.objects.filter(user=bob.user).update(role="viewer")
    (nod,) = talk.press("approve", under=number)
    assert "reviewer" in nod["text"]
    Participant.objects.filter(user=bob.user).update(user=None)
    (nod,) = talk.press("approve", under=number)
    assert "That is over" in nod["text"]
    assert Proposal.objects.get().status == "pending"


@pytest.mark.long
def test_a_forged_press_decides_nothing(talk: Talk, bob: Person, proposal: Proposal) -> None:
    number = shown(talk)
    for data in ("", "reject:", "reject:because", f"approve:{proposal.pk}", "x" * 64, "approve\x00"):
        talk.press(data, under=number)
    assert Proposal.objects.get().status == "pending"


@pytest.mark.long
def test_what_stands_behind_a_wall_is_neither_shown_nor_decided(
    talk: Talk, bob: Person, owner: Person, proposal: Proposal
) -> None:
    number = shown(talk)
    Source.objects.filter(name="chat").update(restricted=True)
    assert talk.say("/review") == ["Nothing waits for a decision."]
    (nod,) = talk.press("approve", under=number)
    assert "That is over" in nod["text"]
    assert Proposal.objects.get().status == "pending"


@pytest.mark.long
def test_one_without_a_quote_is_not_approved(talk: Talk, bob: Person, owner: Person) -> None:
    bare = make_proposal(owner.workspace, "task", "Bare", quotes=[])
    number = shown(talk)
    assert Proposal.objects.get(pk=bare.pk).status == "pending"
    Proposal.objects.filter(pk=bare.pk).update(status="needs_evidence")
    edit, nod = talk.press("approve", under=number)
    assert "No quote supports this" in nod["text"]
    assert edit["text"].startswith("<i>waiting for a quote</i>")


@pytest.mark.long
def test_in_ukrainian(talk: Talk, colleague: Person, proposal: Proposal) -> None:
    link(talk, colleague, ANN)
    talk.say("/review", person=ANN)
    assert [button["text"] for button in keyboard(talk.calls("sendMessage")[-1])[0]] == ["Схвалити", "Відхилити"]
    assert bots.usernames(colleague.workspace) == ["tracker_test_bot"]
    assert BOB["language_code"] == "en"
