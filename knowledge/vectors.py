"""Vectors: the only file that knows pgvector."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.module_loading import import_string
from pgvector.django import VectorField

from tasktracker.core import llm
from tasktracker.core.models import Workspace

OFFLINE = "offline"
EMBED_AT_ONCE = 128
VECTOR_INDEX_DIMS, HALFVEC_INDEX_DIMS = 2_000, 4_000  # what pgvector's HNSW takes
Vectors = npt.NDArray[np.float32]


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


@dataclass(frozen=True, slots=True)
class Near:
    """An object near a vector; `score` is the cosine, 1 the same and 0 unrelated."""

    kind: str
    object_id: int
    score: float


def embed_texts(texts: Sequence[str], *, workspace_id: int, local_only: bool = False) -> tuple[str, Vectors]:
    """The name of the embedding model in use, and one row for each text. Never inside a transaction when remote.

    `offline` is done here by the function that `OFFLINE_EMBEDDER` names; anything else goes through the gateway and
    may raise LLMError, which with `local_only` refuses a model that is far away.
    """
    model: str = settings.EMBEDDING_MODEL
    if model == OFFLINE:
        return model, np.asarray(import_string(settings.OFFLINE_EMBEDDER)(list(texts)), dtype=np.float32)
    rows: list[list[float]] = []
    for start in range(0, len(texts), EMBED_AT_ONCE):
        part = texts[start : start + EMBED_AT_ONCE]
        rows += llm.embed(part, model=model, workspace_id=workspace_id, local_only=local_only)
    return model, np.asarray(rows, dtype=np.float32)


def text_hash(text: str) -> str:
    """SHA-256 of an embedded text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


class HashInSql(models.Func):
    """`text_hash` as the database says it."""

    template = "encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
    output_field = models.CharField()


def waiting(
    kind: str, rows: QuerySet[Any], *, text: Combinable, local_only: QuerySet[Any], changed: Q | None = None
) -> QuerySet[Any]:
    """Those of `rows` that have no vector of the model in use, or one of another text than theirs is now.

    `text` says in SQL what is embedded. What was embedded decides, not when: a platform's clock is not ours, and an
    edit may come days after it was made. Texts that cannot have `changed` are not compared. Of `local_only` nothing
    waits for a model that is far away.
    """
    ours = Embedding.objects.filter(kind=kind, object_id=OuterRef("pk"), model=settings.EMBEDDING_MODEL)
    fresh = Q(~Exists(ours))
    if not llm.embeds_locally(settings.EMBEDDING_MODEL):
        fresh &= ~Q(Exists(local_only.filter(pk=OuterRef("pk"))))
    rows = rows.annotate(hash_now=HashInSql(text))
    stale = Q(Exists(ours.exclude(text_hash=OuterRef("hash_now"))))
    return rows.filter(fresh | (stale if changed is None else changed & stale))


