"""Histories sent in by a page: received in pieces, looked into and imported by the worker, forgotten in time.

A file is stored as it is and never extracted. Whoever works on it holds a lease that each progress renews; one that
ran out is taken over by the sweep, and the import goes on by reading again: what is stored already changes nothing.
"""

import csv
import io
import re
import secrets
import shutil
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from ingestion import services, transitions
from ingestion.models import Source, Upload
from ingestion.text import clean_name
from tasktracker.core.errors import Conflict, Invalid, NotFound
from tasktracker.core.models import User, Workspace

KEEP = timedelta(days=7)
PIECE = 4 * 1024 * 1024  # bytes that the page sends at once
MOST_AT_ONCE = 20  # files of a workspace
SPARE = 256 * 1024 * 1024  # bytes of the disk that stay free
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")

S = Upload.Status
AT_WORK = (S.CHECKING, S.IMPORTING)
TASKS = {S.CHECKING: "ingestion.tasks.check_upload", S.IMPORTING: "ingestion.tasks.import_upload"}
OURS = re.compile(r"[0-9a-f]{32}(\.[a-z0-9]{1,8}){0,2}", re.ASCII)  # nothing else in the folder is touched
ENDING = re.compile(r"(\.[A-Za-z0-9]{1,8}){1,2}$", re.ASCII)  # by it some formats are known


def path_of(upload: Upload) -> Path:
    """Where the file lies. Raises `Conflict` file_gone."""
    if not upload.stored:
        raise Conflict("The file is not here any more. Send it in again.", code="file_gone")
    return settings.UPLOADS_DIR / upload.stored


def begin_upload(
    *,
    workspace: Workspace,
    by: User,
    file_name: str,
    size: int,
    source_name: str,
    format_name: str = "auto",
    options: Mapping[str, Any] | None = None,
) -> Upload:
    """A place for a file of `size` bytes; raises `Invalid` (with the `field`) or `Conflict` where there is none."""
    limit = settings.UPLOAD_LIMIT
    if size <= 0:
        raise Invalid("This file is empty.", field="file")
    if size > limit:
        raise Invalid(
            f"This file has {size / 2**20:,.0f} MB; at most {limit // 2**20:,} MB can be sent in here. "
            "Import it on the server: manage.py import_chat PATH.",
            field="file",
        )
    name = clean_name(source_name, 120) or clean_name(Path(file_name).stem, 120)
    if not name:
        raise Invalid("Say what the source is called.", field="source_name")
    if Upload.objects.filter(workspace=workspace).exclude(stored="").count() >= MOST_AT_ONCE:
        raise Conflict("Too many files wait here already. Import or delete some of them first.", code="too_many_files")
    folder: Path = settings.UPLOADS_DIR
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < size + _still_to_come() + SPARE:
        raise Conflict("The server's disk has no room for this file.", code="disk_full")
    ending = ENDING.search(file_name)
    stored = secrets.token_hex(16) + (ending[0].lower() if ending else "")
    (folder / stored).touch(mode=0o600, exist_ok=False)
    return Upload.objects.create(
        workspace=workspace,
        by=by,
        file_name=clean_name(file_name, 255) or "export",
        size=size,
        source_name=name,
        format=format_name,
        options=dict(options or {}),
        stored=stored,
    )


@transaction.atomic
def receive_piece(*, upload_id: int, offset: int, piece: IO[bytes]) -> Upload:
    """Append a piece that begins at `offset`; the last one starts the look into the file.

    A piece that is here already changes nothing. Raises `Conflict` wrong_offset, with what is `received`, for one that
    would leave a gap, and too_large for one that reaches beyond the size that was told.
    """
    upload = _locked(upload_id)
    if upload.status != S.RECEIVING:
        raise Conflict("This file is complete, or was given up.", code="wrong_state", status=upload.status)
    if offset != upload.received:
        if 0 <= offset < upload.received:
            return upload
        raise Conflict(f"{upload.received} bytes are here.", code="wrong_offset", received=upload.received)
    with path_of(upload).open("r+b") as file:
        file.seek(offset)  # what a crash left behind this point is written over
        while chunk := piece.read(1 << 20):
            if file.tell() + len(chunk) > upload.size:
                raise Conflict("This is more than the size that was told at first.", code="too_large")
            file.write(chunk)
        upload.received = file.tell()
        file.truncate()
    upload.save(update_fields=["received", "updated_at"])
    return enqueue(transitions.move_upload(upload, S.CHECKING)) if upload.received == upload.size else upload


