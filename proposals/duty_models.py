"""Who looks at the desk today, and what they were told in the morning."""

from datetime import date, time

from django.conf import settings
from django.db import models
from django.db.models import Q

from tasktracker.core.models import TimeStamped, Workspace


class Duty(TimeStamped):
    """The rotation of a workspace: its people in order, a turn each, counted from `starts_on`.

    At `digest_at` by the workspace's clock, whoever is on duty is told what waits.
    """

    class Turn(models.TextChoices):
        DAY = "day", "a day each"
        WEEK = "week", "a week each"

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, related_name="duty")
    turn = models.CharField(max_length=4, choices=Turn, default=Turn.WEEK)
    weekdays_only = models.BooleanField(default=True, help_text="Nobody is on duty on Saturday and Sunday.")
    starts_on = models.DateField()
    digest_at = models.TimeField(default=time(8, 45))
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "duties"
        constraints = [models.CheckConstraint(condition=Q(turn__in=["day", "week"]), name="duty_turn_known")]

    def __str__(self) -> str:
        return f"duty of {self.workspace_id}"


class DutyPlace(models.Model):
    """A person's place in a rotation; until the end of `away_until` the next one stands in."""

    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="places")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="duty_places")
    position = models.PositiveSmallIntegerField()
    away_until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["duty", "user"], name="dutyplace_person_once")]

    def __str__(self) -> str:
        return f"{self.position}: {self.user_id}"

    def is_away(self, day: date) -> bool:
        return self.away_until is not None and day <= self.away_until


class Digest(models.Model):
    """What a person was told of one day, once, and by which ways; `error` says why one of them did not work.

    `attempt` fences: only who raised it last may say how it went.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="digests")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digests")
    day = models.DateField()
    attempt = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    by_mail = models.BooleanField(default=False)
    by_telegram = models.BooleanField(default=False)
    error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)
    gave_up_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-day", "-id"]
        constraints = [models.UniqueConstraint(fields=["workspace", "day"], name="digest_once_a_day")]
        indexes = [
            # what is to be delivered next
            models.Index(fields=["next_attempt_at"], name="digest_waiting", condition=Q(sent_at=None, gave_up_at=None)),
        ]

    def __str__(self) -> str:
        return f"digest of {self.day} for {self.user_id}"
