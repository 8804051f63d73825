"""Vectors: one table, never compared across models, found through each model's own index, gone with their object."""

import itertools
import threading
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from django.test import override_settings

from analysis.offline.embed import DIM
from ingestion.models import Message
from knowledge import services, tasks, vectors
from knowledge.models import Embedding, Task, Topic
from knowledge.texts import OWNERS
from proposals.models import Proposal
from proposals.similar import without_vector
from proposals.tasks import embed_proposals
from proposals.tests.factories import make_message, make_proposal
from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import count, wait_for

RNG = np.random.default_rng(7)


def keep(person: Person, count: int, *, model: str = "offline", dim: int = 64, first: int = 1) -> vectors.Vectors:
    rows = RNG.normal(size=(count, dim)).astype(np.float32)
    Embedding.objects.bulk_create(
        Embedding(
            workspace=person.workspace,
            kind="atom",
            object_id=first + n,
            model=model,
            dim=dim,
            vector=row.tolist(),
            text_hash="x",
        )
        for n, row in enumerate(rows)
    )
    return rows


def test_the_nearest_come_first_with_their_cosine(owner: Person) -> None:
    rows = keep(owner, 50)
    found = vectors.nearest(workspace_id=owner.workspace.pk, kinds=["atom"], vector=rows[7], limit=5)
    exact = sorted(range(50), key=lambda n: -vectors.cosine(rows[7], rows[n]))[:5]
    assert [one.object_id - 1 for one in found] == exact
    assert found[0].score == pytest.approx(1.0, abs=1e-5)
    assert found[1].score == pytest.approx(vectors.cosine(rows[7], rows[exact[1]]), abs=1e-5)


def test_models_workspaces_and_kinds_are_kept_apart(owner: Person, stranger: Person) -> None:
    rows = keep(owner, 5)
    keep(owner, 5, model="other", first=100)
    keep(owner, 5, model="offline", dim=32, first=200)
    keep(stranger, 5, first=300)
    found = vectors.nearest(workspace_id=owner.workspace.pk, kinds=["atom"], vector=rows[0], limit=50)
    assert {one.object_id for one in found} == {1, 2, 3, 4, 5}
    assert vectors.nearest(workspace_id=owner.workspace.pk, kinds=["topic"], vector=rows[0], limit=5) == []


def test_a_zero_vector_finds_nothing_and_is_not_found(owner: Person) -> None:
    rows = keep(owner, 3)
    Embedding.objects.filter(object_id=2).update(vector=[0.0] * 64)
    found = vectors.nearest(workspace_id=owner.workspace.pk, kinds=["atom"], vector=rows[0], limit=5)
    assert 2 not in {one.object_id for one in found}
    nothing = np.zeros(64, dtype=np.float32)
    assert vectors.nearest(workspace_id=owner.workspace.pk, kinds=["atom"], vector=nothing, limit=5) == []


@pytest.mark.django_db(transaction=True)
def test_each_model_gets_one_partial_index_which_is_used_and_recalls(owner: Person, stranger: Person) -> None:
    with connection.cursor() as cursor:  # whoever worked on this database before may have made it
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'embedding_hnsw_%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")
    rows = keep(owner, 40)
    keep(stranger, count(1_500, 3_000), first=1_000)  # this workspace is a few rows in a hundred of the index
    assert vectors.ensure_index("offline", 64) is True
    assert vectors.ensure_index("offline", 64) is False
    found_by_index(owner, rows)


def found_by_index(owner: Person, rows: vectors.Vectors) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ANALYZE knowledge_embedding")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(
            "EXPLAIN SELECT object_id FROM knowledge_embedding WHERE model = 'offline' AND dim = 64"
            " ORDER BY vector::vector(64) <=> %s::vector(64) LIMIT 10",
            ["[" + ",".join(["0.1"] * 64) + "]"],
        )
        assert "embedding_hnsw_" in str(cursor.fetchall())
        hits = 0
        for n in range(10):
            found = vectors.nearest(workspace_id=owner.workspace.pk, kinds=["atom"], vector=rows[n], limit=10)
            exact = sorted(range(40), key=lambda m: -vectors.cosine(rows[n], rows[m]))[:10]
            hits += len({one.object_id - 1 for one in found} & set(exact))
    assert hits >= 95


def test_the_job_embeds_once_and_again_after_a_change(owner: Person) -> None:
    topic = services.create_topic(workspace=owner.workspace, by=owner.user, values={"name": "EU export"})
    tasks.embed_topic(owner.workspace.pk, topic.pk)
    first = Embedding.objects.get()
    assert (first.model, first.dim, first.kind, first.object_id) == ("offline", DIM, "topic", topic.pk)
    tasks.embed_missing()
    assert Embedding.objects.get().text_hash == first.text_hash
    services.change_topic(topic_id=topic.pk, by=owner.user, values={"description": "Invoices with a VAT id"})
    tasks.embed_missing()
    assert Embedding.objects.get().text_hash != first.text_hash
    assert not tasks.missing("topic").exists()


