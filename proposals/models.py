"""What people must decide, what supports it, and what they did."""

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Upper
from django.utils import timezone

from analysis.models import AnalysisRun, Finding
from ingestion.models import Quote
from knowledge.models import Project
from proposals.duty_models import Digest, Duty, DutyPlace
from proposals.shown_models import ShownProposal
from tasktracker.core import walls
from tasktracker.core.enums import Recommendation, RejectReason, Tier
from tasktracker.core.models import Workspace

__all__ = [
    "BY_POLICY",
    "AutoApproval",
    "Digest",
    "Duty",
    "DutyPlace",
    "Evidence",
    "Intake",
    "Proposal",
    "ReviewAction",
    "SavedFilter",
    "ShownProposal",
    "document",
]

BY_POLICY = "auto-approval"  # where a name is asked for


def document() -> SearchVector:
    """What of a proposal is searched by words, as its index has it."""
    return SearchVector("title", KT("payload__description"), KT("payload__content"), config="simple")


class Proposal(models.Model):
    """Something a model found, waiting for a person or decided by one.

    `payload` has the keys of contract.md for its kind; `origins` says for each key who filled it last (ai,
    rules of its project, human, or edited: a person changed what a machine had filled).
    `findings` that repeat it add evidence and `rank`. What a decision made is `created_kind` and `created_id`.
    """

    class Kind(models.TextChoices):
        TOPIC = "topic"
        ATOM = "atom"
        TASK = "task"

    class Status(models.TextChoices):
        PENDING = "pending"
        NEEDS_EVIDENCE = "needs_evidence"
        SNOOZED = "snoozed"
        APPROVED = "approved"
        REJECTED = "rejected"
        MERGED = "merged"
        SUPERSEDED = "superseded"

    OPEN = ("pending", "needs_evidence", "snoozed")

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="proposals")
    kind = models.CharField(max_length=10, choices=Kind)
    status = models.CharField(max_length=15, choices=Status, default=Status.PENDING)
    fingerprint = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    payload = models.JSONField()
    origins = models.JSONField(default=dict, blank=True)
    recommendation = models.CharField(max_length=20, choices=Recommendation, default=Recommendation.NEW_TASK)
    target_id = models.BigIntegerField(null=True, help_text="The object to update or merge into, of the same kind.")
    confidence = models.FloatField()
    reasoning = models.TextField(blank=True)
    rank = models.FloatField(default=0)
    judged = models.JSONField(
        null=True, blank=True, editable=False, help_text="What a model said of things like it: {title, same: {key: …}}."
    )
    run = models.ForeignKey(AnalysisRun, null=True, on_delete=models.SET_NULL, related_name="proposals")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="proposals")
    snoozed_until = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    reject_reason = models.CharField(max_length=20, choices=RejectReason, blank=True)
    note = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    sampled_at = models.DateTimeField(
        null=True, editable=False, help_text="When a policy left it to people, to see whether it would have been right."
    )
    left_at = models.DateTimeField(
        null=True, editable=False, help_text="When a policy looked at it and left it to people, as it may not take it."
    )
    created_kind = models.CharField(max_length=10, blank=True)
    created_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    WALL = walls.Resting(
        (
            ("proposals.Evidence", "proposal", "quote__message__source"),
            ("proposals.Intake", "proposal", "finding__window__places__message__source"),
        )
    )
    objects = walls.Manager["Proposal"]()

    class Meta:
        ordering = ["-rank", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["topic", "atom", "task"]), name="proposal_kind_known"),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "pending",
                        "needs_evidence",
                        "snoozed",
                        "approved",
                        "rejected",
                        "merged",
                        "superseded",
                    ]
                ),
                name="proposal_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["approved", "rejected", "merged"], decided_at__isnull=False)
                | Q(status__in=["pending", "needs_evidence", "snoozed", "superseded"], decided_at__isnull=True),
                name="proposal_decided_at_iff_decision",
            ),
            models.CheckConstraint(
                condition=Q(status="snoozed", snoozed_until__isnull=False)
                | (~Q(status="snoozed") & Q(snoozed_until__isnull=True)),
                name="proposal_snoozed_until_iff_snoozed",
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=0) & Q(confidence__lte=1), name="proposal_confidence_in_range"
            ),
            models.UniqueConstraint(
                fields=["workspace", "kind", "fingerprint"],
                condition=Q(status__in=["pending", "needs_evidence", "snoozed"]),
                name="proposal_open_once",
            ),
        ]
        indexes = [
            # all of them, best first
            models.Index(fields=["workspace", "-rank", "-id"], name="proposal_all"),
            # the inbox, best first
            models.Index(fields=["workspace", "-rank", "-id"], name="proposal_inbox", condition=Q(status="pending")),
            # the inbox of one kind
            models.Index(
                fields=["workspace", "kind", "-rank", "-id"],
                name="proposal_inbox_kind",
                condition=Q(status="pending"),
            ),
            # "has this been decided before?"
            models.Index(fields=["workspace", "kind", "fingerprint"], name="proposal_by_fingerprint"),
            # what wakes up next
            models.Index(fields=["snoozed_until"], name="proposal_snoozed", condition=Q(status="snoozed")),
            # how many were proposed on each day
            models.Index(fields=["workspace", "created_at"], name="proposal_by_day"),
            # how many are put aside
            models.Index(
                fields=["workspace", "status"],
                name="proposal_aside",
                condition=Q(status__in=["needs_evidence", "snoozed"]),
            ),
            # "of 41 like this, 38 were approved": read from the index alone
            models.Index(
                fields=["workspace", "kind", "confidence"],
                include=["id", "status", "decided_by"],
                name="proposal_meaning",
                condition=Q(decided_at__isnull=False),
            ),
            # what people said of a policy's sample
            models.Index(
                fields=["workspace", "kind", "-decided_at"],
                name="proposal_sampled",
                condition=Q(sampled_at__isnull=False),
            ),
            # decisions, newest first
            models.Index(
                fields=["workspace", "-decided_at"],
                name="proposal_decided",
                condition=Q(decided_at__isnull=False),
            ),
            # what waits since, or not yet since, a moment
            models.Index(fields=["workspace", "created_at"], name="proposal_inbox_age", condition=Q(status="pending")),
            # "which accepted ones go by this name?", however many wait
            models.Index(
                fields=["workspace", "kind"],
                name="proposal_accepted",
                condition=Q(status__in=["approved", "merged"]),
            ),
            # "which proposal made this?"
            models.Index(
                fields=["created_kind", "created_id"], name="proposal_made", condition=Q(created_id__isnull=False)
            ),
            # the atoms of a topic, by the name that they give it
            models.Index(F("workspace"), Upper(KT("payload__topic")), name="proposal_topic", condition=Q(kind="atom")),
            # words of title and body
            GinIndex(document(), name="proposal_fulltext"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def tier(self) -> Tier:
        return Tier.of(self.confidence)

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def decider(self) -> str:
        """Who decided, by name; a policy has none."""
        return self.decided_by.get_username() if self.decided_by else BY_POLICY


class Evidence(models.Model):
    """A passage that supports a proposal, and the finding it came with (none when a person added it)."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="evidence")
    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="evidence")
    finding = models.ForeignKey(Finding, null=True, on_delete=models.SET_NULL, related_name="+")

    WALL = walls.Words("quote__message__source")
    objects = walls.Manager["Evidence"]()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "evidence"
        constraints = [models.UniqueConstraint(fields=["proposal", "quote"], name="evidence_once")]

    def __str__(self) -> str:
        return f"quote {self.quote_id} for proposal {self.proposal_id}"


class Intake(models.Model):
    """What became of a finding: each is taken in once, whatever happens to the job that does it."""

    class Outcome(models.TextChoices):
        PROPOSED = "proposed"
        REPEATED = "repeated", "added to a proposal that was waiting"
        REMEMBERED = "remembered", "kept away: rejected before"
        KNOWN = "known", "nothing new about something approved"

    finding = models.OneToOneField(Finding, on_delete=models.CASCADE, related_name="intake")
    proposal = models.ForeignKey(Proposal, null=True, on_delete=models.SET_NULL, related_name="intakes")
    outcome = models.CharField(max_length=12, choices=Outcome)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"finding {self.finding_id}: {self.outcome}"


class ReviewAction(models.Model):
    """One decision by one person, or by a policy, with everything it changed, so that it can be taken back exactly.

    `changes` is the journal: `[{model, pk, before, after}]` in order, where `before` null means made and
    `after` null means removed. `batch` is shared by what was done as one.
    """

    class Verb(models.TextChoices):
        APPROVE = "approve"
        REJECT = "reject"
        MERGE = "merge"
        SNOOZE = "snooze"
        EDIT = "edit"
        SUPERSEDE = "supersede"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="review_actions")
    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="actions")
    verb = models.CharField(max_length=10, choices=Verb)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="review_actions")
    at = models.DateTimeField(default=timezone.now)
    batch = models.UUIDField(default=uuid.uuid4, db_index=True)
    edited = models.BooleanField(default=False, help_text="A person changed what the model had filled.")
    auto = models.BooleanField(default=False, help_text="Done by a policy; nobody looked at it.")
    changes = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="undone_actions"
    )

    WALL = walls.Between(("proposal",))
    objects = walls.Manager["ReviewAction"]()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["workspace", "-id"], name="reviewaction_list")]

    def __str__(self) -> str:
        return f"{self.verb} {self.proposal_id} by {self.by_id}"


class SavedFilter(models.Model):
    """A person's filters of the desk under a name; `query` is that of the desk's address, without a question mark."""

    NAME_LENGTH = 60

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="saved_filters")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=NAME_LENGTH)
    query = models.TextField()
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["workspace", "user", "name"], name="savedfilter_name_once")]

    def __str__(self) -> str:
        return self.name


class AutoApproval(models.Model):
    """Whether proposals of a kind are approved without a person, from `threshold` up, but for a sample.

    Its `sample_rate` of them is left to people. It counts from `set_at` on, and only for the `engine` that people's
    decisions were about when it was turned on. Where it turns itself off, `stopped` says why.
    """

    LEAST = 0.85
    LEAST_SAMPLE = 0.01
    ENGINE_LENGTH = 200

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="auto_approvals")
    kind = models.CharField(max_length=10, choices=Proposal.Kind)
    threshold = models.FloatField(default=0.95)
    sample_rate = models.FloatField(default=0.1)
    is_active = models.BooleanField(default=False)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    engine = models.CharField(max_length=ENGINE_LENGTH, blank=True, help_text="Whose proposals, in words.")
    stopped = models.CharField(max_length=500, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["kind"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "kind"], name="autoapproval_kind_once"),
            models.CheckConstraint(condition=Q(kind__in=["topic", "atom", "task"]), name="autoapproval_kind_known"),
            models.CheckConstraint(
                condition=Q(threshold__gte=0.85) & Q(threshold__lte=1), name="autoapproval_threshold_in_range"
            ),
            models.CheckConstraint(
                condition=Q(sample_rate__gte=0.01) & Q(sample_rate__lte=1), name="autoapproval_sample_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.threshold:g}, {'on' if self.is_active else 'off'}"
