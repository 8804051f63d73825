"""A worker that is killed in the middle of an import: another one goes on, and each message is there once."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from ingestion import uploads
from ingestion.models import Message, Upload
from ingestion.tests.telegram_files import chat, message
from tasktracker.core.tests.factories import make_person
from tasktracker.tests.support import LiveStack, count, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]


@pytest.mark.long
def test_an_import_whose_worker_is_killed_ends_with_each_message_once(
    start_stack: Callable[..., LiveStack], settings: Settings, tmp_path: Path
) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    stack = start_stack(variables={"UPLOADS_DIR": str(settings.UPLOADS_DIR), "TT_LEASE_SECONDS": "2"})
    boss = make_person("owner", role="manager")
    path, n = tmp_path / "result.json", count(12_000, 200_000)
    path.write_text(json.dumps(chat(*(message(number, f"words {number}") for number in range(1, n + 1)))))
    begun = uploads.begin_upload(
        workspace=boss.workspace, by=boss.user, file_name=path.name, size=path.stat().st_size, source_name="History"
    )
    with path.open("rb") as file:
        uploads.receive_piece(upload_id=begun.pk, offset=0, piece=file)

    def now() -> Upload:
        return Upload.objects.get(pk=begun.pk)

    wait_for(lambda: now().status == "ready", timeout=60)
    uploads.start_import(upload=now(), by=boss.user)
    wait_for(Message.objects.exists, timeout=60, every=0.01)
    stack.kill_worker()
    stored = Message.objects.count()
    assert 0 < stored < n
    stack.start("worker")
    wait_for(lambda: now().status == "done", timeout=120)
    ended = now()
    assert Message.objects.count() == n
    assert (ended.losses, ended.counts["seen"]) == (1, n)
    assert ended.counts["created"] + ended.counts["unchanged"] == n
    assert list(settings.UPLOADS_DIR.iterdir()) == []
