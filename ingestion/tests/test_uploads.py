"""A history sent in by a page: pieces, what is in it, its import, and what becomes of it when something is lost."""

import csv
import io
import json
import os
import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from ingestion import importing, upload_work, uploads
from ingestion.drafts import NotThisFormat
from ingestion.models import Message, Upload
from ingestion.tests.telegram_files import chat, message
from tasktracker.core.errors import Conflict
from tasktracker.core.models import Event, StatusChange
from tasktracker.core.tests.factories import Person

PAGE = "/settings/sources/import/"
EXPORT = json.dumps(chat(*(message(number, f"words {number}") for number in range(1, 41)))).encode()


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    return tmp_path / "uploads"


@pytest.fixture
def manager(owner: Person) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(owner.user)
    return client


def sent(client: Client, content: bytes = EXPORT, name: str = "result.json", **more: Any) -> Upload:
    """A file that came along with its form."""
    answer = client.post(PAGE, {"file": SimpleUploadedFile(name, content), "source_name": "History", **more})
    assert answer.status_code == 302, answer.content.decode()
    return Upload.objects.latest("pk")


def looked(client: Client, content: bytes = EXPORT, **more: Any) -> Upload:
    """A file that the worker has looked into."""
    upload = sent(client, content, **more)
    upload_work.check(upload_id=upload.pk)
    upload.refresh_from_db()
    return upload


def act(client: Client, upload: Upload, verb: str) -> Upload:
    client.post(f"/settings/uploads/{upload.pk}/{verb}/")
    upload.refresh_from_db()
    return upload


def test_a_file_in_pieces_is_whole_whatever_order_they_come_in(manager: Client, folder: Path) -> None:
    begun = manager.post(PAGE, {"file_name": "result.json", "size": len(EXPORT), "source_name": "History"})
    there = begun.json()
    half = len(EXPORT) // 2

    def put(at: int, piece: bytes) -> Any:
        return manager.post(f"{there['to']}?at={at}", piece, content_type="application/octet-stream")

    assert put(half, EXPORT[half:]).json()["received"] == 0
    assert put(half, EXPORT[half:]).status_code == 409
    assert put(0, EXPORT[:half]).json() == {"received": half, "size": len(EXPORT)}
    assert put(0, EXPORT[:half]).json()["received"] == half
    assert put(half, EXPORT[half:] + b"more").status_code == 409
    assert put(half, EXPORT[half:]).json()["received"] == len(EXPORT)
    upload = Upload.objects.get()
    assert upload.status == "checking"
    assert uploads.path_of(upload).read_bytes() == EXPORT
    assert uploads.path_of(upload).stat().st_mode & 0o77 == 0
    assert "result" not in upload.stored
    assert put(0, b"again").status_code == 409
    assert manager.get(there["page"]).status_code == 200


def test_what_is_in_a_file_is_shown_before_anything_is_stored(manager: Client) -> None:
    upload = looked(manager)
    assert (upload.status, upload.format) == ("ready", "telegram")
    shown = manager.get(f"/settings/uploads/{upload.pk}/").content.decode()
    assert "40 messages, 1 person, 1 channel, from 2026-01-02" in shown
    assert not Message.objects.exists()


def test_an_import_brings_everything_once_and_takes_the_file_away(manager: Client, folder: Path) -> None:
    upload = act(manager, looked(manager), "start")
    assert upload.status == "importing"
    upload_work.run_import(upload_id=upload.pk)
    upload.refresh_from_db()
    assert (upload.status, upload.counts["created"], upload.share) == ("done", 40, 100)
    assert Message.objects.filter(source=upload.source, source__name="History").count() == 40
    assert list(folder.iterdir()) == []
    told = Event.objects.filter(type="upload.progress", object_id=upload.pk).order_by("pk")
    assert [event.data["status"] for event in told][-1] == "done"
    assert StatusChange.objects.filter(kind="ingestion.upload", object_id=upload.pk).count() == 4
    second = act(manager, looked(manager), "start")
    upload_work.run_import(upload_id=second.pk)
    second.refresh_from_db()
    assert {name: second.counts[name] for name in ("created", "unchanged")} == {"created": 0, "unchanged": 40}
    upload_work.run_import(upload_id=second.pk)  # a job that came twice
    assert Message.objects.count() == 40


