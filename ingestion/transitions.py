"""Where an inbox row changes its state."""

from typing import Any

from django.db.models import F
from django.utils import timezone

from ingestion.models import Delivery

MAX_ATTEMPTS = 5

S = Delivery.Status


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


def _end(delivery: Delivery, status: str, **also: Any) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        status=status, processed_at=timezone.now(), attempts=F("attempts") + 1, **also
    )
