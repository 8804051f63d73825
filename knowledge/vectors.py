"""Vectors: the only file that knows pgvector."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from pgvector.django import VectorField

from tasktracker.core.models import Workspace


class Embedding(models.Model):
    """One vector of one object by one model. `vector` has no fixed dimension: `model` and `dim` say what it is.

    Vectors of different models are never compared. `text_hash` (SHA-256 of the embedded text) tells what is out
    of date. Each model has its own partial HNSW index over `vector::vector(dim)`.
    """

    class Kind(models.TextChoices):
        TOPIC = "topic"
        ATOM = "atom"
        TASK = "task"
        MESSAGE = "message"
        PROPOSAL = "proposal"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    object_id = models.BigIntegerField()
    model = models.CharField(max_length=120)
    dim = models.SmallIntegerField()
    vector = VectorField()
    text_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id", "model"], name="embedding_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["topic", "atom", "task", "message", "proposal"]), name="embedding_kind_known"
            ),
        ]
        indexes = [models.Index(fields=["workspace", "kind", "model"], name="embedding_of_workspace")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} by {self.model}"
