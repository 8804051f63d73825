"""`manage.py evaluate`: the figures of a labelled file, and one clear line for a file that is none."""

import json
from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from analysis.models import Provider
from tasktracker.core.models import LLMCall
from tasktracker.core.services import ensure_workspace
from tasktracker.tests.fake_llm import MODEL, FakeLLM

CHAT = [
    {"id": "1", "text": "The printer crashes with an error since the update", "label": "bug"},
    {"id": "2", "text": "How do we reset the scanner?", "label": "question"},
    {"id": "3", "text": "thanks!", "label": "noise"},
    {"id": "4", "text": "@bo please send the report by Friday", "label": "x", "mapped": "task"},
    {"id": "5", "text": "The app loses every second label", "label": "problem"},
    {"id": "6", "text": "whatever this is", "label": "floor"},
]

Write = Callable[[Iterable[Any]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(rows: Iterable[Any]) -> Path:
        path = tmp_path / "rows.jsonl"
        path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
        return path

    return put


def evaluate(path: Path, task: str, *more: str) -> dict[str, Any]:
    out = StringIO()
    call_command("evaluate", str(path), "--task", task, "--json", *more, stdout=out)
    made: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return made


def test_categories_are_measured_without_a_database(write: Write) -> None:
    made = evaluate(write(CHAT), "category")
    assert (made["rows"], made["left_out"], made["engine"]) == (5, {"floor": 1}, "offline")
    assert made["accuracy"] >= 0.8
    assert made["labels"]["bug"]["rows"] == 2  # a "problem" is a bug in the product's words
    assert sum(tier["rows"] for tier in made["tiers"].values()) == 5


def test_action_and_signal_have_two_labels(write: Write) -> None:
    path = write([*CHAT, {"text": "It rained all day in the north", "label": "other"}])
    action = evaluate(path, "action")
    assert (action["rows"], action["labels"]["action"]["rows"]) == (6, 1)
    signal = evaluate(path, "signal")
    assert signal["left_out"] == {"floor": 1, "other": 1}
    assert signal["labels"]["noise"]["rows"] == 1


def test_pairs_that_say_the_same_rank_above_others(write: Write) -> None:
    path = write(
        [
            {"text": "Printer prints empty pages", "text_b": "printer is printing empty pages", "label": "duplicate"},
            {"text": "Login fails on Safari", "text_b": "Add a dark theme", "label": "not_duplicate"},
            {"text": "Export is slow", "text_b": "Invoice has the wrong currency", "label": "not_duplicate"},
        ]
    )
    made = evaluate(path, "duplicates")
    assert (made["roc_auc"], made["average_precision"], made["duplicates"]) == (1.0, 1.0, 1)


def test_conversations_are_found_by_who_speaks_to_whom(write: Write) -> None:
    said = [
        ("ann", "how do I mount a usb disk?", "a"),
        ("cid", "does anybody use the new firefox with java?", "b"),
        ("bob", "ann: try mount /dev/sda1", "a"),
        ("dan", "cid: I do, works here", "b"),
        ("ann", "bob: permission denied", "a"),
        ("cid", "dan: which plugin?", "b"),
        ("bob", "ann: use sudo", "a"),
    ]
    rows = [
        {"id": str(n), "text": text, "author": author, "ts": f"2020-01-01T10:00:{n * 5:02}Z", "conversation": talk}
        for n, (author, text, talk) in enumerate(said)
    ]
    made = evaluate(write(rows), "threads")
    assert (made["one_to_one"], made["exact_f1"], made["conversations"]) == (1.0, 1.0, 2)


def test_without_json_there_are_tables(write: Write) -> None:
    out = StringIO()
    call_command("evaluate", str(write(CHAT)), "--task", "category", stdout=out)
    for words in ("macro-F1", "high", "question", "floor"):
        assert words in out.getvalue()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["{not json"], "line 1: no JSON"),
        (["[1]"], "a JSON object was expected"),
        ([{"text": 5, "label": "bug"}], "text must be a text"),
        ([{"text": "x", "label": "floor"}], "no row for category"),
        ([], "no row for category"),
    ],
)
def test_a_bad_file_is_one_clear_line(write: Write, rows: list[Any], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        evaluate(write(rows), "category")


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        evaluate(tmp_path / "none.jsonl", "category")


def test_a_message_without_conversation_is_one_clear_line(write: Write) -> None:
    with pytest.raises(CommandError, match="conversation is missing"):
        evaluate(write([{"text": "x", "author": "a"}]), "threads")


@pytest.mark.django_db(transaction=True)
def test_a_model_is_asked_in_batches_and_what_it_leaves_out_is_wrong(write: Write, settings: Any) -> None:
    workspace = ensure_workspace(slug="default")
    said = [{"m": f"m{place}", "category": "bug", "confidence": 0.95} for place in range(1, 41) if place != 2]
    with FakeLLM(answer=lambda _: {"messages": said}) as server:
        settings.LLM_ALLOWED_HOSTS = [server.host]
        Provider.objects.create(
            workspace=workspace, name="lab", kind="ollama", base_url=server.url, default_model=MODEL, local=True
        )
        made = evaluate(
            write([{"text": f"printer {n} fails", "label": "bug"} for n in range(45)]), "category", "--provider", "lab"
        )
        asked = server.completions
    assert len(asked) == 2  # 40 and 5 messages
    assert (made["unanswered"], made["engine"]) == (2, f"lab ({MODEL})")
    assert made["accuracy"] == pytest.approx(43 / 45)
    assert made["tiers"]["high"] == {"rows": 43, "coverage": pytest.approx(43 / 45), "accuracy": 1.0}
    assert LLMCall.objects.filter(workspace=workspace, purpose="classify").count() == 2


@pytest.mark.django_db
def test_a_provider_that_is_not_there_is_one_clear_line(write: Write) -> None:
    with pytest.raises(CommandError, match="no active provider nobody"):
        evaluate(write(CHAT), "category", "--provider", "nobody")
