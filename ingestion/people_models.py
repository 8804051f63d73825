"""Who somebody is: accounts of platforms that were joined as one person, and people who were erased."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from tasktracker.core.models import TimeStamped, Workspace


class PersonJoin(models.Model):
    """Accounts that somebody said are one person. `before` has what each was joined to: `{participant id: id or null}`.

    With that it is taken back exactly, as long as nothing was joined on top of it.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="person_joins")
    first = models.ForeignKey("ingestion.Participant", on_delete=models.CASCADE, related_name="joins")
    before: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    undone_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"join {self.pk} of participant {self.first_id}"


class Erasure(TimeStamped):
    """A person who is being erased, or was. `sealed_names` holds names and ids until the work is done, then nothing.

    `expected` are the figures that were shown before, `counts` what was done.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="erasures")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    participants: "models.JSONField[Any, Any]" = models.JSONField(default=list, help_text="Ids of their accounts.")
    sealed_names = models.TextField(blank=True, editable=False)
    expected: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    counts: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # what the sweep has to go on with
            models.Index(fields=["id"], name="erasure_at_work", condition=models.Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}"
