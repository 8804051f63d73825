"""A project: what its words are, who takes what, and how urgent things are."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from ingestion.models import Participant
from tasktracker.core.models import TimeStamped, Workspace


class Project(TimeStamped):
    """`version` grows with each change and is kept by each run; `glossary` maps a term to its meaning."""

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
    priority_rules = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=10, default="en")
    version = models.CharField(max_length=20, default="1.0.0")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="project_name_once")]

    def __str__(self) -> str:
        return self.name
