"""A card in a chat says so when its words were deleted or its proposal died by itself: they are gone there, too."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from ingestion import deleting
from ingestion import erasing as people
from ingestion.models import BotCall, Message, Source
from knowledge.models import Task
from knowledge.services import change_task
from proposals import erasing, redacting, services
from proposals.models import Proposal, ShownProposal
from proposals.tests.factories import make_message, make_proposal, make_quote
from tasktracker import tasks, telegram_sending
from tasktracker.core.models import Event, Membership
from tasktracker.core.tests.factories import Person
from tasktracker.tests.fake_bot_api import Fault
from tasktracker.tests.telegram_talk import GROUP, Talk
from tasktracker.tests.test_telegram_commands import ANN, link
from tasktracker.tests.test_telegram_review import bob as bob
from tasktracker.tests.test_telegram_review import keyboard, shown

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "the invoice export leaks its key"
GONE = "<i>The words that this rested on were deleted.</i>"


@pytest.fixture
def said(owner: Person) -> Message:
    return make_message(owner.workspace, WORDS, author="Carla Canary")


@pytest.fixture
def proposal(owner: Person, said: Message) -> Proposal:
    quote = make_quote(owner.workspace, said)
    payload = {"description": f"As said: {WORDS}"}
    return make_proposal(owner.workspace, "task", "Close it", quotes=[quote], payload=payload)


def edits(talk: Talk) -> list[dict[str, str]]:
    """What the periodic job and the sender do; the messages changed in chats by it."""
    before = len(talk.calls("editMessageText"))
    tasks.sweep_bots()
    talk.work()
    return talk.calls("editMessageText")[before:]


def forget(message: Message) -> None:
    deleting.delete_message(message_id=message.pk)
    redacting.forget_message(message_id=message.pk)


def test_the_words_of_a_deleted_message_leave_every_card_that_shows_them(
    talk: Talk, bob: Person, owner: Person, said: Message, proposal: Proposal
) -> None:
    link(talk, owner, ANN)
    number = shown(talk)
    assert f"<blockquote>{WORDS}</blockquote>Carla Canary" in talk.last["text"]
    talk.say("/review", person=ANN)
    assert edits(talk) == [], "nothing has happened yet"
    events = Event.objects.count()
    forget(said)
    assert Event.objects.count() == events + 1, "the deletion; the poke for the cards is no event"
    mine, anns = edits(talk)
    assert (mine["message_id"], mine["chat_id"], anns["chat_id"]) == (str(number), "12", "11")
    assert mine["text"].startswith(f"{GONE}\n\n<b>Close it</b>")
    assert "видалено" in anns["text"]
    for edit in (mine, anns):
        assert WORDS not in edit["text"]
        assert "blockquote" not in edit["text"]
        assert "Carla" not in edit["text"]
    assert edits(talk) == [], "once"
    # It needs other evidence now: nobody decides that, and the card says it all the same.
    services.set_aside_unproven()
    assert [
        edit["text"].startswith(("<i>waiting for a quote</i>", "<i>чекає на цитату</i>")) for edit in edits(talk)
    ] == [
        True,
        True,
    ]


@pytest.mark.long
def test_the_poke_comes_with_the_commit_and_a_lost_one_is_made_up_for(
    talk: Talk, bob: Person, said: Message, proposal: Proposal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr("tasktracker.core.events.enqueue", lambda *what, **_: sent.append(what))
    shown(talk)
    deleting.delete_message(message_id=said.pk)
    sent.clear()
    with transaction.atomic():
        redacting.forget_message(message_id=said.pk)
        assert sent == []
    assert sent == [("tasktracker.tasks.proposal_decided", proposal.workspace_id, proposal.pk)]
    ShownProposal.objects.update(shown_at=timezone.now() - timedelta(days=400))
    (edit,) = edits(talk)
    assert edit["text"].startswith(GONE)
    # Nothing that it shows is gone: another message, of another proposal.
    other = make_message(proposal.workspace, "something else was said here")
    make_proposal(proposal.workspace, "task", "Other", quotes=[make_quote(proposal.workspace, other)])
    forget(other)
    assert edits(talk) == []


@pytest.mark.long
def test_what_was_decided_keeps_its_outcome_without_the_words(
    talk: Talk, bob: Person, said: Message, proposal: Proposal
) -> None:
    talk.press("approve", under=shown(talk))
    forget(said)
    (edit,) = edits(talk)
    assert edit["text"].startswith(f"{GONE}\n\n<i>approved · colleague</i>")
    assert WORDS not in edit["text"]
    assert "blockquote" not in edit["text"]
    assert keyboard(edit) == []


@pytest.mark.long
@pytest.mark.parametrize("why", ["no member", "behind a wall"])
def test_the_words_leave_the_card_of_who_may_not_see_it_any_more_too(
    talk: Talk, bob: Person, owner: Person, said: Message, proposal: Proposal, why: str
) -> None:
    second = make_message(owner.workspace, "and it still does on Tuesday")
    make_proposal(owner.workspace, "task", "Second", quotes=[make_quote(owner.workspace, second)], rank=-1)
    shown(talk)
    if why == "no member":
        Membership.objects.filter(user=bob.user).delete()
    else:
        Source.objects.filter(name="chat").update(restricted=True)
    forget(said)
    (edit,) = edits(talk)
    if why == "no member":
        assert edit["text"] == "That is over. /review shows what waits now."
    assert (WORDS in edit["text"], "Carla" in edit["text"]) == (False, False)
    assert edits(talk) == []


@pytest.mark.long
def test_an_erased_person_is_not_named_there_any_more(
    talk: Talk, bob: Person, owner: Person, said: Message, proposal: Proposal
) -> None:
    """Of a proposal and a task that only name them: their own words are somebody else's."""
    named = make_message(owner.workspace, "please ask whoever wrote it")
    payload = {"description": "Carla Canary knows."}
    quote = make_quote(owner.workspace, named)
    make_proposal(owner.workspace, "task", "Ask Carla Canary", quotes=[quote], payload=payload, rank=99)
    shown(talk)
    assert "Ask Carla Canary" in talk.last["text"]
    talk.say("/task Tell Carla Canary", chat=GROUP)
    author = said.author
    assert author is not None
    erasure = people.begin_erasure(workspace=owner.workspace, participant_id=author.pk, expected={})
    erasing.erase(erasure_id=erasure.pk)
    changed = edits(talk)
    assert {edit["chat_id"] for edit in changed} == {"12", str(GROUP["id"])}
    for edit in changed:
        assert "Carla" not in edit["text"]
        assert "Erased person" in edit["text"]