def test_a_file_that_is_no_export_is_refused_by_its_own_name(manager: Client) -> None:
    upload = looked(manager, b"\x7fELF nothing of ours", name="game.bin")
    assert upload.status == "failed"
    assert "game.bin" in upload.error
    assert upload.stored not in upload.error
    assert act(manager, upload, "start").status == "failed"
    for name, size, said in (("empty.json", 0, "empty"), ("huge.json", 10**12, "MB")):
        answer = manager.post(PAGE, {"file_name": name, "size": size or "", "source_name": "x"})
        assert answer.status_code in (302, 422), said
    assert Upload.objects.count() == 1


@pytest.mark.long
def test_a_cut_file_keeps_what_is_whole_and_says_so(manager: Client, folder: Path) -> None:
    upload = looked(manager, EXPORT[: len(EXPORT) * 2 // 3])
    assert upload.preview["cut"]
    act(manager, upload, "start")
    upload_work.run_import(upload_id=upload.pk)
    upload.refresh_from_db()
    assert upload.status == "failed"
    assert "What is whole was imported" in upload.error
    assert upload.counts["created"] == Message.objects.count() > 10
    # It would break off there again: the file goes at once.
    assert list(folder.iterdir()) == []
    page = manager.get(f"/settings/uploads/{upload.pk}/").content.decode()
    assert "The file is not here any more" in page
    assert f"/settings/uploads/{upload.pk}/dismiss/" not in page
    assert manager.post(f"/settings/uploads/{upload.pk}/start/").status_code == 409


@pytest.mark.long
def test_the_file_of_an_import_that_failed_goes_when_it_is_dismissed(
    manager: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**_: Any) -> None:
        raise NotThisFormat("this line is in another encoding")

    upload = act(manager, looked(manager), "start")
    assert manager.post(f"/settings/uploads/{upload.pk}/dismiss/").status_code == 409
    monkeypatch.setattr(importing, "import_export", refused)
    upload_work.run_import(upload_id=upload.pk)
    assert [path.name for path in folder.iterdir()] == [upload.stored]
    assert "kept for a week" in manager.get(f"/settings/uploads/{upload.pk}/").content.decode()
    act(manager, upload, "dismiss")
    upload.refresh_from_db()
    assert (upload.status, upload.stored, list(folder.iterdir())) == ("failed", "", [])
    assert "another encoding" in manager.get(f"/settings/uploads/{upload.pk}/").content.decode()


@pytest.mark.long
def test_cancelled_in_the_middle_it_keeps_what_is_stored_and_goes_on_later(
    manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)
    monkeypatch.setattr(upload_work, "TELL_EVERY", 0)
    upload = act(manager, looked(manager), "start")
    told = upload_work.Keeper.progress

    def cancel_at_20(keeper: upload_work.Keeper, position: int, size: int, seen: int) -> None:
        told(keeper, position, size, seen)
        if seen == 20:
            act(manager, upload, "cancel")

    monkeypatch.setattr(upload_work.Keeper, "progress", cancel_at_20)
    upload_work.run_import(upload_id=upload.pk)
    upload.refresh_from_db()
    assert upload.status == "cancelled"
    assert Message.objects.count() == 30  # the batch that was under way is whole
    monkeypatch.setattr(upload_work.Keeper, "progress", told)
    act(manager, upload, "start")
    upload_work.run_import(upload_id=upload.pk)
    upload.refresh_from_db()
    assert (upload.status, Message.objects.count()) == ("done", 40)
    assert upload.counts["seen"] == sum(upload.counts[name] for name in ("created", "unchanged"))


@pytest.mark.long
def test_what_a_lost_worker_held_is_taken_over_and_fails_at_last(manager: Client) -> None:
    upload = act(manager, looked(manager), "start")
    held = upload_work.take(upload.pk, "importing")
    assert held is not None
    assert upload_work.take(upload.pk, "importing") is None
    upload_work.sweep()
    assert Upload.objects.get().losses == 0  # its lease still holds
    for lost in range(1, upload_work.MOST_LOSSES + 1):
        Upload.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        upload_work.sweep()
        upload.refresh_from_db()
        assert upload.losses == lost
        if lost == 1:
            newer = upload_work.take(upload.pk, "importing")
            assert newer is not None
            assert upload_work.finish(held, "done") is None  # who comes back late changes nothing
            assert upload_work.finish(newer, "done", error="") is not None
            Upload.objects.update(status="importing", losses=1)
    assert (upload.status, upload.losses) == ("failed", upload_work.MOST_LOSSES)
    assert act(manager, upload, "start").status == "importing"


def test_what_nobody_has_thought_of_ends_in_a_word_about_it(manager: Client) -> None:
    upload = sent(manager)
    Upload.objects.update(options={"timezone": "Europe/Nowhere"})
    with pytest.raises(ZoneInfoNotFoundError):
        upload_work.check(upload_id=upload.pk)
    upload.refresh_from_db()
    assert (upload.status, "ZoneInfoNotFoundError" in upload.error) == ("failed", True)
    assert upload.lease_until is None
    assert act(manager, upload, "check").status == "checking"


@pytest.mark.long
def test_the_report_has_each_skipped_record_and_no_formula(manager: Client) -> None:
    upload = looked(manager)
    Upload.objects.update(report=[["=1+1", "@evil"], [" -2", "plain, with comma"], ["m7", 'a "quote"']])
    answer = manager.get(f"/settings/uploads/{upload.pk}/report/")
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert rows == [["where", "why"], ["'=1+1", "'@evil"], ["' -2", "plain, with comma"], ["m7", 'a "quote"']]
    lines = [
        {"external_id": "1", "author": "A", "text": "fine", "sent_at": "2026-01-02T10:00:00Z"},
        {"external_id": "2"},
    ]
    body = "\n".join(json.dumps(line) for line in lines).encode()
    found = act(manager, looked(manager, body, name="chat.jsonl", format="jsonl"), "start")
    upload_work.run_import(upload_id=found.pk)
    found.refresh_from_db()
    assert found.counts["skipped"] + found.counts["errors"] == 1
    assert len(found.report) == 1


@pytest.mark.long
def test_a_csv_whose_columns_were_not_guessed_is_read_as_it_is_told(manager: Client) -> None:
    table = b"Wann;Wer;Inhalt\n02.01.2026 10:00;Ann;the export fails\n"
    upload = looked(manager, table, name="table.csv")
    assert upload.status == "failed"
    address = f"/settings/uploads/{upload.pk}/check/"
    assert manager.post(address, {"columns": "nonsense"}).status_code == 400
    told = {"format": "csv", "columns": "sent_at=Wann,author=Wer,text=Inhalt", "date_format": "%d.%m.%Y %H:%M"}
    assert manager.post(address, {**told, "timezone": "Europe/Nowhere"}).status_code == 400
    assert manager.post(address, {**told, "timezone": "Europe/Kyiv"}).status_code == 302
    upload_work.check(upload_id=upload.pk)
    upload_work.run_import(upload_id=act(manager, upload, "start").pk)
    found = Message.objects.get()
    assert (found.text, found.sent_at.isoformat()) == ("the export fails", "2026-01-02T08:00:00+00:00")


@pytest.mark.long
def test_files_go_after_a_week_and_nothing_at_work_is_deleted(manager: Client, folder: Path) -> None:
    old, fresh, busy = sent(manager), looked(manager), act(manager, looked(manager), "start")
    act(manager, old, "cancel")
    Upload.objects.exclude(pk=fresh.pk).update(updated_at=timezone.now() - timedelta(days=8))
    for name in ("0" * 32 + ".json", "somebody's.json"):
        (folder / name).touch()
        os.utime(folder / name, (0, 0))
    assert uploads.forget_old() == 2
    assert {path.name for path in folder.iterdir()} == {fresh.stored, busy.stored, "somebody's.json"}
    (folder / "somebody's.json").unlink()
    assert manager.post(f"/settings/uploads/{old.pk}/check/").status_code == 409
    assert manager.post(f"/settings/uploads/{busy.pk}/delete/").status_code == 409
    assert manager.post(f"/settings/uploads/{fresh.pk}/delete/").status_code == 302
    assert {path.name for path in folder.iterdir()} == {busy.stored}


def test_what_others_have_still_to_send_takes_its_room(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each of them finds the disk empty, and together they fill it."""
    room = uploads.SPARE + 1_500
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=room))
    about: dict[str, Any] = {"workspace": owner.workspace, "by": owner.user, "source_name": "Old"}
    uploads.begin_upload(**about, file_name="a.json", size=1_000)
    with pytest.raises(Conflict, match="no room"):
        uploads.begin_upload(**about, file_name="b.json", size=1_000)
    uploads.begin_upload(**about, file_name="c.json", size=400)
