"""A history that somebody sends in by a page: the file, what is in it, and how far its import is."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tasktracker.core.models import TimeStamped, Workspace


class Upload(TimeStamped):
    """An export on its way in.

    The file lies below UPLOADS_DIR under `stored`, a random name; "" when it is gone. `preview` is what a look into it
    has shown, `counts` the figures of the import so far, `report` its [where, why] of what was left out. Whoever works
    on it holds a lease, and only the newest `attempt` may write.
    """

    class Status(models.TextChoices):
        RECEIVING = "receiving"
        CHECKING = "checking"
        READY = "ready"
        IMPORTING = "importing"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="uploads")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="uploads")
    source = models.ForeignKey("ingestion.Source", null=True, on_delete=models.SET_NULL, related_name="uploads")
    source_name = models.CharField(max_length=120)
    file_name = models.CharField(max_length=255)
    stored = models.CharField(max_length=64, blank=True, editable=False)
    size = models.BigIntegerField(help_text="Bytes of the whole file.")
    received = models.BigIntegerField(default=0, help_text="Bytes that are here.")
    format = models.CharField(max_length=20, default="auto")
    options: "models.JSONField[Any, Any]" = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.RECEIVING)
    preview: "models.JSONField[Any, Any]" = models.JSONField(default=dict, blank=True)
    counts: "models.JSONField[Any, Any]" = models.JSONField(default=dict, blank=True)
    report: "models.JSONField[Any, Any]" = models.JSONField(default=list, blank=True)
    error = models.CharField(max_length=600, blank=True)
    position = models.BigIntegerField(default=0, help_text="Bytes that are read.")
    attempt = models.IntegerField(default=0)
    losses = models.IntegerField(default=0, help_text="How often whoever worked on it was gone.")
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["receiving", "checking", "ready", "importing", "done", "failed", "cancelled"]),
                name="upload_status_known",
            ),
            models.CheckConstraint(condition=Q(received__gte=0) & Q(received__lte=F("size")), name="upload_fits"),
        ]
        indexes = [
            # what the sweeper looks at
            models.Index(fields=["id"], name="upload_at_work", condition=Q(status__in=["checking", "importing"])),
            # whose file goes away after a while
            models.Index(fields=["updated_at"], name="upload_with_file", condition=~Q(stored="")),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def share(self) -> int:
        """How much of the step that it is in is done: 0 to 100."""
        done = self.received if self.status == self.Status.RECEIVING else self.position
        return min(100, done * 100 // self.size) if self.size else 100
