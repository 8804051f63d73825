"""A project: what its words are, who takes what, and how urgent things are; and each of its versions."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from ingestion.models import Participant
from tasktracker.core.models import TimeStamped, Workspace


class Project(TimeStamped):
    """The rules of one product or team. `version` grows with each change (see `projects`) and is kept by each run.

    `glossary` maps a term to its meaning. `team` is `[{participant: id, components: [name]}]`: who owns what.
    `priority_rules` is `[{keywords: [word], priority}]`: the first rule of which a word is said decides.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    keywords = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    glossary = models.JSONField(default=dict, blank=True)
    components = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    default_assignee = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    team = models.JSONField(default=list, blank=True, help_text="Who owns which components.")
    priority_rules = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=10, default="en")
    version = models.CharField(max_length=20, default="1.0.0")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="project_name_once")]

    def __str__(self) -> str:
        return self.name


class ProjectVersion(models.Model):
    """A project as it was from `at` on, never edited; `part` says which part of the number grew.

    `rules` holds every field by the names of `Project`, people by id. The database refuses to change a row, and to
    remove one while its project is there.
    """

    class Part(models.TextChoices):
        FIRST = "first"
        MAJOR = "major"
        MINOR = "minor"
        PATCH = "patch"

    # The constraint, with its cascade, is made by the migration: Django's own would delete these rows first.
    project = models.ForeignKey(Project, on_delete=models.DO_NOTHING, db_constraint=False, related_name="versions")
    number = models.CharField(max_length=20)
    part = models.CharField(max_length=5, choices=Part)
    rules = models.JSONField()
    at = models.DateTimeField(default=timezone.now)
    # No constraint: a row that never changes keeps the id of somebody whose account is gone.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="projectversion_once")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.number}"
