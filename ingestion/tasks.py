"""Jobs of ingestion."""

from celery import shared_task

from ingestion import inbox, lessons, source_upkeep, upload_work, uploads
from ingestion.webhooks import receiving


@shared_task(ignore_result=True)
def sweep_deliveries() -> None:
    """Periodic: what lies in the inbox is worked off even when its receiver is gone."""
    inbox.sweep()


@shared_task(ignore_result=True)
def forget_deliveries() -> None:
    """Periodic: raw deliveries that were worked off long ago are emptied."""
    inbox.forget_old()


@shared_task(ignore_result=True)
def work_inbox(source_id: int) -> None:
    """Work off what a webhook has stored for a source; what is left, or fails, is the sweep's."""
    receiving.about_to_look(source_id)
    inbox.work_off_for(source_id=source_id)


@shared_task(ignore_result=True)
def process_delivery(delivery_id: int) -> None:
    """Process one delivery again that a person asked for; the sweep finds it where this is lost."""
    inbox.process(delivery_id=delivery_id)


@shared_task(ignore_result=True)
def expire_messages() -> None:
    """Periodic: messages that are older than their source keeps them are deleted."""
    source_upkeep.expire_messages()


@shared_task(ignore_result=True)
def apply_lessons() -> None:
    """Periodic: what came in under a rule that people have turned off is no noise."""
    lessons.sweep()


# An import may take hours. It is acknowledged before it begins: what a lost worker held is found by its lease.
@shared_task(ignore_result=True, acks_late=False, soft_time_limit=6 * 3600, time_limit=6 * 3600 + 60)
def import_upload(upload_id: int) -> None:
    """Import a file that was sent in."""
    upload_work.run_import(upload_id=upload_id)


@shared_task(ignore_result=True, acks_late=False, soft_time_limit=3600, time_limit=3660)
def check_upload(upload_id: int) -> None:
    """Look into a file that was sent in."""
    upload_work.check(upload_id=upload_id)


@shared_task(ignore_result=True)
def sweep_uploads() -> None:
    """Periodic: hand out again what nobody works on."""
    upload_work.sweep()


@shared_task(ignore_result=True)
def forget_uploads() -> None:
    """Periodic: files that were left lying are removed."""
    uploads.forget_old()
