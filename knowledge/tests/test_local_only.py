"""Words of a source for local models only reach no embedding model that is far away, whatever rests on them."""

import json

import pytest
from pytest_django.fixtures import Settings

from analysis.models import WindowMessage
from ingestion.models import Source
from knowledge import tasks, vectors
from knowledge.models import Atom, Embedding, Task, Topic
from knowledge.texts import OWNERS
from proposals.similar import without_vector
from proposals.tasks import embed_proposals
from proposals.tests.factories import make_finding, make_message, make_proposal, make_quote, make_run
from tasktracker.core.models import Workspace
from tasktracker.core.tests.factories import Person
from tasktracker.tests.fake_llm import FakeLLM


def fill(workspace: Workspace, source: Source, word: str) -> Atom:
    """One of each kind that rests on words of the source, each with `word` in it; the atom."""
    quote = make_quote(workspace, make_message(workspace, text=f"{word} is said", source=source))
    topic = Topic.objects.create(workspace=workspace, name=f"{word} topic")
    topic.quotes.add(quote)
    atom = Atom.objects.create(workspace=workspace, type="problem", title=f"{word} atom")
    atom.quotes.add(quote)
    task = Task.objects.create(workspace=workspace, title=f"{word} task")
    task.atoms.add(atom)  # quotes nothing itself
    make_proposal(workspace, title=f"{word} proposal", quotes=[quote])
    return atom


def embed_all(workspace: Workspace) -> None:
    """By the sweep, by event, and what is proposed."""
    tasks.embed_missing()
    for kind, job in (("topic", tasks.embed_topic), ("atom", tasks.embed_atom), ("task", tasks.embed_task)):
        for row in OWNERS[kind]._default_manager.filter(workspace=workspace):
            job(workspace.pk, row.pk)
    tasks.store("message", workspace.pk, list(OWNERS["message"]._default_manager.all()))
    embed_proposals(workspace.pk)


def test_nothing_that_rests_on_their_words_is_embedded_far_away(
    owner: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = owner.workspace
    private = Source.objects.create(workspace=workspace, name="inside", kind="api", local_only=True)
    public = Source.objects.create(workspace=workspace, name="outside", kind="api")
    atom = fill(workspace, private, "canary")
    fill(workspace, public, "sparrow")
    # Proposed, with no evidence kept, from a window in which such words were shown.
    finding = make_finding(make_run(workspace), unproven=True)
    shown = make_message(workspace, text="canary in a window", source=private)
    WindowMessage.objects.create(window=finding.window, message=shown, position=0)
    unproven = make_proposal(workspace, title="canary unproven", status="needs_evidence", quotes=[])
    unproven.intakes.create(finding=finding, outcome="proposed")
    finding = make_finding(make_run(workspace), unproven=True)
    finding.window.atoms.add(atom)
    make_proposal(workspace, title="canary of atoms", quotes=[]).intakes.create(finding=finding, outcome="proposed")
    with FakeLLM() as fake:
        settings.EMBEDDING_MODEL, settings.LLM_ALLOWED_HOSTS = "openai/text-embedding-3-small", [fake.host]
        settings.OLLAMA_URL = fake.url
        monkeypatch.setenv("OPENAI_BASE_URL", fake.openai_url)
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        before = Embedding.objects.create(
            workspace=workspace, kind="atom", object_id=atom.pk, model=settings.EMBEDDING_MODEL, dim=1, vector=[1.0],
            text_hash=vectors.text_hash("what it said once"),
        )  # fmt: skip
        embed_all(workspace)
        sent = json.dumps([str(one.body) for one in fake.received])
        assert "canary" not in sent
        assert {kind for kind in ("said", "topic", "atom", "task", "proposal") if f"sparrow {kind}" in sent} == {
            "topic", "atom", "task", "proposal",
        }  # fmt: skip
        assert "sparrow is said" in sent
        assert not Embedding.objects.filter(pk=before.pk).exists()  # old words find nothing, new ones may not go
        assert not any(tasks.missing(kind).exists() for kind in OWNERS)  # no sweep is filled with them
        assert not without_vector().exists()
        settings.EMBEDDING_MODEL = "ollama/nomic-embed-text"
        embed_all(workspace)
    assert set(Embedding.objects.filter(model=settings.EMBEDDING_MODEL).values_list("kind", flat=True)) == {
        "message", "topic", "atom", "task", "proposal",
    }  # fmt: skip
    assert "canary atom" in json.dumps([str(one.body) for one in fake.received])
