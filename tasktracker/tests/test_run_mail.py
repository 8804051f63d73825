"""Mailboxes are read by IMAP from a real server: every mail once, whatever ends in between, and nothing is marked."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.models import Count

from ingestion.mail import accounts
from ingestion.models import Delivery, Message, Source
from ingestion.probing import probe
from tasktracker import mail_reader
from tasktracker.core.models import Heartbeat
from tasktracker.core.services import ensure_workspace
from tasktracker.tests.dovecot import PASSWORD, USER, Dovecot, a_mail, binary
from tasktracker.tests.mailboxes import MailProcess, mailbox_source, reading
from tasktracker.tests.support import count, wait_for

pytestmark = [
    pytest.mark.live,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(binary() is None, reason="dovecot (Debian: dovecot-imapd) is not here"),
]


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with Dovecot.running() as server:
        yield server


def texts() -> list[str]:
    return sorted(Message.objects.values_list("text", flat=True))


def error_of(source: Source) -> str:
    return Source.objects.values_list("last_error", flat=True).get(pk=source.pk)


def test_a_new_mail_is_here_at_once_and_not_marked(server: Dovecot) -> None:
    """A single folder is not looked at again for nine minutes: what comes sooner came by IDLE."""
    server.deliver(a_mail(1))
    with reading(mailbox_source(server)) as reader:
        wait_for(lambda: reader.state == "reading")
        assert texts() == ["the words of mail 1"]
        server.deliver(a_mail(2))
        wait_for(lambda: len(texts()) == 2)
    assert server.seen() == []


@pytest.mark.long
def test_processes_take_turns(server: Dovecot, tmp_path: Path) -> None:
    """Two folders, a workspace beside; a second process idles until SIGTERM has ended the first in order."""
    ensure_workspace(slug="another")
    server.deliver(a_mail(1))
    server.deliver(a_mail(2, Subject="Re: Mail 1", In_Reply_To="<m1@x.example>"))
    server.deliver(a_mail(3), "Support")
    source = mailbox_source(server, folders=["INBOX", "Support"])
    with MailProcess.started(tmp_path / "first") as first:
        first.wait(lambda: Message.objects.count() == 3)
        answer = Message.objects.get(external_id="m2@x.example")
        assert (answer.channel.external_id, answer.thread, answer.reply_to) == (USER, "m1@x.example", "m1@x.example")
        assert Message.objects.get(external_id="m3@x.example").channel.external_id == f"{USER}/Support"
        with MailProcess.started(tmp_path / "second") as second:
            second.wait(lambda: second.said("another process reads"))
            server.deliver(a_mail(4))
            first.wait(lambda: Message.objects.filter(external_id="m4@x.example").exists(), timeout=30)
            first.wait(lambda: Heartbeat.objects.filter(name="mail", detail__sources__has_key=str(source.pk)).exists())
            first.child.signal(first.child.stop_signal)
            wait_for(lambda: first.child.exit_code() is not None, timeout=15)
            assert first.child.exit_code() == 0
            second.wait(lambda: second.said("reading the mailbox"))
            server.deliver(a_mail(5))
            second.wait(lambda: Message.objects.filter(external_id="m5@x.example").exists(), timeout=30)
    assert server.seen() == []
    assert error_of(source) == ""
    for process in (first, second):
        assert PASSWORD not in process.log.read_text()
        assert "the words of" not in process.log.read_text()


@pytest.mark.long
def test_kill_9_in_the_middle_loses_none_and_brings_none_twice(server: Dovecot, tmp_path: Path) -> None:
    total = count(120, 2_000)
    for number in range(total):
        server.deliver(a_mail(number))
    source = mailbox_source(server)
    for round_number in range(count(1, 6)):
        some = Delivery.objects.count() + random.randint(1, total // 4)
        with MailProcess.started(tmp_path / str(round_number)) as process:
            process.wait(lambda some=some: Delivery.objects.count() >= min(some, total))
            process.child.kill()
            position = accounts.position_of(source_id=source.pk, folder="INBOX")
            taken = Delivery.objects.count()
            assert position is not None
            assert position.uid == taken, "what is told as read is what was stored"
    with reading(source):
        wait_for(lambda: Message.objects.count() == total, timeout=60)
    assert set(Message.objects.values_list("external_id", flat=True)) == {f"m{n}@x.example" for n in range(total)}
    assert Delivery.objects.exclude(status=Delivery.Status.PROCESSED).count() == 0
    assert server.seen() == []


def test_folders_that_are_numbered_anew_bring_nothing_twice(server: Dovecot) -> None:
    """A new UIDVALIDITY, and a mail without an id among them; a mail moved to another folder is the same one too."""
    server.deliver(a_mail(1))
    server.deliver(a_mail(2).replace(b"Message-ID: <m2@x.example>\r\n", b""))
    source = mailbox_source(server, folders=["INBOX", "Done"])
    server.deliver(a_mail(3), "Done")
    with reading(source):
        wait_for(lambda: Message.objects.count() == 3)
    before = accounts.position_of(source_id=source.pk, folder="INBOX")
    server.number_anew()
    server.deliver(a_mail(1), "Done")
    server.deliver(a_mail(4))
    with reading(source) as reader:
        wait_for(lambda: Message.objects.filter(external_id="m4@x.example").exists())
        wait_for(lambda: reader.state == "reading")
    after = accounts.position_of(source_id=source.pk, folder="INBOX")
    assert before is not None
    assert after is not None
    assert before.validity != after.validity
    assert after.uid == 3
    assert Message.objects.count() == 4
    copies = Message.objects.values("text").annotate(copies=Count("id")).filter(copies__gt=1)
    assert list(copies) == []


def test_a_wrong_password_says_what_to_do(server: Dovecot) -> None:
    source = mailbox_source(server, password="not this one")
    with reading(source) as reader:
        said = wait_for(lambda: error_of(source))
        assert "enter the password again" in said
        assert "app password" in said
        assert "not this one" not in said
        wait_for(lambda: reader.state == "refused")


@pytest.mark.long
def test_a_password_that_was_mended_is_used_at_once(server: Dovecot, tmp_path: Path) -> None:
    server.deliver(a_mail(1))
    source = mailbox_source(server, password="not this one")
    with MailProcess.started(tmp_path) as process:
        process.wait(lambda: "enter the password again" in error_of(source))
        assert "not this one" not in process.log.read_text()
        source.set_secret(PASSWORD)
        source.save()
        process.wait(lambda: Message.objects.count() == 1)
        process.wait(lambda: not error_of(source))


def test_a_missing_folder_holds_up_no_other(server: Dovecot) -> None:
    server.deliver(a_mail(1))
    source = mailbox_source(server, folders=["Nope", "INBOX"])
    with reading(source):
        wait_for(lambda: Message.objects.count() == 1)
        said = wait_for(lambda: error_of(source))
    assert "'Nope' cannot be opened" in said
    assert "INBOX" in said


def test_a_server_without_idle_is_asked_now_and_then(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    server.stop()
    server.configure(idle=False)
    server.start()
    monkeypatch.setattr(mail_reader, "POLL_SECONDS", 0.2)
    with reading(mailbox_source(server)) as reader:
        wait_for(lambda: reader.state == "reading")
        server.deliver(a_mail(1))
        wait_for(lambda: Message.objects.count() == 1)


@pytest.mark.long
def test_a_server_that_goes_away_is_asked_again(server: Dovecot) -> None:
    source = mailbox_source(server)
    with reading(source) as reader:
        wait_for(lambda: reader.state == "reading")
        server.stop()
        wait_for(lambda: error_of(source))
        server.deliver(a_mail(1))
        server.start()
        wait_for(lambda: Message.objects.count() == 1, timeout=40)
        wait_for(lambda: not error_of(source))


@pytest.mark.long
def test_tls_is_checked(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default; a certificate that nobody here trusts is refused, with words, before the password is sent."""
    server.deliver(a_mail(1))
    source = mailbox_source(server, host="localhost", port=server.tls_port, tls="")
    with reading(source):
        assert "is not to be trusted" in wait_for(lambda: error_of(source))
    assert server.sessions() == 0
    assert USER not in server.log()
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate()[1]))
    with reading(source):
        wait_for(lambda: Message.objects.count() == 1)


