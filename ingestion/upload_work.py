"""What the worker does with a file that was sent in: look into it, import it, and take over what somebody left."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from ingestion import importing, transitions, uploads
from ingestion.drafts import NotThisFormat
from ingestion.exports import CutFile, preview
from ingestion.exports.base import Told
from ingestion.exports.csv_columns import parse_mapping
from ingestion.models import Source, Upload
from ingestion.recorder import ImportReport
from ingestion.text import clean_name
from tasktracker.core.events import UploadProgress, emit

log = logging.getLogger(__name__)

REPORTED = 10_000  # rows of the report
MOST_LOSSES = 5
TELL_EVERY = 0.5  # seconds between two progresses of one import

S = Upload.Status
GONE = "the worker does not see the file: UPLOADS_DIR has to be one folder for web and worker"


class Stopped(Exception):
    """Somebody cancelled it, or another worker has taken it over."""


def take(upload_id: int, status: str) -> Upload | None:
    """The upload, leased to the caller; None while somebody else has it, or it is no longer in this status."""
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    taken = Upload.objects.filter(free, pk=upload_id, status=status).update(
        attempt=F("attempt") + 1, lease_until=now + lease()
    )
    return Upload.objects.select_related("source", "workspace").get(pk=upload_id) if taken else None


def lease() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


@transaction.atomic
def end(upload: Upload, to: str, **also: Any) -> Upload:
    """Move an upload that is held to its end; raises `Stopped` when it is not held any more."""
    held = Upload.objects.select_for_update(of=("self",)).filter(pk=upload.pk, attempt=upload.attempt)
    row = held.filter(status=upload.status).first()
    if row is None:
        raise Stopped
    return transitions.move_upload(row, to, lease_until=None, **also)


def check(*, upload_id: int) -> None:
    """Look into a file: what it is, and what its import would bring."""
    upload = take(upload_id, S.CHECKING)
    if upload is None:
        return
    with failing(upload):
        _check(upload)


def _check(upload: Upload) -> None:
    path = uploads.path_of(upload)
    keeper = Keeper(upload)
    try:
        if not path.is_file():
            raise NotThisFormat(GONE)
        name = preview.detect_format(path) if upload.format == "auto" else upload.format
        found = preview.preview(path, name, **options_of(upload), progress=keeper.looked)
    except Stopped:
        return
    except NotThisFormat as error:
        finish(upload, S.FAILED, error=told(error, upload), finished_at=timezone.now())
        return
    finish(upload, S.READY, format=name, preview=shown(found))


def options_of(upload: Upload) -> Told:
    """What the reader of the file is told."""
    given = upload.options
    return {
        "timezone": ZoneInfo(given.get("timezone", "UTC")),  # of times that name none
        "columns": parse_mapping(given.get("columns", "")),
        "encoding": given.get("encoding", ""),
        "date_format": given.get("date_format", ""),
        "mailbox": given.get("mailbox", ""),
        "label": upload.file_name,  # after which a mailbox is called: the stored name is another one each time
    }


def shown(found: preview.Preview) -> dict[str, Any]:
    """A preview as the page shows it."""
    return {
        "told": clean_name(str(found), 2_000),
        **found.counts(),
        "first": found.first.isoformat() if found.first else "",
        "last": found.last.isoformat() if found.last else "",
        "reasons": [[clean_name(reason, 300), count] for reason, count in found.reasons],
        "titles": [clean_name(title) for title in found.channel_titles],
        "notes": [clean_name(note, 300) for note in found.notes],
        "cut": clean_name(found.cut, 300),
    }


def run_import(*, upload_id: int) -> None:
    """Import a file to its end; one that breaks off keeps what is whole, and says so."""
    upload = take(upload_id, S.IMPORTING)
    if upload is not None and upload.source is not None:
        with failing(upload):
            _import(upload, upload.source)


def _import(upload: Upload, source: Source) -> None:
    path = uploads.path_of(upload)
    keeper = Keeper(upload)
    try:
        if not path.is_file():
            raise NotThisFormat(GONE)
        importing.import_export(
            source=source,
            path=path,
            format_name=upload.format,
            **options_of(upload),
            progress=keeper.progress,
            report=keeper.report,
        )
    except Stopped:
        return
    except NotThisFormat as error:
        is_cut = isinstance(error, CutFile)
        why = told(error, upload) + (" What is whole was imported." if is_cut else "")
        failed = finish(upload, S.FAILED, **keeper.result(), error=why)
        if failed is not None and is_cut:
            uploads.drop_file(failed)  # it breaks off there however often it is read
        return
    ended = finish(upload, S.DONE, **keeper.result(), position=upload.size)
    if ended is not None:
        uploads.drop_file(ended)


@contextmanager
def failing(upload: Upload) -> Iterator[None]:
    """What nobody has thought of ends the work with a word about it, and is raised again, for the log.

    While the database is away nothing can be written: the lease runs out, and the sweep goes on.
    """
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        why = f"Something broke ({type(error).__name__}). What was stored is kept."
        finish(upload, S.FAILED, error=why, finished_at=timezone.now())
        raise


def told(error: Exception, upload: Upload) -> str:
    """The one line of a refusal, as a sentence, with the file by its own name."""
    text = clean_name(str(error).replace(upload.stored, upload.file_name), 500).rstrip(".")
    return f"{text}." if text.startswith(upload.file_name) else f"{text[:1].upper()}{text[1:]}."


def finish(upload: Upload, to: str, **also: Any) -> Upload | None:
    """`end`; None, quietly, for what was cancelled or taken over meanwhile."""
    try:
        return end(upload, to, **also)
    except Stopped:
        return None


class Keeper:
    """Keeps the row fresh while its file is read: lease, figures, event; stops the reading when it is cancelled."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self.report = ImportReport(kept=REPORTED)
        self._before = dict(upload.counts)  # of the attempts before: what they made is met again as known
        self._next = 0.0

    def progress(self, position: int, size: int, seen: int) -> None:
        """For `import_export`, after each batch that is stored. Raises `Stopped`."""
        self._tell(position, size, {"counts": self.counts()})

    def looked(self, position: int, size: int, found: dict[str, int]) -> None:
        """For `preview`. Raises `Stopped`."""
        self._tell(position, size, {"preview": found})

    def _tell(self, position: int, size: int, also: dict[str, Any]) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + TELL_EVERY
        upload = self.upload
        # Of an archive the reader counts what it unpacks: the share is what the page shows.
        upload.position = min(upload.size, position * upload.size // size) if size else 0
        with transaction.atomic():
            held = Upload.objects.filter(pk=upload.pk, attempt=upload.attempt, status=upload.status).update(
                position=upload.position,
                **also,
                lease_until=timezone.now() + lease(),
                updated_at=timezone.now(),
            )
            if not held:
                raise Stopped
            emit(
                UploadProgress(
                    workspace_id=upload.workspace_id,
                    object_id=upload.pk,
                    source=upload.source_id,
                    status=upload.status,
                    share=upload.share,
                )
            )

    def counts(self) -> dict[str, int]:
        """The figures of all attempts together."""
        found = self.report.counts()
        for name in ("created", "updated"):
            earlier = min(int(self._before.get(name, 0)), found["unchanged"])
            found[name] += earlier
            found["unchanged"] -= earlier
        return found

    def result(self) -> dict[str, Any]:
        """What the row says at the end."""
        rows = [[clean_name(part, 300) for part in reason.partition(": ")[::2]] for reason in self.report.reasons]
        return {"counts": self.counts(), "report": rows, "finished_at": timezone.now()}


def sweep() -> None:
    """Hand out again what nobody works on: never taken, or its holder is gone. After MOST_LOSSES it has failed."""
    now = timezone.now()
    for upload in Upload.objects.filter(status__in=uploads.AT_WORK).order_by("pk"):
        if upload.lease_until is None:
            uploads.enqueue(upload)
        elif upload.lease_until < now:
            _take_over(upload)


@transaction.atomic
def _take_over(upload: Upload) -> None:
    lost = Upload.objects.filter(pk=upload.pk, attempt=upload.attempt, status=upload.status)
    if not lost.update(losses=F("losses") + 1, lease_until=None):
        return
    upload.refresh_from_db()
    if upload.losses < MOST_LOSSES:
        uploads.enqueue(upload)
        return
    log.warning("upload %d was lost %d times", upload.pk, upload.losses)
    why = f"The worker went away {upload.losses} times over this file. What was stored is kept."
    transitions.move_upload(upload, S.FAILED, error=why, finished_at=timezone.now())
