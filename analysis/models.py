"""What a model thinks: providers, agents, runs, windows, findings."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from ingestion.models import Channel, Message, Quote, Source
from knowledge.models import Atom, Project
from tasktracker.core import crypto, walls
from tasktracker.core.enums import ProviderKind, Purpose, Stage
from tasktracker.core.models import TimeStamped, Workspace


class Provider(TimeStamped):
    """Somebody who answers: the offline engine, or a model server. The key is sealed and never given back."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="providers")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False, help_text="Binds the key to this row.")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=ProviderKind)
    base_url = models.URLField(max_length=300, blank=True)
    sealed_api_key = models.TextField(blank=True, editable=False)
    default_model = models.CharField(max_length=200, blank=True)
    context_tokens = models.PositiveIntegerField(default=8192, help_text="What the model can read at once.")
    concurrency = models.PositiveSmallIntegerField(default=2, help_text="Calls at the same time.")
    timeout_seconds = models.PositiveSmallIntegerField(default=120)
    requests_per_minute = models.PositiveIntegerField(default=0, help_text="0: no limit.")
    tokens_per_minute = models.PositiveIntegerField(default=0, help_text="0: no limit.")
    local = models.BooleanField(default=False, help_text="Runs on hardware of your own.")
    is_active = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="provider_name_once"),
            models.UniqueConstraint(fields=["workspace"], condition=Q(is_default=True), name="provider_default_once"),
            models.CheckConstraint(condition=Q(kind__in=ProviderKind.values), name="provider_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_key(self) -> bool:
        return bool(self.sealed_api_key)

    def set_api_key(self, value: str) -> None:
        """Seal `value` into the row (not saved); an empty value clears it."""
        self.sealed_api_key = crypto.seal(value, bind=f"provider.api_key:{self.uid}") if value else ""

    def open_api_key(self) -> str:
        """The key in clear, or ""; raises `DecryptionError`."""
        return crypto.unseal(self.sealed_api_key, bind=f"provider.api_key:{self.uid}") if self.sealed_api_key else ""


class Agent(TimeStamped):
    """A provider put to one purpose, with its model and instructions; `version` grows with each change.

    `fallbacks` are ids of providers of the same workspace, asked in this order when the first one is down.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="agents")
    name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=20, choices=Purpose)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="agents")
    fallbacks = models.JSONField(default=list, blank=True, help_text="Ids of providers to ask next, in this order.")
    model = models.CharField(max_length=200, blank=True, help_text="Empty: the provider's default model.")
    temperature = models.FloatField(default=0.0)
    max_tokens = models.PositiveIntegerField(default=4000)
    instructions = models.TextField(blank=True)
    language = models.CharField(max_length=10, blank=True, help_text="Such as en; empty: the project's.")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="agent_name_once"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="agent_purpose_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class AgentVersion(models.Model):
    """An agent as it was from `at` on, never edited; a run keeps the number that it was started with."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=20, choices=Purpose)
    # A provider that nothing uses any more may go; its name stays.
    provider = models.ForeignKey(Provider, null=True, on_delete=models.SET_NULL, related_name="+")
    provider_name = models.CharField(max_length=120)
    fallbacks = models.JSONField(default=list)
    model = models.CharField(max_length=200, blank=True)
    temperature = models.FloatField()
    max_tokens = models.PositiveIntegerField()
    instructions = models.TextField(blank=True)
    language = models.CharField(max_length=10, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["agent", "number"], name="agentversion_once")]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"


class TaskConfig(TimeStamped):
    """Extra task fields (a JSON Schema of type object) that the model fills for a project, or for all."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="task_configs")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="task_configs")
    name = models.CharField(max_length=120)
    schema = models.JSONField(default=dict)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="taskconfig_name_once")]

    def __str__(self) -> str:
        return self.name


class Assignment(TimeStamped):
    """Which agent serves a purpose, in a project or in the whole workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="assignments")
    purpose = models.CharField(max_length=20, choices=Purpose)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="assignments")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="assignments")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "purpose", "project"], name="assignment_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="assignment_purpose_known"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose}: {self.agent_id}"


class AnalysisRun(TimeStamped):
    """One pass of one stage over what waits. Progress is counted from its windows, never stored."""

    class Status(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        PAUSED = "paused"
        CANCELLING = "cancelling"
        CANCELLED = "cancelled"
        COMPLETED = "completed"
        PARTIAL = "partial"
        FAILED = "failed"
        REVIEWED = "reviewed"
        CLOSED = "closed"

    LIVE = ("pending", "running", "paused", "cancelling")

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="runs")
    stage = models.CharField(max_length=10, choices=Stage)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=20, blank=True, help_text="Why paused: budget, provider.")
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="runs")
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs")
    agent_version = models.PositiveIntegerField(null=True)
    prompt_version = models.CharField(max_length=20, blank=True)
    project_versions = models.JSONField(
        null=True, blank=True, help_text="The version of each project that it works with, by the project's id."
    )
    caps = models.JSONField(default=dict, blank=True)
    forecast = models.JSONField(default=dict, blank=True)
    plan = models.JSONField(default=dict, blank=True, help_text="What the offline engine learnt from the whole run.")
    error = models.CharField(max_length=500, blank=True)
    accuracy = models.JSONField(default=dict, blank=True, help_text="What people decided, as it was at the close.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    planned_at = models.DateTimeField(null=True, blank=True, help_text="When its windows were made.")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="run_stage_known"),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "pending",
                        "running",
                        "paused",
                        "cancelling",
                        "cancelled",
                        "completed",
                        "partial",
                        "failed",
                        "reviewed",
                        "closed",
                    ]
                ),
                name="run_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "running", "paused", "cancelling"], finished_at__isnull=True)
                | Q(
                    status__in=["cancelled", "completed", "partial", "failed", "reviewed", "closed"],
                    finished_at__isnull=False,
                ),
                name="run_finished_at_iff_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="run_list"),
            # the sweeper's list
            models.Index(fields=["id"], name="run_live", condition=Q(status__in=["running", "cancelling", "paused"])),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} ({self.stage})"


