"""The ground floor: people, workspaces, the event outbox, the ledger of model calls, the history of states."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from tasktracker.core import account_models  # noqa: F401  (models of this app, in a file of their own)
from tasktracker.core.audit_models import AuditEntry  # noqa: F401
from tasktracker.core.enums import ProviderKind, Purpose, Role, TokenScope


class TimeStamped(models.Model):
    """`created_at` and `updated_at`, aware."""

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class User(AbstractUser):
    """A person who logs in. What they may do is said by their memberships, never by `is_superuser`.

    `own_keys` is `{action: event.code}`, where the person has chosen other keys than the defaults (keys.py).
    """

    own_keys = models.JSONField(default=dict, blank=True, editable=False)


class Workspace(TimeStamped):
    """A team's own room: nothing crosses its walls."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    timezone = models.CharField(max_length=60, default="UTC")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """What "today" means there; UTC where the name is not known."""
        try:
            return ZoneInfo(self.timezone)
        except (KeyError, ValueError):
            return ZoneInfo("UTC")


class Membership(TimeStamped):
    """A person's role in a workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.REVIEWER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace} as {self.role}"


class ApiToken(models.Model):
    """A bearer token, bound to one workspace; only its SHA-256 is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_tokens")
    label = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False, help_text="The token's last characters.")
    scope = models.CharField(max_length=10, choices=TokenScope, default=TokenScope.ADMIN)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(scope__in=TokenScope.values), name="apitoken_scope_known")
        ]

    def __str__(self) -> str:
        return f"{self.label or 'token'} …{self.hint}"

    @property
    def is_live(self) -> bool:
        return self.expires_at is None or self.expires_at > timezone.now()


class Event(models.Model):
    """The outbox: one row for each thing that happened, written in the transaction that did it.

    `seq` is the public id. It is given after the commit, by whoever reads first, under one lock: so a reader
    that has seen seq N has seen everything up to N, in whatever order the transactions committed.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    seq = models.BigIntegerField(null=True, editable=False)
    type = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    data = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seq"], name="event_seq_once")]
        indexes = [
            # the replay of one workspace since a given seq
            models.Index(fields=["workspace", "seq"], name="event_replay", condition=models.Q(seq__isnull=False)),
            # the few rows that nobody has numbered yet
            models.Index(fields=["id"], name="event_unnumbered", condition=models.Q(seq__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.object_kind} {self.object_id}"


class StatusChange(models.Model):
    """History: one row for each move that the transition engine made. Never changed afterwards."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40, help_text="The model, such as proposals.proposal.")
    object_id = models.BigIntegerField()
    from_status = models.CharField(max_length=20)
    to_status = models.CharField(max_length=20)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "object_id", "-id"], name="statuschange_of_object")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}: {self.from_status} → {self.to_status}"


class LLMCall(models.Model):
    """The ledger: one row for each call to a model, failed ones included. Names only, no key to the right."""

    class Outcome(models.TextChoices):
        OK = "ok"
        PARTIAL = "partial", "some items dropped"
        INVALID = "invalid", "no valid answer"
        CUT = "cut", "prompt or answer was cut"
        TOO_LONG = "too_long", "refused before the call"
        TIMEOUT = "timeout"
        RATE_LIMITED = "rate_limited"
        DOWN = "down", "provider not reachable"
        REFUSED = "refused", "provider refused the request"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=60, db_index=True, help_text="What it was for, such as run:41.")
    purpose = models.CharField(max_length=20, choices=Purpose)
    provider = models.CharField(max_length=120)
    provider_kind = models.CharField(max_length=20, choices=ProviderKind)
    model = models.CharField(max_length=200)
    prompt_name = models.CharField(max_length=60)
    prompt_version = models.CharField(max_length=20)
    tokens_in = models.IntegerField(null=True)
    tokens_out = models.IntegerField(null=True)
    cost = models.DecimalField(max_digits=12, decimal_places=6, null=True, help_text="USD; empty when not known.")
    duration_ms = models.IntegerField()
    attempts = models.SmallIntegerField(default=1)
    outcome = models.CharField(max_length=20, choices=Outcome)
    error = models.CharField(max_length=300, blank=True)
    items = models.IntegerField(default=0)
    dropped = models.IntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["workspace", "-at"], name="llmcall_by_day")]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.provider} ({self.outcome})"


class RememberedAnswer(models.Model):
    """A model's answer, by a digest of all that was asked and of whom."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64, editable=False)
    body = models.TextField(editable=False)
    call_id = models.BigIntegerField(editable=False, help_text="Of the ledger.")
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "key"], name="rememberedanswer_once")]
        indexes = [models.Index(fields=["at"], name="rememberedanswer_age")]  # what is to be forgotten

    def __str__(self) -> str:
        return f"answer of call {self.call_id}"


class Heartbeat(models.Model):
    """When a part of the system last said that it lives (`worker`, `beat`, `bot`)."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name

    def age_seconds(self, now: datetime | None = None) -> float:
        return ((now or timezone.now()) - self.at).total_seconds()


class IdempotentRequest(models.Model):
    """The answer to a POST that carried an Idempotency-Key, given again when the same request comes again."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    response_status = models.SmallIntegerField()
    body: "models.JSONField[Any, Any]" = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "workspace", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key
