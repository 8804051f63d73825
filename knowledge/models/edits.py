"""What people changed by hand, and what they said still holds."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ingestion.models import Quote
from tasktracker.core.models import Workspace

KINDS = ["topic", "atom", "task"]


class Edit(models.Model):
    """A change by hand of a topic, atom or task, with everything that it wrote, so that it can be taken back exactly.

    `fields` is for a reader: `[{name, old, new}]`, in words. `changes` is the journal of its writes (core/journal.py).
    `other_id` is the object that it was merged into, or that was split off, of the same kind.
    """

    class Verb(models.TextChoices):
        MAKE = "make"
        EDIT = "edit"
        MERGE = "merge"
        SPLIT = "split"
        CONFIRM = "confirm"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="edits")
    kind = models.CharField(max_length=10)
    object_id = models.BigIntegerField()
    other_id = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=10, choices=Verb)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    fields = models.JSONField(default=list)
    changes = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="edit_kind_known"),
            models.CheckConstraint(
                condition=Q(verb__in=["make", "edit", "merge", "split", "confirm"]), name="edit_verb_known"
            ),
        ]
        indexes = [
            # the history of one object
            models.Index(fields=["kind", "object_id", "-id"], name="edit_of_object"),
            # what was merged into an object, and what it was split from
            models.Index(fields=["kind", "other_id", "-id"], name="edit_of_other", condition=Q(other_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.kind} {self.object_id} by {self.by_id}"


class Confirmation(models.Model):
    """A person said that something still holds although a message that it quotes was edited.

    It is worth something for the version of `edited_at` alone: the next edit asks again.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10)
    object_id = models.BigIntegerField()
    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="confirmations")
    edited_at = models.DateTimeField(null=True, help_text="Of the message, when the person read it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id", "quote"], name="confirmation_once"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="confirmation_kind_known"),
        ]

    def __str__(self) -> str:
        return f"quote {self.quote_id} still holds {self.kind} {self.object_id}"
