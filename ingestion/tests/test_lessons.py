"""Flips turn a rule off in their workspace, visibly, for what came and what comes, and it is taken back exactly."""

import pytest
from django.test import Client

from ingestion import lessons, services, tasks
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.models import Message, NoiseLesson, Source
from proposals.tests.factories import START
from tasktracker.core.tests.factories import Person, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Person:
    return make_person("owner", role="admin")


def say(owner: Person, number: int, text: str, author: PersonDraft) -> Message:
    source = services.ensure_source(workspace=owner.workspace, name="chat", kind=Source.Kind.API)
    draft = MessageDraft(ChannelDraft("slack", "C1", "general"), str(number), author, text, START)
    return services.record_message(source=source, draft=draft).message


def verdicts() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("verdict", "verdict_reason"))


def test_a_bot_that_is_worth_reading(owner: Person) -> None:
    alerts, ci = PersonDraft("a", "Alerts", is_bot=True), PersonDraft("c", "CI", is_bot=True)
    first = [say(owner, number, f"disk {number} is full", alerts) for number in range(7)]
    say(owner, 50, "build 50 passed", ci)
    for message in first[: lessons.ENOUGH - 1]:
        services.set_verdict(message_id=message.pk, by=owner.user, verdict="signal")
    assert verdicts()[-3:] == [("noise", "bot")] * 3
    services.set_verdict(message_id=first[lessons.ENOUGH - 1].pk, by=owner.user, verdict="signal")
    before = verdicts()
    assert before[-3:] == [("weak", "learned:bot"), ("weak", "learned:bot"), ("noise", "bot")]

    late, other = say(owner, 60, "disk 9 is full", alerts), say(owner, 61, "build 51 passed", ci)
    tasks.apply_lessons()
    late.refresh_from_db()
    other.refresh_from_db()
    assert (late.verdict, other.verdict) == ("weak", "noise")
    page = owner.browser.get("/settings/noise/").content.decode()
    assert "Alerts" in page
    assert "off since" in page
    lesson = NoiseLesson.objects.get()
    client = Client()
    client.force_login(owner.user)
    assert client.post(f"/settings/lessons/{lesson.pk}/back/").status_code == 302
    assert verdicts() == [("signal", "person")] * lessons.ENOUGH + [("noise", "bot")] * 5
    assert tasks.apply_lessons() is None
    assert verdicts()[-1] == ("noise", "bot")


def test_who_confirms_the_rule_counts_against_the_lesson(owner: Person) -> None:
    ann = PersonDraft("u", "Ann")
    rows = [say(owner, number, "ok", ann) for number in range(6)]
    for message in rows[:3]:
        services.set_verdict(message_id=message.pk, by=owner.user, verdict="signal")
        services.set_verdict(message_id=message.pk, by=owner.user, verdict="signal")  # said twice, counted once
    lesson = NoiseLesson.objects.get()
    assert (lesson.rule, lesson.author, lesson.flips, lesson.off_at) == ("acknowledgement", None, 3, None)
    services.set_verdict(message_id=rows[0].pk, by=owner.user, verdict="noise")
    sticker = say(owner, 90, "", ann)
    services.set_verdict(message_id=sticker.pk, by=owner.user, verdict="signal")
    assert NoiseLesson.objects.get().flips == 2
