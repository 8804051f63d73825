"""What reviewers' flips have taught the noise filter."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tasktracker.core.models import Workspace


class NoiseLesson(models.Model):
    """How often people said that a rule was wrong here; `author` where it is about one bot alone.

    `flips` are those against the rule less those for it. At `off_at` the rule was turned off: what it catches is weak,
    not noise. `done_to` is the newest message to which that was applied.

    With the rule "phrase" or "author" it is the other way round (see taught.py): from `off_at` on what it is about is
    noise. `phrase` is a digest, `sample` a message that has its words.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="noise_lessons")
    rule = models.CharField(max_length=30)
    author = models.ForeignKey("ingestion.Participant", null=True, on_delete=models.CASCADE, related_name="+")
    phrase = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    sample = models.ForeignKey(
        "ingestion.Message", null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    flips = models.IntegerField(default=0)
    off_at = models.DateTimeField(null=True)
    done_to = models.BigIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now, editable=False)
    taken_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "rule", "author", "phrase"], name="noiselesson_once", nulls_distinct=False
            )
        ]
        indexes = [
            # what the sweep applies
            models.Index(fields=["id"], name="noiselesson_off", condition=Q(off_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.flips}"
