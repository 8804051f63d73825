"""The digest: told once a day to whoever is on duty, by mail and on Telegram, and tried again where it failed."""

import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from ingestion.models import Participant, Source
from proposals import digests, duty
from proposals.models import Digest, Duty
from proposals.tests.factories import make_message, make_proposal, make_user
from tasktracker.core.models import User, Workspace
from tasktracker.tests.fake_bot_api import TOKEN, FakeBotApi, Fault

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 3, 2, 8, 50, tzinfo=UTC)  # a Monday


@pytest.fixture(autouse=True)
def _mails(settings: Any) -> None:
    """As where EMAIL_URL is set, but into `mail.outbox`."""
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}


@pytest.fixture
def ada(workspace: Workspace) -> User:
    person = make_user(workspace, "ada")
    User.objects.filter(pk=person.pk).update(email="ada@example.org")
    row = duty.save_duty(workspace=workspace, people=[person], values={})
    Duty.objects.filter(pk=row.pk).update(starts_on=MORNING.date())
    return person


@pytest.fixture
def api(settings: Any) -> Iterator[FakeBotApi]:
    with FakeBotApi.started() as api:
        settings.TELEGRAM_API_URL = api.url
        yield api


def link(workspace: Workspace, user: User) -> None:
    """Connect the bot, and the person to their account there."""
    bot = Source(workspace=workspace, name="bot", kind="telegram")
    bot.set_secret(TOKEN)
    bot.save()
    Participant.objects.create(workspace=workspace, platform="telegram", external_id="77", name="Ada", user=user)


def test_whoever_is_on_duty_gets_a_mail_once(workspace: Workspace, ada: User) -> None:
    make_message(workspace, received_at=MORNING - timedelta(hours=1))
    best = make_proposal(workspace, "task", "Stop the\nleak", rank=9, confidence=0.93)
    for number in range(11):
        make_proposal(workspace, "topic", f"Topic {number}", rank=1)
    assert digests.send_due(now=MORNING) == 1
    assert digests.send_due(now=MORNING + timedelta(minutes=1)) == 0
    sent = mail.outbox[0]
    assert len(mail.outbox) == 1
    assert sent.to == ["ada@example.org"]
    assert sent.subject == "12 to review in Acme"
    assert "1 task and 11 topics wait" in sent.body
    assert f"/review/{best.pk}/" in sent.body
    assert "… and 2 more" in sent.body
    assert "Task · Stop the leak · 0.93" in sent.body
    assert "13 new messages, 0 decisions" in sent.body
    row = Digest.objects.get()
    assert (row.by_mail, row.by_telegram, row.sent_at is not None) == (True, False, True)


def test_on_telegram_too_as_plain_text(workspace: Workspace, ada: User, api: FakeBotApi) -> None:
    link(workspace, ada)
    make_proposal(workspace, "task", "<b>Stop</b> the [leak](http://evil.example)")
    assert digests.send_due(now=MORNING) == 1
    call = next(call for call in api.calls if call.method == "sendMessage")
    assert call.params["chat_id"] == "77"
    assert "<b>Stop</b> the [leak]([link]" in call.params["text"]
    assert "parse_mode" not in call.params
    assert "is_disabled" in call.params["link_preview_options"]
    assert Digest.objects.get().by_telegram


def test_one_way_is_enough_and_the_other_one_says_why(workspace: Workspace, ada: User, api: FakeBotApi) -> None:
    link(workspace, ada)
    api.fail("sendMessage", Fault(403, "Forbidden: bot can't initiate conversation with a user"))
    assert digests.send_due(now=MORNING) == 1
    row = Digest.objects.get()
    assert (row.by_mail, row.by_telegram) == (True, False)
    assert "/start" in row.error
    assert TOKEN not in row.error


@pytest.mark.long
def test_what_failed_is_tried_again_and_given_up_at_last(
    workspace: Workspace, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def refuses(self: EmailMessage, **_: object) -> int:
        tried.append(1)
        raise smtplib.SMTPServerDisconnected("ada@example.org said no")

    monkeypatch.setattr(EmailMessage, "send", refuses)
    now = MORNING
    for _ in range(8):
        assert digests.send_due(now=now) == 0
        now += timedelta(minutes=6)
    row = Digest.objects.get()
    assert len(tried) == digests.ATTEMPTS
    assert (row.sent_at, row.gave_up_at is not None) == (None, True)
    assert "SMTPServerDisconnected" in row.error
    assert "said no" not in row.error


def test_who_took_it_too_late_does_not_say_how_it_went(workspace: Workspace, ada: User) -> None:
    row = Digest.objects.create(workspace=workspace, user=ada, day=MORNING.date(), next_attempt_at=MORNING)
    stale = digests._take(row.pk, MORNING)
    assert stale is not None
    assert digests._take(row.pk, MORNING) is None
    fresh = digests._take(row.pk, MORNING + timedelta(minutes=6))
    assert fresh is not None
    assert not digests._write_down(stale, by_mail=True, by_telegram=False, problems=[])
    assert Digest.objects.get().sent_at is None


@pytest.mark.long
@pytest.mark.parametrize(
    ("hour", "told"),
    [
        ("2026-03-02T08:44", 0),
        ("2026-03-02T08:45", 1),
        ("2026-03-02T12:44", 1),
        ("2026-03-02T12:46", 0),
        ("2026-03-07T09:00", 0),
    ],
    ids=["before", "at the hour", "late", "too late", "a Saturday"],
)
def test_it_comes_in_the_morning(workspace: Workspace, ada: User, hour: str, told: int) -> None:
    assert digests.send_due(now=datetime.fromisoformat(f"{hour}:30+00:00")) == told


def test_morning_is_where_the_team_is(workspace: Workspace, ada: User) -> None:
    Workspace.objects.update(timezone="Asia/Tokyo")
    assert digests.send_due(now=MORNING) == 0
    assert digests.send_due(now=datetime(2026, 3, 2, 23, 50, tzinfo=UTC)) == 1
    assert Digest.objects.get().day.isoformat() == "2026-03-03"


def test_without_any_way_it_says_what_to_do(workspace: Workspace, ada: User, settings: Any) -> None:
    settings.MAILERS = {}
    assert digests.send_due(now=MORNING) == 0
    assert "EMAIL_URL" in Digest.objects.get().error
    assert "No Telegram bot is connected" in Digest.objects.get().error


def test_a_subject_is_one_line(workspace: Workspace, ada: User) -> None:
    Workspace.objects.update(name="Acme\r\nBcc: all@example.org")
    assert digests.send_due(now=MORNING) == 1
    assert mail.outbox[0].subject == "Nothing to review in Acme Bcc: all@example.org"