@pytest.mark.long
def test_only_the_last_months_of_a_full_mailbox_are_read_at_first(server: Dovecot) -> None:
    """By the server's own date of receipt; `history_days` says how far back, 0 for everything."""
    server.deliver(a_mail(1))
    old = next((server.folder / "Maildir" / "new").iterdir())
    os.utime(old, (1_500_000_000, 1_500_000_000))
    server.deliver(a_mail(2))
    source = mailbox_source(server)
    with reading(source):
        wait_for(lambda: texts() == ["the words of mail 2"])
    source.state, source.config = {}, {**source.config, "history_days": 0}
    source.save()
    with reading(source):
        wait_for(lambda: len(texts()) == 2)


def test_a_source_is_tested_from_its_page(server: Dovecot) -> None:
    server.deliver(a_mail(1))
    source = mailbox_source(server, folders=["INBOX"])
    told = probe(source)
    assert (told.ok, told.detail.split(". ")[0]) == (True, f"Connected as {USER}")
    assert "INBOX (1)" in told.detail
    source.config = {**source.config, "folders": ["INBOX", "Nope"]}
    assert "'Nope' cannot be opened" in probe(source).detail
    source.set_secret("not this one")
    told = probe(source)
    assert not told.ok
    assert "refused the login" in told.detail
    source.set_secret("")
    assert "enter the user and the password" in probe(source).detail
