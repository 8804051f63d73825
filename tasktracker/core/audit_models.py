"""Who did what: rows that the database writes by itself, and that nobody changes afterwards."""

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One change of settings, roles or rules, or one decision. Written by triggers, whoever writes the row and how;
    what is done to an account, which lies in no workspace, is noted by `audit.note_account`.

    `by` is empty for a command, a worker or somebody at the database itself. `changes` is `{field: [before, after]}`
    with ids and settings, never a key or a secret (those are `{field: "hidden"}`) and never words of messages.
    The database refuses UPDATE and TRUNCATE, and DELETE while the workspace is there: it takes its log along.
    """

    # Both without a constraint of Django's: the log outlives accounts, and goes with its workspace by the database's
    # own cascade, which is the one way in which a row may go.
    workspace = models.ForeignKey(
        "core.Workspace", on_delete=models.DO_NOTHING, db_constraint=False, related_name="audit_entries"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    at = models.DateTimeField()
    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    verb = models.CharField(max_length=10)
    title = models.CharField(max_length=200, help_text="The object's name at the time, where it has one.")
    changes = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["workspace", "-id"], name="auditentry_list"),
            # the history of one object, and of one kind
            models.Index(fields=["workspace", "kind", "object_id", "-id"], name="auditentry_of_object"),
            # what one person did
            models.Index(fields=["workspace", "by", "-id"], name="auditentry_by"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.kind} {self.object_id}"
