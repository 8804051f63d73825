"""Background jobs of accepted knowledge: vectors, each object once, again when its text or the model changed."""

from celery import shared_task
from django.db.models import Q, QuerySet

from ingestion.models import Message
from knowledge import vectors
from knowledge.texts import OWNERS, local_only, text_in_sql, text_of
from tasktracker.core.enums import Verdict

SWEEP_AT_ONCE = 500


@shared_task(ignore_result=True)
def embed_topic(workspace_id: int, topic_id: int) -> None:
    """Embed one topic (started by topic.created)."""
    embed("topic", workspace_id, topic_id)


@shared_task(ignore_result=True)
def embed_atom(workspace_id: int, atom_id: int) -> None:
    """Embed one atom (started by atom.created)."""
    embed("atom", workspace_id, atom_id)


@shared_task(ignore_result=True)
def embed_task(workspace_id: int, task_id: int) -> None:
    """Embed one task (started by task.created)."""
    embed("task", workspace_id, task_id)


@shared_task(ignore_result=True)
def embed_missing() -> None:
    """Whatever has no vector of the model in use, or one of an older text; then the model's index."""
    for kind in OWNERS:
        rows = list(missing(kind)[:SWEEP_AT_ONCE])
        for workspace_id in sorted({row.workspace_id for row in rows}):
            own = [row for row in rows if row.workspace_id == workspace_id]
            store(kind, workspace_id, own)
    for model, dim in vectors.models_in_use():
        vectors.ensure_index(model, dim)


def embed(kind: str, workspace_id: int, object_id: int) -> None:
    """Embed one object, if it is still there."""
    store(kind, workspace_id, list(OWNERS[kind]._default_manager.filter(pk=object_id, workspace_id=workspace_id)))


def store(kind: str, workspace_id: int, rows: list) -> None:  # type: ignore[type-arg]  # of the kind's model
    """Embed rows of one kind and workspace."""
    texts = [(row.pk, text_of(kind, row)) for row in rows]
    vectors.store(workspace_id=workspace_id, kind=kind, owner=OWNERS[kind], texts=texts, local_only=local_only(kind))


def missing(kind: str) -> QuerySet:  # type: ignore[type-arg]  # of the kind's model
    """Objects to embed, newest first. A message counts once it is no noise."""
    rows, changed = OWNERS[kind]._default_manager.order_by("-pk"), None
    if OWNERS[kind] is Message:
        rows = rows.exclude(verdict=Verdict.NOISE).exclude(text="").filter(deleted_at=None)
        changed = Q(edited_at__isnull=False)  # most never are, and there are millions
    return vectors.waiting(kind, rows, text=text_in_sql(kind), local_only=local_only(kind), changed=changed)
