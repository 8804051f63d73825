"""What is done to a person, in the audit log: ids and figures, never a name."""

from typing import Any

from django.utils import timezone

from tasktracker.core.audit import PERSON
from tasktracker.core.audit_models import AuditEntry
from tasktracker.core.models import User


def note(*, workspace_id: int, participant_id: int, verb: str, by: User | None, changes: dict[str, Any]) -> None:
    """An entry about a participant; `changes` as in `AuditEntry`. The table has no trigger: imports write it."""
    AuditEntry.objects.create(
        workspace_id=workspace_id,
        by=by,
        at=timezone.now(),
        kind=PERSON,
        object_id=participant_id,
        verb=verb,
        changes=changes,
    )
