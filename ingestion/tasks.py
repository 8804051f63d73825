"""Jobs of ingestion."""

from celery import shared_task

from ingestion import inbox


@shared_task(ignore_result=True)
def sweep_deliveries() -> None:
    """Periodic: what lies in the inbox is worked off even when its receiver is gone."""
    inbox.sweep()


@shared_task(ignore_result=True)
def forget_deliveries() -> None:
    """Periodic: raw deliveries that were worked off long ago are emptied."""
    inbox.forget_old()