def enqueue(upload: Upload) -> Upload:
    """Poke the worker after the commit; the sweep finds what the broker lost."""
    transaction.on_commit(partial(current_app.send_task, TASKS[S(upload.status)], args=[upload.pk]), robust=True)
    return upload


@transaction.atomic
def check_again(*, upload: Upload, by: User, format_name: str, options: Mapping[str, Any]) -> Upload:
    """Look into the file once more, as another format, or read in another way."""
    path_of(upload)
    fresh = {
        "format": format_name,
        "options": dict(options),
        "error": "",
        "losses": 0,
        "position": 0,
        "lease_until": None,
        "preview": {},
        "counts": {},
    }
    return enqueue(transitions.move_upload(upload, S.CHECKING, by=by, **fresh))


@transaction.atomic
def start_import(*, upload: Upload, by: User) -> Upload:
    """Begin the import, or let one go on that was cancelled or failed."""
    path_of(upload)
    row = _locked(upload.pk)
    if row.status != S.READY and not row.preview:
        raise Conflict("Look into the file first.", code="wrong_state", status=row.status)
    source = services.ensure_source(workspace=row.workspace, name=row.source_name, kind=Source.Kind.IMPORT)
    fresh = {"error": "", "losses": 0, "position": 0, "lease_until": None, "finished_at": None}
    return enqueue(transitions.move_upload(row, S.IMPORTING, by=by, source=source, **fresh))


def cancel(*, upload: Upload, by: User) -> Upload:
    """Stop what is going on; the worker sees it at its next batch. What is stored stays."""
    return transitions.move_upload(upload, S.CANCELLED, by=by, finished_at=timezone.now())


@transaction.atomic
def delete_upload(*, upload: Upload) -> None:
    """Remove the row and its file; the messages that it brought stay."""
    row = _locked(upload.pk)
    if row.status in AT_WORK:
        raise Conflict("The worker is at it. Cancel it first.", code="wrong_state", status=row.status)
    drop_file(row)
    row.delete()


@transaction.atomic
def dismiss(*, upload: Upload) -> None:
    """Remove the file of an import that is not to go on; the page and its report stay."""
    row = _locked(upload.pk)
    if row.status not in (S.FAILED, S.CANCELLED):
        raise Conflict("Only the file of an import that has ended is removed like this.", code="wrong_state")
    drop_file(row)


def drop_file(upload: Upload) -> None:
    """Remove the file from the disk; the row stays."""
    if upload.stored:
        (settings.UPLOADS_DIR / upload.stored).unlink(missing_ok=True)
        upload.stored = ""
        upload.save(update_fields=["stored", "updated_at"])


def forget_old() -> int:
    """Remove the files that were left for `KEEP`, and what lies in the folder without a row; how many."""
    done = 0
    old = Upload.objects.filter(updated_at__lt=timezone.now() - KEEP).exclude(stored="").exclude(status__in=AT_WORK)
    for upload in old:
        drop_file(upload)
        if upload.status == S.RECEIVING:
            transitions.move_upload(upload, S.FAILED, error="The file was never sent to its end.")
        done += 1
    folder: Path = settings.UPLOADS_DIR
    edge = (timezone.now() - KEEP).timestamp()
    known = set(Upload.objects.exclude(stored="").values_list("stored", flat=True))
    for path in folder.iterdir() if folder.is_dir() else ():
        if OURS.fullmatch(path.name) and path.name not in known and path.stat().st_mtime < edge:
            path.unlink(missing_ok=True)
            done += 1
    return done


def report_csv(upload: Upload) -> str:
    """What was left out, and why, as CSV that no spreadsheet takes for a formula."""
    text = io.StringIO()
    rows = csv.writer(text, quoting=csv.QUOTE_ALL)
    rows.writerow(["where", "why"])
    rows.writerows([harmless(cell) for cell in row] for row in upload.report)
    return text.getvalue()


def harmless(cell: str) -> str:
    """A cell that is text in every spreadsheet."""
    return f"'{cell}" if cell.lstrip(' "').startswith(FORMULA) else cell


def _still_to_come() -> int:
    """Bytes for which there was room, of all workspaces."""
    begun = Upload.objects.filter(status=S.RECEIVING).exclude(stored="")
    return begun.aggregate(bytes=Sum(F("size") - F("received")))["bytes"] or 0


def _locked(upload_id: int) -> Upload:
    upload = Upload.objects.select_for_update(of=("self",)).select_related("workspace").filter(pk=upload_id).first()
    if upload is None:
        raise NotFound("There is no such upload.")
    return upload