@pytest.mark.long
def test_one_that_is_being_sent_meanwhile_is_met_too(
    talk: Talk, bob: Person, said: Message, proposal: Proposal
) -> None:
    talk.api.fail("sendMessage", Fault(429, "Too Many Requests", {"retry_after": 60}))
    talk.say("/review")
    assert not ShownProposal.objects.exists()
    forget(said)
    BotCall.objects.update(not_before=timezone.now())
    telegram_sending.send_waiting(bot_id=talk.bot.pk)
    (edit,) = edits(talk)
    assert edit["text"].startswith(GONE)


@pytest.mark.long
def test_a_bot_that_could_say_nothing_for_hours_takes_the_words_out_then(
    talk: Talk, bob: Person, said: Message, proposal: Proposal
) -> None:
    shown(talk)
    forget(said)
    Source.objects.filter(pk=talk.bot.pk).update(is_active=False)
    assert edits(talk) == []
    BotCall.objects.filter(method="editMessageText").update(created_at=timezone.now() - timedelta(hours=2))
    assert edits(talk) == []
    Source.objects.filter(pk=talk.bot.pk).update(is_active=True)
    (edit,) = edits(talk)
    assert edit["text"].startswith(GONE)
    assert edits(talk) == []
    # What Telegram refuses for good is not tried for ever.
    ShownProposal.objects.update(told="")
    talk.api.fail("editMessageText", Fault(400, "Bad Request: message to edit not found"))
    edits(talk)
    assert edits(talk) == []


@pytest.mark.long
@pytest.mark.parametrize("way", ["at once", "while it is sent", "after hours"])
def test_what_the_bot_said_of_a_task_loses_the_words_of_its_message(talk: Talk, owner: Person, way: str) -> None:
    """Acknowledgement, news in private, what is stored of both, and the task itself, though /task cut it in two."""
    link(talk, owner, ANN)
    bobs = talk.message("The export & import crash\nwith error 500 since Monday", chat=GROUP)
    talk.hear({"message": {**bobs, "from": ANN}})
    if way == "while it is sent":
        talk.api.fail("sendMessage", Fault(429, "Too Many Requests", {"retry_after": 60}))
    talk.say("/task", chat=GROUP, reply_to_message={**bobs, "from": ANN})
    task = Task.objects.get()
    change_task(task_id=task.pk, by=None, values={"status": "done"})
    tasks.task_changed(task.workspace_id, task.pk)
    BotCall.objects.update(not_before=timezone.now())
    if way != "while it is sent":
        talk.work()
        assert edits(talk) == [], "nothing has happened yet"
    BotCall.objects.update(created_at=timezone.now() - timedelta(days=9) if way == "after hours" else timezone.now())
    telegram_sending.forget_sent()
    forget(Message.objects.get(text=bobs["text"]))
    if way == "while it is sent":
        talk.work()
    changed = edits(talk) or talk.calls("editMessageText")
    task.refresh_from_db()
    assert (task.title, task.description) == ("[deleted]", "[deleted]")
    acknowledged, news = sorted(changed, key=lambda edit: int(edit["chat_id"]))
    assert acknowledged["text"].startswith(f"The words that this rested on were deleted.\n\nTask #{task.pk}: [deleted]")
    assert news["text"].startswith(f"Слова, на яких це трималося, видалено.\n\nЗавдання №{task.pk} тепер виконане")
    assert (acknowledged["chat_id"], news["chat_id"]) == (str(GROUP["id"]), "11")
    assert edits(talk) == [], "once"
    own = Message.objects.get(is_own=True, text__contains=f"#{task.pk}")
    assert own.text.startswith(f"Task #{task.pk}: …\nhttp")
    assert not any("export" in text or "error 500" in text for text in Message.objects.values_list("text", flat=True))
    assert "export" not in str(list(BotCall.objects.values_list("params", "about")))


@pytest.mark.long
@pytest.mark.parametrize("fate", ["superseded", "snoozed"])
def test_a_proposal_that_changes_without_a_decision_changes_its_card(
    talk: Talk, bob: Person, owner: Person, proposal: Proposal, fate: str
) -> None:
    shown(talk)
    if fate == "snoozed":
        services.snooze(proposal_id=proposal.pk, by=owner.user, until=timezone.now() + timedelta(days=2))
    else:
        services.supersede(proposal_id=proposal.pk)
    (edit,) = edits(talk)
    assert edit["text"].startswith(("<i>put off", "<i>replaced by a newer finding"))
    assert edits(talk) == []
    ShownProposal.objects.update(shown_at=timezone.now() - timedelta(days=400), told="pending")
    assert edits(talk) == [], "an old one is left to the events of decisions"
