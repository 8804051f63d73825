"""Tasks, and where else they live."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, IntegerField, Q, Value, When

from ingestion.models import Participant, Quote
from knowledge.models.atoms import Atom
from knowledge.models.projects import Project
from tasktracker.core import walls
from tasktracker.core.enums import Priority, TaskCategory, TaskStatus
from tasktracker.core.models import TimeStamped, Workspace

OPEN = [TaskStatus.OPEN, TaskStatus.IN_PROGRESS]
# The most urgent first. It stands here because an index is built on it: both have to say the same.
URGENCY = Case(
    *(When(priority=priority, then=Value(rank)) for rank, priority in enumerate(reversed(Priority.values))),
    output_field=IntegerField(),
)


class Task(TimeStamped):
    """Work that a person agreed to. `fields` holds the extra fields of a TaskConfig."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="tasks")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="tasks")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=12, choices=TaskStatus, default=TaskStatus.OPEN)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.MEDIUM)
    category = models.CharField(max_length=12, choices=TaskCategory, default=TaskCategory.CHORE)
    assignee = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.SET_NULL, related_name="assigned_tasks"
    )
    due = models.DateField(null=True, blank=True)
    labels = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    fields = models.JSONField(default=dict, blank=True)
    atoms = models.ManyToManyField(Atom, blank=True, related_name="tasks")
    quotes = models.ManyToManyField(Quote, blank=True, related_name="tasks")

    WALL = walls.Resting(
        (
            ("knowledge.Task_quotes", "task", "quote__message__source"),
            ("knowledge.Atom_quotes", "atom__tasks", "quote__message__source"),
        )
    )
    objects = walls.Manager["Task"]()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=TaskStatus.values), name="task_status_known"),
            models.CheckConstraint(condition=Q(priority__in=Priority.values), name="task_priority_known"),
            models.CheckConstraint(condition=Q(category__in=TaskCategory.values), name="task_category_known"),
        ]
        indexes = [
            models.Index(fields=["workspace", "status", "-id"], name="task_list"),
            # the columns of the board that stand by urgency
            models.Index(
                F("workspace"), F("status"), URGENCY, F("id").desc(), name="task_board", condition=Q(status__in=OPEN)
            ),
            # how many are open of each project
            models.Index(fields=["project"], name="task_open_of_project", condition=Q(status__in=OPEN)),
        ]

    def __str__(self) -> str:
        return self.title


class ExternalLink(TimeStamped):
    """The task in another tracker."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="external_links")
    tracker = models.CharField(max_length=40)
    external_id = models.CharField(max_length=255)
    url = models.URLField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "tracker"], name="externallink_once")]

    def __str__(self) -> str:
        return f"{self.tracker} {self.external_id}"
