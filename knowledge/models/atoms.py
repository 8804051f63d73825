"""Topics, atoms and the links between atoms."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from ingestion.models import Quote
from knowledge.models.projects import Project
from tasktracker.core import walls
from tasktracker.core.enums import AtomType, LinkType
from tasktracker.core.models import TimeStamped, Workspace


class Topic(TimeStamped):
    """A subject that the team works on."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        MERGED = "merged"
        ARCHIVED = "archived"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="topics")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="topics")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    keywords = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    quotes = models.ManyToManyField(Quote, blank=True, related_name="topics")

    WALL = walls.Resting(
        (
            ("knowledge.Topic_quotes", "topic", "quote__message__source"),
            ("knowledge.Atom_quotes", "atom__topics", "quote__message__source"),
        )
    )
    objects = walls.Manager["Topic"]()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["active", "merged", "archived"]), name="topic_status_known"),
            models.CheckConstraint(
                condition=Q(status="merged", merged_into__isnull=False)
                | (~Q(status="merged") & Q(merged_into__isnull=True)),
                name="topic_merged_has_target",
            ),
        ]
        indexes = [models.Index(fields=["workspace", "name"], name="topic_list", condition=Q(status="active"))]

    def __str__(self) -> str:
        return self.name


class Atom(TimeStamped):
    """One piece of knowledge: typed, titled, and held by exact words."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        MERGED = "merged"
        RETIRED = "retired"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="atoms")
    topics = models.ManyToManyField(Topic, blank=True, related_name="atoms")
    type = models.CharField(max_length=12, choices=AtomType)
    title = models.CharField(max_length=200)
    content = models.TextField(blank=True)
    quotes = models.ManyToManyField(Quote, blank=True, related_name="atoms")
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    valid_from = models.DateTimeField(default=timezone.now)
    valid_to = models.DateTimeField(null=True, blank=True)

    WALL = walls.Resting((("knowledge.Atom_quotes", "atom", "quote__message__source"),))
    objects = walls.Manager["Atom"]()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(type__in=AtomType.values), name="atom_type_known"),
            models.CheckConstraint(condition=Q(status__in=["active", "merged", "retired"]), name="atom_status_known"),
            models.CheckConstraint(
                condition=Q(status="merged", merged_into__isnull=False)
                | (~Q(status="merged") & Q(merged_into__isnull=True)),
                name="atom_merged_has_target",
            ),
        ]
        indexes = [models.Index(fields=["workspace", "type", "-id"], name="atom_list", condition=Q(status="active"))]

    def __str__(self) -> str:
        return self.title


class AtomLink(models.Model):
    """`from_atom` does `type` to `to_atom`: a solution solves a problem."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="atom_links")
    from_atom = models.ForeignKey(Atom, on_delete=models.CASCADE, related_name="links_out")
    to_atom = models.ForeignKey(Atom, on_delete=models.CASCADE, related_name="links_in")
    type = models.CharField(max_length=12, choices=LinkType)
    created_at = models.DateTimeField(default=timezone.now)

    WALL = walls.Between(
        (
            "from_atom",
            "to_atom",
        )
    )
    objects = walls.Manager["AtomLink"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["from_atom", "to_atom", "type"], name="atomlink_once"),
            models.CheckConstraint(condition=~Q(from_atom=F("to_atom")), name="atomlink_not_to_itself"),
            models.CheckConstraint(condition=Q(type__in=LinkType.values), name="atomlink_type_known"),
        ]

    def __str__(self) -> str:
        return f"{self.from_atom_id} {self.type} {self.to_atom_id}"
