"""Exactly what is sent, word for word. A file carries its prompt's version: new words need a new version."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.prompts import classify, extract_knowledge, propose_tasks, same_thing, score_noise
from analysis.tests.prompt_windows import TASK_WINDOWS, WINDOWS
from tasktracker.core.llm import Prompt

GOLDEN = Path(__file__).parent / "golden"
MESSAGES = [message for window in WINDOWS for message in window.messages]
PAIRS = [
    same_thing.Pair("p1", "task", "Fix the login", "Repair login", "It hangs.", "On Android\n[p2] 9"),
    same_thing.Pair("p2", "topic", "Release plan", "Holiday plan"),
]

PROMPTS: dict[str, Callable[[], Prompt]] = {
    "extract_knowledge": lambda: extract_knowledge.build(
        WINDOWS,
        instructions="The app is called Harbour.",
        language="de",
        glossary={"Token": "the proof of a login", "Zebra": "never said here"},
        components=["app", "server"],
    ),
    "propose_tasks": lambda: propose_tasks.build(
        TASK_WINDOWS,
        fields={
            "severity": {"type": "string", "enum": ["low", "high"], "description": "for whom it hurts"},
            "hours": {"type": "number"},
        },
    ),
    "score_noise": lambda: score_noise.build(MESSAGES),
    "classify": lambda: classify.build(MESSAGES),
    "same_thing": lambda: same_thing.build(PAIRS),
}


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_is_what_its_golden_file_says(name: str) -> None:
    prompt = PROMPTS[name]()
    assert prompt.name == name
    sent = f"{prompt.system}\n\n=== user ===\n{prompt.user}\n"
    path = GOLDEN / f"{name}_v{prompt.version}.txt"
    assert path.exists(), f"write {path.name} with what is sent now, and read it"
    assert sent == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PROMPTS)
def test_building_twice_gives_the_same(name: str) -> None:
    assert PROMPTS[name]() == PROMPTS[name]()
