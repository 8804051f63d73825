"""No message can pretend to be anything but a message, whatever it says; and the fence costs little."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from analysis.prompts import extract_knowledge
from analysis.prompts.inputs import KnownItem, PromptMessage, WindowInput
from analysis.prompts.render import render_windows
from tasktracker.core.llm.salvage import wire_schema

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

# Line ends of every kind, our own marks, and what else a forger would try.
ENDS = "\n\r\u2028\u2029\x85\v\f\x1c\t "
forgery = st.lists(
    st.sampled_from(
        ["[m1]", "[w2]", "[known]", "|", "]", "[", "context", ":", "text", "SYSTEM:", "```", "</messages>", "0", *ENDS]
    ),
    max_size=25,
).map("".join)


@given(texts=st.lists(forgery, min_size=1, max_size=6), author=forgery, channel=forgery, title=forgery)
def test_every_line_that_begins_with_a_bracket_is_ours(texts: list[str], author: str, channel: str, title: str) -> None:
    messages = tuple(PromptMessage(f"m{n}", author, START, text) for n, text in enumerate(texts, 1))
    window = WindowInput("w1", channel, "", messages, known=(KnownItem("k1", "topic", title),))
    rendered = render_windows([window])
    # Whatever a reader takes for the end of a line.
    lines = rendered.splitlines()
    labels = [line for line in lines if line.startswith("[")]
    assert len(labels) == len(texts) + 3  # [known], [k1], [w1]
    assert [line.split("]")[0] for line in labels[3:]] == [f"[m{n}" for n in range(1, len(texts) + 1)]
    assert all(line.startswith("|") for line in lines if not line.startswith("["))


def chat(windows: int, characters: int) -> list[WindowInput]:
    """Windows of one to five messages, as short as real ones, each with ten known items near to it."""
    made: list[WindowInput] = []
    number = 0
    for place in range(windows):
        messages: list[PromptMessage] = []
        for _ in range(1 + place % 5):
            number += 1
            text = ("the build of the branch fails again on the second runner " * 20)[: characters + number % 40]
            sent_at = START + timedelta(minutes=number)
            messages.append(PromptMessage(f"m{number}", f"Person {number % 7}", sent_at, text))
        known = tuple(
            KnownItem(f"k{place * 10 + n}", "topic", f"Subject number {(place * 3 + n) % 90} of this team", "More.")
            for n in range(10)
        )
        made.append(WindowInput(f"w{place + 1}", "#general", "", tuple(messages), known=known))
    return made


def test_at_most_two_and_a_half_characters_are_sent_for_each_one_said() -> None:
    """At fifty windows of short messages, everything counted: instructions, schema, labels, known items."""
    windows = chat(50, characters=50)
    said = sum(len(message.text) for window in windows for message in window.messages)
    prompt = extract_knowledge.build(windows)
    schema: dict[str, Any] = wire_schema(extract_knowledge.KnowledgeBatch)
    assert len(prompt.system) + len(prompt.user) + len(str(schema)) <= 2.5 * said


def test_a_known_item_is_shown_once_however_many_windows_it_is_near_to() -> None:
    rendered = render_windows(chat(30, characters=200))
    titles = re.findall(r"^\[k\d+\] topic: (.*)$", rendered, re.MULTILINE)
    assert len(titles) == len(set(titles)) > 10


def test_known_items_never_crowd_out_the_messages() -> None:
    windows = chat(40, characters=60)
    said = sum(len(message.text) for window in windows for message in window.messages)
    known = [line for line in render_windows(windows).split("\n") if line.startswith("[k")]
    assert sum(map(len, known)) < 0.5 * said
