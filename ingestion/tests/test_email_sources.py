"""Stored mails become messages: where they belong, which thread, whose they are; which mailboxes are read."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from ingestion import inbox
from ingestion.mail import accounts
from ingestion.mail.accounts import Mail, Position
from ingestion.mail.reading import without_trace
from ingestion.models import Delivery, Message, Source
from ingestion.probing import rotate_secret
from tasktracker.core.errors import Invalid
from tasktracker.core.services import ensure_workspace
from tasktracker.tests.support import LONG

# To empty the database costs more than such a test: in make test it is rolled back.
pytestmark = pytest.mark.django_db(transaction=LONG)

USER = "team@x.example"


@pytest.fixture
def source() -> Source:
    config = {"host": "imap.x.example", "port": 993, "user": "Team@X.example", "folders": ["INBOX"]}
    source = Source(workspace=ensure_workspace(slug="default"), name="Mail", kind=Source.Kind.EMAIL, config=config)
    source.set_secret("secret")
    source.save()
    return source


def take(source: Source, number: int, *lines: str, body: str = "words", folder: str = "INBOX") -> Message:
    """Store a mail as the reader of a mailbox does, and work it off."""
    head = [f"Message-ID: <m{number}@x>", "From: Ann <ann@x.example>", f"Date: Fri, 1 May 2026 10:{number:02}:00 +0000"]
    raw = "\r\n".join([*head, *lines, "", body]).encode()
    mail = Mail(number, f"m{number}@x", raw, datetime(2026, 5, 1, 11, tzinfo=UTC))
    accounts.store(source_id=source.pk, folder=folder, position=Position(1, number), mails=[mail])
    assert [taken.status for taken in inbox.work_off(source_id=source.pk)] == [Delivery.Status.PROCESSED]
    return Message.objects.get(external_id=f"m{number}@x")


def test_a_mail_belongs_to_its_sources_workspace_even_beside_others(source: Source) -> None:
    """A bot may be put into any chat, and is asked to whom it belongs; a mailbox was named by its owner."""
    ensure_workspace(slug="another")
    message = take(source, 1, "Subject: Import")
    assert (message.workspace, message.channel.external_id) == (source.workspace, USER)
    assert take(source, 2, folder="Support/Ünï").channel.external_id == f"{USER}/Support/Ünï"


def test_a_thread_holds_although_references_were_shortened(source: Source) -> None:
    take(source, 1, "Subject: Import")
    take(source, 2, "Subject: Re: Import", "References: <m1@x>")
    shortened = take(source, 3, "Subject: Re: Import", "References: <elsewhere@x> <m2@x>")
    assert (shortened.thread, shortened.reply_to, shortened.thread_title) == ("m1@x", "m2@x", "Import")
    unknown = take(source, 4, "References: <elsewhere@x>")
    assert unknown.thread == "elsewhere@x"


def test_an_answer_that_names_no_mail_joins_its_subject(source: Source) -> None:
    take(source, 1, "Subject: Import")
    assert take(source, 2, "Subject: AW: Import").thread == "m1@x"
    assert take(source, 3, "Subject: Re: Never heard of").thread == "m3@x"
    assert take(source, 4, "Subject: Import").thread == "m4@x", "no answer: a thread of its own"


def test_own_mails_are_known_as_own(source: Source, settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Task Tracker <ann@x.example>"
    assert take(source, 1).is_own
    source.config = {**source.config, "user": "ann@x.example"}
    source.save()
    assert not take(source, 2).is_own, "people write from this address too"


def test_auto_replies_are_noise(source: Source) -> None:
    assert take(source, 1, "Auto-Submitted: auto-replied", body="I am away until Monday.").verdict_reason == "service"
    assert take(source, 2, "Subject: Import", body="The import fails since Friday, see 42.").verdict != "noise"


def test_position_and_mails_are_stored_together_or_not_at_all(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = Mail(5, "m5@x", b"From: a@x\r\n\r\nx", None)
    accounts.store(source_id=source.pk, folder="INBOX", position=Position(7, 5), mails=[mail])
    assert accounts.position_of(source_id=source.pk, folder="INBOX") == Position(7, 5)

    def breaks(*args: Any, **kwargs: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(Source, "save", breaks)
    with pytest.raises(IntegrityError):
        accounts.store(
            source_id=source.pk,
            folder="INBOX",
            position=Position(7, 6),
            mails=[Mail(6, "m6@x", b"From: b\r\n\r\n", None)],
        )
    assert accounts.known_keys(source_id=source.pk, keys=["m5@x", "m6@x"]) == {"m5@x"}
    assert accounts.position_of(source_id=source.pk, folder="INBOX") == Position(7, 5)


def test_folders_remember_apart_and_other_state_stays(source: Source) -> None:
    source.state = {"moved": {"1": "2"}}
    source.save()
    accounts.store(source_id=source.pk, folder="INBOX", position=Position(1, 2), mails=[])
    accounts.store(source_id=source.pk, folder="A", position=Position(3, 4), mails=[])
    source.refresh_from_db()
    assert source.state["moved"] == {"1": "2"}
    assert accounts.position_of(source_id=source.pk, folder="INBOX") == Position(1, 2)
    assert accounts.position_of(source_id=source.pk, folder="A") == Position(3, 4)
    source.state = {"folders": {"INBOX": "nonsense", "A": {"uid": "x"}}}
    source.save()
    assert accounts.position_of(source_id=source.pk, folder="INBOX") is None
    assert accounts.position_of(source_id=source.pk, folder="A") is None


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"user": ""}, "enter the user and the password"),
        ({"tls": "maybe"}, "tls is one of"),
        ({"folders": [str(number) for number in range(30)]}, "at most 20"),
        ({"user": "a\u2028b"}, None),
    ],
)
def test_what_is_missing_is_said_in_the_source(source: Source, config: dict[str, Any], said: str | None) -> None:
    source.config = {**source.config, **config}
    source.save()
    found = accounts.read_accounts()
    source.refresh_from_db()
    if said is None:
        assert [one.user for one in found] == ["a b"]
    else:
        assert found == []
        assert said in source.last_error


def test_accounts_of_active_sources_with_a_server(source: Source) -> None:
    assert accounts.is_any_wanted()
    (account,) = accounts.read_accounts()
    assert (account.tls, account.folders, account.port) == ("tls", ("INBOX",), 993)
    assert "secret" not in repr(account)
    source.config = {**source.config, "port": "143", "folders": [" A ", "A", "", 3]}
    source.save()
    (account,) = accounts.read_accounts()
    assert (account.tls, account.folders) == ("starttls", ("A",))
    source.set_secret("bro\r\nken")
    source.save()
    assert accounts.read_accounts() == []
    source.config = {**source.config, "host": ""}
    source.save()
    assert (accounts.read_accounts(), accounts.is_any_wanted()) == ([], False)
    source.config, source.is_active = {"host": "x", "user": "y"}, False
    source.save()
    with CaptureQueriesContext(connection) as queries:
        assert (accounts.read_accounts(), accounts.is_any_wanted()) == ([], False)
    assert len(queries) == 2


def test_the_same_error_is_noted_once(source: Source) -> None:
    accounts.note_error(source_id=source.pk, error="x" * 1_000)
    source.refresh_from_db()
    first = source.last_error_at
    accounts.note_error(source_id=source.pk, error="x" * 1_000)
    source.refresh_from_db()
    assert (source.last_error, source.last_error_at) == ("x" * 300, first)
    accounts.clear_error(source_id=source.pk)
    source.refresh_from_db()
    assert (source.last_error, source.last_error_at) == ("", None)


def test_only_the_lines_above_a_mail_tell_its_folder() -> None:
    """A sender who writes the same line into a mail changes nothing."""
    forged = b"X-Tasktracker-Folder: other\r\nFrom: a@x\r\n\r\nx"
    stored = accounts.with_trace(Mail(1, "k", forged, None), folder="INBOX")
    assert without_trace(stored) == ("INBOX", None, forged)
    assert without_trace(b"From: a@x\r\nX-Tasktracker-Folder: other\r\n\r\nx")[0] == ""
    assert without_trace(b"X-Tasktracker-Folder: a%2Fb\r\nX-Tasktracker-Received: nonsense\r\n")[:2] == ("a/b", None)


def test_a_mailboxs_password_is_never_replaced_by_one_of_ours(source: Source) -> None:
    with pytest.raises(Invalid, match="the mailbox's password"):
        rotate_secret(source=source)
    assert source.open_secret() == "secret"
