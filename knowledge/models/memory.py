"""What reviews have taught: written by proposals, read by analysis."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ingestion.models import Message
from tasktracker.core.models import Workspace


class Memory(models.Model):
    """A decision that later runs must heed, by fingerprint, so that it outlives runs, models and re-imports.

    `rejected`: this fingerprint stays away until two new independent messages support it (`messages` are those
    that had been seen). `not_same` and `same`: what a person said about a pair, `fingerprint` < `other`.
    """

    class Kind(models.TextChoices):
        REJECTED = "rejected"
        NOT_SAME = "not_same"
        SAME = "same"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memories")
    kind = models.CharField(max_length=10, choices=Kind)
    fingerprint = models.CharField(max_length=64)
    other = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=20, blank=True)
    messages = models.ManyToManyField(Message, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "memories"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind", "fingerprint", "other"], name="memory_once"),
            models.CheckConstraint(
                condition=Q(kind="rejected", other="") | (Q(kind__in=["not_same", "same"]) & ~Q(other="")),
                name="memory_pair_has_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.fingerprint}"