def test_the_sweep_finds_what_has_no_vector_of_the_model_in_use(owner: Person) -> None:
    Task.objects.create(workspace=owner.workspace, title="Fix it")
    keep(owner, 1, model="older")
    tasks.embed_missing()
    assert Embedding.objects.filter(kind="task", model="offline").count() == 1


def test_an_object_of_another_workspace_is_not_embedded_for_this_one(owner: Person, stranger: Person) -> None:
    topic = Topic.objects.create(workspace=stranger.workspace, name="Secret")
    tasks.embed_topic(owner.workspace.pk, topic.pk)
    assert not Embedding.objects.exists()


def test_deleting_by_hand_takes_the_vector_along(owner: Person) -> None:
    task = Task.objects.create(workspace=owner.workspace, title="Fix it")
    tasks.embed_task(owner.workspace.pk, task.pk)
    services.delete_task(task_id=task.pk, by=owner.user)
    assert not Embedding.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_vector_outlives_an_object_that_goes_away_while_it_is_computed(owner: Person) -> None:
    task = Task.objects.create(workspace=owner.workspace, title="Fix it")
    halfway, gone = threading.Event(), threading.Event()

    def slow(texts: list[str]) -> Any:
        halfway.set()
        assert gone.wait(20)
        return np.ones((len(texts), 8), dtype=np.float32)

    def job() -> None:
        try:
            tasks.embed_task(owner.workspace.pk, task.pk)
        finally:
            connection.close()

    globals()["slow_embedder"] = slow
    with override_settings(OFFLINE_EMBEDDER=f"{__name__}.slow_embedder"):
        thread = threading.Thread(target=job)
        thread.start()
        wait_for(halfway.is_set)
        services.delete_task(task_id=task.pk, by=owner.user)
        gone.set()
        thread.join(20)
    assert not Embedding.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_has_nothing_to_embed_waits_for_nobody_who_has(owner: Person) -> None:
    """Two who each wait for rows of the other are a deadlock, and one of them loses all its work."""
    task = Task.objects.create(workspace=owner.workspace, title="Fix it")
    tasks.embed_task(owner.workspace.pk, task.pk)
    over = threading.Event()

    def job() -> None:
        try:
            tasks.embed_task(owner.workspace.pk, task.pk)
            over.set()
        finally:
            connection.close()

    thread = threading.Thread(target=job)
    with transaction.atomic():
        Embedding.objects.select_for_update().get()
        thread.start()
        wait_for(over.is_set)
    thread.join(20)


NASTY = [
    "plain",
    " \u00a0 around \n",
    "ends\n",
    "",
    "ﬁ ｆｕｌｌ Ünï — 日本語 \U0001f600",
    "a\r\n\tb\u2028c",
    "\\ ' % \" {}",
]


@pytest.mark.long
def test_what_was_embedded_decides_and_no_clock(owner: Person) -> None:
    """An edit may come late, with a time of its platform from before the vector was made."""
    said = make_message(owner.workspace, text="the export fails")
    proposal = make_proposal(owner.workspace, title="Exports fail")
    for title, body in itertools.product(NASTY, repeat=2):
        Topic.objects.create(workspace=owner.workspace, name=title, description=body, keywords=[title, body])
        Task.objects.create(workspace=owner.workspace, title=title, description=body)
        make_message(owner.workspace, text=f"{title}{body}")
    tasks.embed_missing()
    embed_proposals(owner.workspace.pk)
    assert not any(tasks.missing(kind).exists() for kind in OWNERS)  # SQL and Python say the same text
    assert not without_vector().exists()
    late = said.sent_at + timedelta(seconds=1)
    assert late < Embedding.objects.get(kind="message", object_id=said.pk).made_at
    Message.objects.filter(pk=said.pk).update(text="the import fails", edited_at=late)
    Topic.objects.filter(name="plain", description="").update(keywords=["else"])
    Proposal.objects.filter(pk=proposal.pk).update(payload=proposal.payload | {"description": "in another way"})
    assert list(tasks.missing("message")) == [said]
    assert [row.keywords for row in tasks.missing("topic")] == [["else"]]
    assert list(without_vector()) == [proposal]
    tasks.embed_missing()
    embed_proposals(owner.workspace.pk)
    hashed = Embedding.objects.get(kind="message", object_id=said.pk).text_hash
    assert hashed == vectors.text_hash("the import fails")
    assert not tasks.missing("message").exists()
    assert not without_vector().exists()
