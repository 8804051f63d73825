"""Who left the workspace: what they write to the bot in private is not kept, and they are told so once."""

import pytest

from ingestion.models import BotContact, Channel, Delivery, LinkedChat, Message, Participant
from knowledge.models import Task
from tasktracker.core import members
from tasktracker.core.models import Membership
from tasktracker.core.tests.factories import Person
from tasktracker.tests.telegram_talk import BOB, GROUP, Talk
from tasktracker.tests.test_telegram_commands import ANN, link

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "the password of my new job is canary"


@pytest.fixture
def bob(talk: Talk, colleague: Person, owner: Person) -> Person:
    """The former member `colleague`, whom Telegram knows as Bob."""
    link(talk, colleague)
    talk.say("what I said as a member")
    members.remove_member(membership_id=Membership.objects.get(user=colleague.user).pk, by=owner.user)
    return colleague


def kept() -> set[str]:
    return set(Message.objects.filter(is_own=False).values_list("text", flat=True))


def test_nothing_of_a_private_chat_is_kept_and_it_is_said_once(talk: Talk, bob: Person) -> None:
    before, own = kept(), Message.objects.filter(is_own=True).count()
    assert "what I said as a member" in before
    (told,) = talk.say(SECRET)
    assert told.startswith(f"You are not a member of {bob.workspace.name} any more, so I do not keep")
    assert talk.say(f"{SECRET} 2") == []
    message = talk.message(f"{SECRET} 3")
    assert talk.hear({"edited_message": {**message, "edit_date": message["date"] + 1}}) == []
    reaction = {"chat": message["chat"], "message_id": 1, "user": BOB, "date": message["date"]}
    emoji = [{"type": "emoji", "emoji": "👍"}]
    talk.hear({"message_reaction": {**reaction, "old_reaction": [], "new_reaction": emoji}})
    assert kept() == before
    assert Message.objects.filter(is_own=True).count() == own, "nor what the bot answers there"
    assert not Message.objects.exclude(metadata={}).filter(metadata__has_key="reactions").exists()
    gone = Delivery.objects.filter(status="ignored")
    assert gone.count() == 4
    assert not any(b"canary" in bytes(row.raw) for row in Delivery.objects.all())
    assert {row.error for row in gone} == {"A private chat of somebody who is no member any more."}
    # In a group they are one of those who write there.
    talk.say("said to all", chat=GROUP)
    assert "said to all" in kept()


@pytest.mark.long
def test_commands_are_answered_and_link_opens_it_again(talk: Talk, bob: Person, owner: Person) -> None:
    before = kept()
    assert "I don't know you" in talk.say("/task buy canary food")[0]
    assert "I don't know you" in talk.say("/review")[0]
    assert (Task.objects.count(), kept()) == (0, before)
    assert not any(b"canary" in bytes(raw) for raw in Delivery.objects.values_list("raw", flat=True))
    assert talk.say(SECRET) != []
    Membership.objects.create(workspace=bob.workspace, user=bob.user, role="viewer")
    assert link(talk, bob).startswith("You are colleague in")
    assert (BotContact.objects.get().stopped, BotContact.objects.get().notify) == ("", True)
    assert talk.say("I am back") == []
    assert "I am back" in kept()


@pytest.mark.long
def test_who_comes_back_and_leaves_again_is_told_again_in_their_language(
    talk: Talk, colleague: Person, owner: Person
) -> None:
    link(talk, colleague, ANN)
    for _ in range(2):
        Membership.objects.filter(user=colleague.user).delete()
        (told,) = talk.say(SECRET, person=ANN)
        assert told.startswith("Ви більше не учасник")
        assert talk.say(SECRET, person=ANN) == []
        Membership.objects.create(workspace=colleague.workspace, user=colleague.user, role="reviewer")
        assert talk.say("here again", person=ANN) == []
    assert kept() >= {"here again"}
    assert SECRET not in kept()


@pytest.mark.long
@pytest.mark.parametrize("how", ["switched off", "deleted", "unlinked and gone"])
def test_however_they_left(talk: Talk, colleague: Person, owner: Person, stranger: Person, how: str) -> None:
    """In an installation with several workspaces, where the private chat itself is linked."""
    link(talk, colleague)
    assert LinkedChat.objects.get().external_id == "12"
    match how:
        case "switched off":
            colleague.user.is_active = False
            colleague.user.save()
        case "deleted":
            colleague.user.delete()
        case "unlinked and gone":
            Participant.objects.update(user=None)
            BotContact.objects.all().delete()
            Membership.objects.filter(user=colleague.user).delete()
    assert len(talk.say(SECRET)) == 1
    assert talk.say(SECRET) == []
    assert SECRET not in kept()


def test_whoever_never_had_a_login_is_heard_as_before(talk: Talk, owner: Person) -> None:
    """Of the only workspace: people write to its bot who have no login."""
    assert talk.say("a wish of a customer") == []
    assert "a wish of a customer" in kept()
    assert Channel.objects.get().external_id == "12"