class Window(models.Model):
    """A stretch of one conversation (stage knowledge) or a cluster of atoms (stage tasks), done once.

    `attempt` is the fencing token: it grows with each claim, and only its holder may finish. `losses` counts
    claims that were lost while the window ran alone; a lost pack makes its windows `suspect`, to run alone.
    """

    class Status(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    run = models.ForeignKey(AnalysisRun, on_delete=models.CASCADE, related_name="windows")
    ordinal = models.PositiveIntegerField()
    channel = models.ForeignKey(Channel, null=True, on_delete=models.CASCADE, related_name="+")
    thread = models.CharField(max_length=255, blank=True)
    starts_at = models.DateTimeField(null=True)
    tokens = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    attempt = models.PositiveIntegerField(default=0)
    losses = models.PositiveSmallIntegerField(default=0)
    pack = models.PositiveIntegerField(default=0, help_text="How many windows were claimed together.")
    suspect = models.BooleanField(default=False)
    claimed_by = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)
    dropped = models.PositiveIntegerField(default=0, help_text="Items or references that the check refused.")
    duration_ms = models.PositiveIntegerField(null=True)
    finished_at = models.DateTimeField(null=True)
    atoms = models.ManyToManyField(Atom, blank=True, related_name="windows")

    class Meta:
        ordering = ["ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["run", "ordinal"], name="window_ordinal_once"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "running", "done", "failed"]), name="window_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="running", lease_until__isnull=False)
                | (~Q(status="running") & Q(lease_until__isnull=True)),
                name="window_lease_iff_running",
            ),
        ]
        indexes = [
            # the claim: what waits in this run, in order
            models.Index(fields=["run", "ordinal"], name="window_claim", condition=Q(status="waiting")),
            # leases that ran out
            models.Index(fields=["lease_until"], name="window_leases", condition=Q(status="running")),
        ]

    def __str__(self) -> str:
        return f"window {self.ordinal} of run {self.run_id}"


class WindowMessage(models.Model):
    """A message's place in a window; `context` ones are shown and not extracted from."""

    window = models.ForeignKey(Window, on_delete=models.CASCADE, related_name="places")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="places")
    position = models.PositiveSmallIntegerField()
    context = models.BooleanField(default=False)

    WALL = walls.Words("message__source")
    objects = walls.Manager["WindowMessage"]()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["window", "message"], name="windowmessage_once")]
        indexes = [
            # "was this message extracted from already?"
            models.Index(fields=["message"], name="windowmessage_extracted", condition=Q(context=False)),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} in window {self.window_id}"


class Finding(models.Model):
    """One item of an answer, as the model gave it, never edited; its quotes are checked passages."""

    class Kind(models.TextChoices):
        TOPIC = "topic"
        ATOM = "atom"
        TASK = "task"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(AnalysisRun, on_delete=models.CASCADE, related_name="findings")
    window = models.ForeignKey(Window, on_delete=models.CASCADE, related_name="findings")
    ordinal = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    payload = models.JSONField()
    title = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    confidence = models.FloatField()
    reasoning = models.TextField(blank=True)
    quotes = models.ManyToManyField(Quote, blank=True, related_name="findings")
    unproven = models.BooleanField(default=False, help_text="No quote survived the check.")
    created_at = models.DateTimeField(auto_now_add=True)

    WALL = walls.Resting(
        (
            ("analysis.Finding_quotes", "finding", "quote__message__source"),
            ("analysis.WindowMessage", "window__findings", "message__source"),
        )
    )
    objects = walls.Manager["Finding"]()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["window", "ordinal"], name="finding_once"),
            models.CheckConstraint(condition=Q(kind__in=["topic", "atom", "task"]), name="finding_kind_known"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0) & Q(confidence__lte=1), name="finding_confidence_in_range"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SpendingCap(TimeStamped):
    """What all runs of a workspace may use in a day of its time zone; empty is no cap."""

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, related_name="spending_cap")
    calls = models.PositiveIntegerField(null=True, blank=True)
    tokens = models.PositiveBigIntegerField(null=True, blank=True, help_text="In and out.")
    cost = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True, help_text="USD.")

    def __str__(self) -> str:
        return f"spending cap of {self.workspace_id}"

    def as_caps(self) -> dict[str, float]:
        """Those that are set, as a run has its own."""
        values = {"calls": self.calls, "tokens": self.tokens, "cost": self.cost}
        return {name: float(value) for name, value in values.items() if value is not None}


class Schedule(TimeStamped):
    """Starts runs by itself: at times (`cron`, in the workspace's time zone), or when `at_least` new messages wait."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="schedules")
    name = models.CharField(max_length=120)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.KNOWLEDGE)
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    provider = models.ForeignKey(Provider, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    cron = models.CharField(max_length=100, blank=True, help_text="Minute, hour, day, month, weekday: 0 7 * * 1-5")
    at_least = models.PositiveIntegerField(null=True, blank=True, help_text="Start when so many new messages wait.")
    is_active = models.BooleanField(default=True)
    next_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_run = models.ForeignKey(
        AnalysisRun, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    last_error = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="schedule_name_once"),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="schedule_stage_known"),
            models.CheckConstraint(condition=~Q(cron="") | Q(at_least__isnull=False), name="schedule_has_an_occasion"),
        ]
        # what is due
        indexes = [models.Index(fields=["next_at"], name="schedule_due", condition=Q(is_active=True))]

    def __str__(self) -> str:
        return self.name
