"""One search: by words, by their beginnings, by meaning; only in one's own workspace; noise included."""

import pytest

from ingestion.models import Message
from knowledge import search, tasks
from knowledge.models import Atom, Task, Topic
from proposals.tests.factories import make_message
from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import some


@pytest.fixture
def filled(owner: Person) -> Person:
    make_message(owner.workspace, text="The export of EU invoices dies with a 500")
    make_message(owner.workspace, text="Lunch at noon?")
    Topic.objects.create(workspace=owner.workspace, name="EU invoices", description="Exports to accounting")
    Atom.objects.create(workspace=owner.workspace, type="problem", title="Exporting fails", content="for EU invoices")
    Task.objects.create(workspace=owner.workspace, title="Repair the invoice exporter")
    tasks.embed_missing()
    return owner


def test_every_kind_is_found_by_words(filled: Person) -> None:
    body = filled.api.get("/api/search", {"q": "EU invoices"}).json()
    assert {hit["kind"] for hit in body["results"]} == {"message", "topic", "atom", "task"}
    assert all(0 < hit["score"] <= 1 for hit in body["results"])
    scores = [hit["score"] for hit in body["results"]]
    assert scores == sorted(scores, reverse=True)
    assert "<mark>EU</mark> <mark>invoices</mark>" in body["results"][0]["highlight"]


def test_a_word_may_be_a_beginning_and_kinds_and_limit_narrow(filled: Person) -> None:
    hits = filled.api.get("/api/search", {"q": "expor", "kind": "atom,message"}).json()["results"]
    assert {hit["kind"] for hit in hits} == {"atom", "message"}
    assert len(filled.api.get("/api/search?q=invoices&limit=1").json()["results"]) == 1


def test_meaning_finds_what_words_do_not(filled: Person) -> None:
    hits = search.search(workspace=filled.workspace, q="invoice exporting repairs", kinds=["task"])
    assert [hit.title for hit in hits] == ["Repair the invoice exporter"]


def test_noise_stays_searchable_and_a_deleted_message_does_not(filled: Person) -> None:
    noise = make_message(filled.workspace, text="zebra crossing", verdict="noise")
    assert [hit.id for hit in search.search(workspace=filled.workspace, q="zebra")] == [noise.pk]
    Message.objects.filter(pk=noise.pk).update(deleted_at=noise.sent_at)
    assert search.search(workspace=filled.workspace, q="zebra") == []


def test_a_stranger_finds_nothing(filled: Person, stranger: Person) -> None:
    assert stranger.api.get("/api/search", {"q": "invoices"}).json()["results"] == []


@pytest.mark.parametrize(
    "q", some(["'; DROP TABLE x; --", "a & | !", ":*", "((", "\\", "%", "日本語", "<b>&", "a'b"], 4)
)
def test_any_text_is_a_question(filled: Person, q: str) -> None:
    assert filled.api.get("/api/search", {"q": q}).status_code == 200


@pytest.mark.long
@pytest.mark.parametrize("query", some(["", "q=", "q=a&kind=user", "q=a&limit=0", "q=a&limit=x", "q=a&limit=1000"], 3))
def test_a_bad_question_is_400(filled: Person, query: str) -> None:
    assert filled.api.get(f"/api/search?{query}").status_code == 400


def test_the_highlight_of_hostile_text_is_escaped(owner: Person) -> None:
    make_message(owner.workspace, text="pay <img src=x onerror=alert(1)> now <mark>ok</mark>")
    hit = owner.api.get("/api/search", {"q": "pay"}).json()["results"][0]
    assert "<img" not in hit["highlight"]
    assert "<mark>pay</mark>" in hit["highlight"]
