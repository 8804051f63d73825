"""Flips turn a rule off in their workspace, visibly, for what came and what comes, and it is taken back exactly."""

from collections.abc import Sequence

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


def flip(owner: Person, messages: Sequence[Message], verdict: str = "noise") -> None:
    for message in messages:
        services.set_verdict(message_id=message.pk, by=owner.user, verdict=verdict)


def ruled(*messages: Message) -> list[tuple[str, str]]:
    rows = Message.objects.in_bulk([message.pk for message in messages])
    return [(rows[message.pk].verdict, rows[message.pk].verdict_reason) for message in messages]


def test_what_people_keep_calling_noise_is_noise_from_then_on_and_back(owner: Person) -> None:
    ann, enough = PersonDraft("u", "Ann"), lessons.ENOUGH
    words = "The canary coffee machine of the third floor is clean and ready again"
    same = [say(owner, n, words, ann) for n in range(enough + 1)]
    near = say(owner, 50, words + " now", ann)
    before = ruled(same[-1], near)
    assert before[0][0] == "signal"
    flip(owner, same[: enough - 1])
    assert ruled(same[-1]) == before[:1]
    flip(owner, [same[enough - 1]])
    late = say(owner, 51, f"  {words.upper()}\n", ann)
    tasks.apply_lessons()
    learned = ("noise", "learned:phrase")
    assert ruled(same[-1], near, late) == [learned, before[1], learned]
    lesson = NoiseLesson.objects.get()
    assert "canary" not in "".join(map(str, NoiseLesson.objects.values_list().get()))
    assert words in owner.browser.get("/settings/noise/").content.decode()
    flip(owner, [late], "signal")  # the first who contradicts ends it
    assert ruled(same[-1]) == before[:1]
    flip(owner, [late])
    assert ruled(same[-1]) == [learned]
    client = Client()
    client.force_login(owner.user)
    assert client.post(f"/settings/lessons/{lesson.pk}/back/").status_code == 302
    assert ruled(same[-1], near, late) == [*before, ("noise", "person")]
    services.delete_message(message_id=lesson.sample_id or 0)
    flip(owner, [same[-1], near])
    assert "canary" not in owner.browser.get("/settings/noise/").content.decode()


@pytest.mark.long
def test_an_author_who_is_called_like_a_program_but_no_sure_signal_of_theirs(owner: Person) -> None:
    ci, ann = PersonDraft("ci", "Deploy-CI"), PersonDraft("u", "Abbot Talbot")
    sure = ["Build 7 fails, who looks at it before the demo?", "The build of web moves to Monday for all of you",
            "We decided to build the web app with the new compiler"]  # fmt: skip
    asked = [say(owner, n, sure[0], ci) for n in range(lessons.ENOUGH + 1)]
    flip(owner, asked[: lessons.ENOUGH])
    assert not NoiseLesson.objects.exists()  # nothing is learnt from these
    posts = [say(owner, 20 + n, f"build {n} of web has gone through all of its stages", ci) for n in range(9)]
    flip(owner, posts[: lessons.ENOUGH])
    others = [say(owner, 40 + n, text, ci) for n, text in enumerate(sure)]
    mine = say(owner, 60, "build 9 of web has gone through all of its stages", ann)
    before = ruled(asked[-1], *others, mine)
    assert {verdict for verdict, _ in before} == {"signal"}
    tasks.apply_lessons()
    assert ruled(*posts[lessons.ENOUGH :]) == [("noise", "learned:author")] * (9 - lessons.ENOUGH)
    assert ruled(asked[-1], *others, mine) == before
    assert "Deploy-CI" in owner.browser.get("/settings/noise/").content.decode()
    flip(owner, [say(owner, 70 + n, f"build {n} is fine with everybody here today", ann) for n in range(9)])
    assert NoiseLesson.objects.filter(rule="author").count() == 1  # a person is no program
