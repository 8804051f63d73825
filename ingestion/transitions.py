"""Where an inbox row changes its state."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ingestion.models import Delivery, Upload
from tasktracker.core import transitions
from tasktracker.core.events import UploadProgress, emit
from tasktracker.core.models import User
from tasktracker.core.transitions import Allowed

MAX_ATTEMPTS = 5

S = Delivery.Status

UPLOAD: Allowed = {
    "receiving": {"checking", "failed", "cancelled"},
    "checking": {"ready", "failed", "cancelled"},
    "ready": {"checking", "importing", "cancelled"},
    "importing": {"done", "failed", "cancelled"},
    # What is stored stays; the file is looked at again, or its import goes on.
    "failed": {"checking", "importing"},
    "cancelled": {"checking", "importing"},
    "done": (),
}


def processed(delivery: Delivery) -> None:
    """Its content is in the tables."""
    _end(delivery, S.PROCESSED)


def ignored(delivery: Delivery, why: str) -> None:
    """Nothing in it is ours to keep."""
    _end(delivery, S.IGNORED, error=why)


def unclaimed(delivery: Delivery) -> None:
    """Its chat belongs to no workspace yet; it is kept for the day when it does."""
    _end(delivery, S.UNCLAIMED)


def failed(delivery: Delivery, error: str) -> None:
    """One more failed try; it stays in the inbox until MAX_ATTEMPTS, then is set aside with its error."""
    delivery.attempts += 1
    delivery.error = error[:300]
    fields = ["attempts", "error"]
    if delivery.attempts >= MAX_ATTEMPTS:
        delivery.status = S.FAILED
        delivery.processed_at = timezone.now()
        fields += ["status", "processed_at"]
    delivery.save(update_fields=fields)


def again(delivery_ids: list[int]) -> int:
    """Put set-aside deliveries back into the inbox (a person asked for it); returns how many."""
    return Delivery.objects.filter(pk__in=delivery_ids, status__in=[S.FAILED, S.IGNORED, S.UNCLAIMED]).update(
        status=S.RECEIVED, attempts=0, error="", processed_at=None
    )


def replayed(delivery: Delivery) -> bool:
    """Put one delivery back into the inbox, whatever became of it; False when it waits there already."""
    return bool(
        Delivery.objects.filter(pk=delivery.pk)
        .exclude(status=S.RECEIVED)
        .update(status=S.RECEIVED, attempts=0, error="", processed_at=None)
    )


@transaction.atomic
def move_upload(upload: Upload, to: str, *, by: User | None = None, **also: Any) -> Upload:
    """Move an upload, with the fields in `also`; raises `Conflict` wrong_state where it can't go there from here."""
    moved = transitions.move(
        Upload, upload.pk, to=to, allowed=UPLOAD, workspace_id=upload.workspace_id, by=by, also=also
    )
    if moved.changed:
        row = moved.row
        emit(
            UploadProgress(
                workspace_id=row.workspace_id, object_id=row.pk, source=row.source_id, status=to, share=row.share
            ),
            by=by,
        )
    return moved.row


def _end(delivery: Delivery, status: str, **also: Any) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        status=status, processed_at=timezone.now(), attempts=F("attempts") + 1, **also
    )
