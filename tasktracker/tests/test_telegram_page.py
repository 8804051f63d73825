"""/settings/telegram/: codes, what is linked, and who may take it back."""

import re

import pytest

from ingestion.models import BotContact, LinkCode, LinkedChat, Participant
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.telegram_talk import BOB, GROUP, Talk
from tasktracker.tests.test_telegram_commands import ANN, link

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/settings/telegram/"


def post(person: Person, **fields: object) -> tuple[int, str]:
    """Status and body, after the redirect where there is one."""
    browser = person.browser
    browser.handler.enforce_csrf_checks = False
    answer = browser.post(PAGE, fields, follow=True)
    return answer.status_code, answer.content.decode()


def test_a_code_is_made_on_the_page_and_works_in_the_chat(talk: Talk, owner: Person) -> None:
    status, body = post(owner, do="chat")
    assert status == 200
    found = re.search(r"/link ([A-Z2-9-]{14})<", body)
    assert found is not None
    talk.say(f"/link {found[1]}", chat=GROUP)
    assert LinkedChat.objects.get().linked_by == owner.user
    page = owner.browser.get(PAGE).content.decode()
    assert "Dev" in page
    assert "@tracker_test_bot" in page
    assert found[1] not in page
    status, _ = post(owner, do="unlink-chat", id=LinkedChat.objects.get().pk)
    assert (status, LinkedChat.objects.count()) == (200, 0)


def test_only_managers_link_chats_and_take_them_out(talk: Talk, colleague: Person, owner: Person) -> None:
    assert post(colleague, do="chat")[0] == 403
    chat = LinkedChat.objects.create(bot=talk.bot, external_id="-5", source=talk.bot)
    assert post(colleague, do="unlink-chat", id=chat.pk)[0] == 403
    assert LinkCode.objects.count() == 0
    assert "Make a code for a chat" not in colleague.browser.get(PAGE).content.decode()


@pytest.mark.long
def test_people_see_and_change_their_own_link_and_managers_everybody_s(
    talk: Talk, colleague: Person, owner: Person, stranger: Person
) -> None:
    link(talk, colleague, BOB)
    viewer = make_person("looks", role="viewer")
    link(talk, viewer, ANN)
    bob = Participant.objects.get(external_id="12")
    mine, all_ = (person.browser.get(PAGE).content.decode() for person in (colleague, owner))
    assert ("Bob" in mine, "Ann" in mine, "Bob" in all_, "Ann" in all_) == (True, False, True, True)
    assert post(viewer, do="quiet", id=bob.pk)[0] == 404
    assert post(colleague, do="quiet", id=bob.pk)[0] == 200
    assert not BotContact.objects.get(participant=bob).notify
    assert post(viewer, do="unlink-person", id=bob.pk)[0] == 404
    assert post(stranger, do="unlink-person", id=bob.pk)[0] == 404
    assert post(owner, do="unlink-person", id=bob.pk)[0] == 200
    bob.refresh_from_db()
    assert bob.user is None
    assert not BotContact.objects.filter(participant=bob).exists()


def test_what_is_no_deed_is_refused(owner: Person) -> None:
    assert post(owner)[0] == 400
    assert post(owner, do="unlink-chat", id="x")[0] == 404
