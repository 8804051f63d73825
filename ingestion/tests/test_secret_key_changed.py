"""Another SECRET_KEY: with the one before among SECRET_KEY_FALLBACKS, what was made with it still counts."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.utils import timezone
from django.utils.crypto import salted_hmac
from pytest_django.fixtures import Settings

from ingestion import erasing, people_erased, services, telegram_hook
from ingestion.models import Message, Participant, Source
from tasktracker.core import secondstep
from tasktracker.core.tests.factories import Person

pytestmark = pytest.mark.django_db

NEW = "another-secret-key-0123456789-0123456789-0123456789-0123456789"
NEWER = NEW.upper()


def said(number: int) -> str:
    """A line of a history: Alice, again."""
    author = {"id": "alice-7", "name": "Alice Liddell"}
    body = {"external_id": f"m{number}", "author": author, "text": f"words {number}", "sent_at": "2026-05-01T10:00Z"}
    return json.dumps(body)


def take(source: Source, folder: Path, number: int) -> Message:
    path = folder / f"{number}.jsonl"
    path.write_text(said(number))
    report = services.import_export(source=source, path=path)
    assert report.created == 1
    return Message.objects.get(external_id=f"m{number}")


def test_who_was_erased_stays_so(owner: Person, tmp_path: Path, settings: Settings) -> None:
    source = services.ensure_source(workspace=owner.workspace, name="history", kind="import")
    alice = take(source, tmp_path, 1).author
    assert alice is not None
    erasing.begin_erasure(workspace=owner.workspace, participant_id=alice.pk, expected={})
    assert take(source, tmp_path, 2).text == ""
    old = settings.SECRET_KEY
    for number, (key, before) in enumerate([(NEW, [old]), (NEWER, [NEW, old])], start=3):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = key, before
        again = take(source, tmp_path, number)
        assert (again.text, again.author) == ("", alice)
    assert Participant.objects.count() == 1
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    assert "1 erased accounts stay so by hashes made with it" in out.getvalue()
    assert "SECRET_KEY_FALLBACKS (there are 2)" in out.getvalue()
    assert people_erased.lost() == 0
    # Nothing else knows them: this is what the words to operators are about.
    settings.SECRET_KEY_FALLBACKS = [NEW]
    (told,) = (one for one in run_checks(tags=[Tags.database], databases=["default"]) if one.id == "ingestion.W002")
    assert told.msg.startswith("1 accounts of erased people rest on a SECRET_KEY that is neither")
    error = StringIO()
    call_command("rotate_keys", stdout=out, stderr=error)
    assert told.msg in error.getvalue()
    assert take(source, tmp_path, 9).text == "words 9"
    assert old not in alice.external_id


def test_who_was_erased_before_hashes_named_their_key_stays_so_too(
    owner: Person, tmp_path: Path, settings: Settings
) -> None:
    source = services.ensure_source(workspace=owner.workspace, name="history", kind="import")
    value = f"{owner.workspace.pk}:api:alice-7"
    plain = salted_hmac(people_erased.SALT, value, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()
    gone = Participant.objects.create(
        workspace=owner.workspace, platform="api", external_id=f"erased:{plain}", erased_at=timezone.now()
    )
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [settings.SECRET_KEY]
    again = take(source, tmp_path, 1)
    assert (again.text, again.author, people_erased.lost()) == ("", gone, 0)


def test_recovery_codes_and_telegrams_webhook_go_on(owner: Person, settings: Settings) -> None:
    source = Source(workspace=owner.workspace, name="bot", kind="telegram")
    source.set_secret("123456:a-token-of-a-bot-00000000000000")
    code, other, *_ = secondstep.new_recovery_codes(user=owner.user)
    token, old = telegram_hook.secret_token(source), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [NEWER, old]
    assert telegram_hook.is_genuine(source, token)
    assert telegram_hook.secret_token(source) != token
    assert telegram_hook.is_genuine(source, telegram_hook.secret_token(source))
    assert [secondstep.check_code(user=owner.user, code=code) for _ in range(2)] == [True, False]
    settings.SECRET_KEY_FALLBACKS = []
    assert not telegram_hook.is_genuine(source, token)
    assert not secondstep.check_code(user=owner.user, code=other)