def store(
    *,
    workspace_id: int,
    kind: str,
    owner: type[models.Model],
    texts: Iterable[tuple[int, str]],
    local_only: QuerySet[Any],
) -> int:
    """Embed and keep the texts of objects (`owner` is their model) whose vector is missing or of another text.

    How many were embedded. Those of `local_only` are left out where the model is far away, and lose a vector that says
    what they don't any more. The owner's row is locked before its vector is written, so that no vector outlives an
    object that goes away in the meantime.
    """
    wanted = dict(texts)
    made = Embedding.objects.filter(kind=kind, object_id__in=wanted, model=settings.EMBEDDING_MODEL)
    fresh = dict(made.values_list("object_id", "text_hash"))
    todo = {pk: text for pk, text in wanted.items() if fresh.get(pk) != text_hash(text)}
    kept = set(local_only.filter(pk__in=todo).values_list("pk", flat=True))
    if kept and not llm.embeds_locally(settings.EMBEDDING_MODEL):
        made.filter(object_id__in=kept).delete()
        todo = {pk: text for pk, text in todo.items() if pk not in kept}
    if not todo:
        return 0
    of_theirs = not kept.isdisjoint(todo)
    model, vectors = embed_texts(list(todo.values()), workspace_id=workspace_id, local_only=of_theirs)
    with transaction.atomic():
        living = set(
            owner._default_manager.select_for_update(no_key=True, of=("self",))
            .filter(pk__in=todo)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        Embedding.objects.bulk_create(
            [
                Embedding(
                    workspace_id=workspace_id,
                    kind=kind,
                    object_id=pk,
                    model=model,
                    dim=vectors.shape[1],
                    vector=vector.tolist(),
                    text_hash=text_hash(text),
                )
                for (pk, text), vector in zip(todo.items(), vectors, strict=True)
                if pk in living
            ],
            update_conflicts=True,
            unique_fields=["kind", "object_id", "model"],
            update_fields=["workspace", "dim", "vector", "text_hash", "made_at"],
        )
    return len(living)


def vector_of(kind: str, object_id: int) -> Vectors | None:
    """The stored vector of an object by the model in use."""
    row = Embedding.objects.filter(kind=kind, object_id=object_id, model=settings.EMBEDDING_MODEL).first()
    return None if row is None else np.asarray(row.vector, dtype=np.float32)


def nearest(
    *,
    workspace_id: int,
    kinds: Collection[str],
    vector: Vectors,
    limit: int,
    model: str | None = None,
) -> list[Near]:
    """The objects of these kinds nearest to `vector`, best first, among vectors of the same model only.

    Exact for what it returns; through the model's HNSW index, which goes on until enough rows pass the filters.
    """
    model = model or settings.EMBEDDING_MODEL
    dim = int(vector.shape[-1])
    if not float(np.linalg.norm(vector)):
        return []
    column = _column(dim)
    written = "[" + ",".join(repr(float(value)) for value in vector) + "]"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('hnsw.iterative_scan', 'strict_order', true)")
        cursor.execute(
            f"""
            SELECT kind, object_id, 1 - ({column} <=> %s::{_type(dim)}) AS score
            FROM knowledge_embedding
            WHERE workspace_id = %s AND kind = ANY(%s) AND model = %s AND dim = %s
            ORDER BY {column} <=> %s::{_type(dim)} LIMIT %s
            """,  # noqa: S608  # only the dimension, an int, is put in
            [written, workspace_id, list(kinds), model, dim, written, limit],
        )
        rows: list[tuple[str, int, float]] = cursor.fetchall()
    return [Near(kind, pk, min(1.0, score)) for kind, pk, score in rows if score == score]  # NaN: a text without words


def ensure_index(model: str, dim: int) -> bool:
    """Make the partial HNSW index of a model where it is missing; whether it was made. Never inside a transaction."""
    if dim > HALFVEC_INDEX_DIMS or connection.in_atomic_block:
        return False
    name = "embedding_hnsw_" + hashlib.sha256(f"{model} {dim}".encode()).hexdigest()[:12]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_indexes WHERE indexname = %s", [name])
        if cursor.fetchone():
            return False
        cursor.execute(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON knowledge_embedding"
            f" USING hnsw (({_column(dim)}) {_type(dim).split('(')[0]}_cosine_ops) WHERE model = %s AND dim = %s",
            [model, dim],
        )
    return True


def models_in_use() -> list[tuple[str, int]]:
    """Every (model, dim) that has vectors."""
    return list(Embedding.objects.values_list("model", "dim").distinct())


def forget(kind: str, object_ids: Collection[int]) -> None:
    """Remove every vector of objects that went away."""
    Embedding.objects.filter(kind=kind, object_id__in=object_ids).delete()


def _type(dim: int) -> str:
    return f"vector({dim})" if dim <= VECTOR_INDEX_DIMS else f"halfvec({dim})"


def _column(dim: int) -> str:
    return f"vector::{_type(dim)}"


def cosine(one: Any, other: Any) -> float:
    """The cosine of two vectors, 0 where one is zero."""
    a, b = np.asarray(one, dtype=np.float32), np.asarray(other, dtype=np.float32)
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if length else 0.0
