"""The text of a Telegram export's message, in every shape that the exporter has written."""

from pathlib import Path
from typing import Any

import pytest

from ingestion.tests.telegram_files import draft, message, read


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("", ""),
        ("hello", "hello"),
        (["see ", {"type": "link", "text": "https://e.x"}, " ok"], "see https://e.x ok"),
        (["a ", {"type": "telepathy", "text": "b", "strength": 9}], "a b"),
        ([{"type": "unknown", "text": "x"}, {"text": "y"}, {"type": "bold"}, 5, None, ["z"]], "xy"),
        ({"type": "plain", "text": "alone"}, "alone"),
        (None, ""),
        (17, ""),
        (..., ""),
    ],
    ids=["empty", "string", "array", "array_with_unknown_type", "odd_parts", "object", "null", "number", "missing"],
)
def test_text_as(tmp_path: Path, text: Any, plain: str) -> None:
    assert draft(tmp_path, message(1, text, text_entities=...)).text == plain


def test_text_entities_are_preferred_and_may_be_missing(tmp_path: Path) -> None:
    entities = [{"type": "plain", "text": "from entities"}]
    assert draft(tmp_path, message(1, "from text", text_entities=entities)).text == "from entities"
    assert draft(tmp_path, message(1, "from text", text_entities=[])).text == "from text"
    assert draft(tmp_path, message(1, "from text", text_entities="?")).text == "from text"


@pytest.mark.parametrize(
    ("label", "href", "plain"),
    [
        ("the docs", "https://e.x/docs", "the docs (https://e.x/docs)"),
        ("https://e.x/docs", "https://e.x/docs", "https://e.x/docs"),
        ("e.x/docs", "https://e.x/docs/", "e.x/docs"),
        ("", "https://e.x", "https://e.x"),
        ("label", "", "label"),
        ("label", None, "label"),
    ],
)
def test_a_link_shows_its_address_only_when_the_label_hides_it(
    tmp_path: Path, label: str, href: Any, plain: str
) -> None:
    assert draft(tmp_path, message(1, [{"type": "text_link", "text": label, "href": href}])).text == plain


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "plain",
            "mention",
            "hashtag",
            "bot_command",
            "link",
            "email",
            "bold",
            "italic",
            "underline",
            "strikethrough",
        ),
        *("spoiler", "code", "pre", "mention_name", "phone", "cashtag", "bank_card", "blockquote", "custom_emoji"),
    ],
)
def test_every_entity_gives_its_text(tmp_path: Path, kind: str) -> None:
    assert draft(tmp_path, message(1, ["a ", {"type": kind, "text": "b", "user_id": 1, "language": "c"}])).text == "a b"


def test_poll_text(tmp_path: Path) -> None:
    poll = {
        "question": "Ship on Friday?",
        "closed": False,
        "total_voters": 3,
        "answers": [{"text": "Yes", "voters": 2, "chosen": True}, {"text": ["No, ", {"type": "bold", "text": "wait"}]}],
    }
    found = draft(tmp_path, message(1, "", poll=poll))
    assert found.kind == "poll"
    assert found.text == "Ship on Friday?\n- Yes\n- No, wait"


def test_todo_text(tmp_path: Path) -> None:
    todo = {
        "title": [{"type": "plain", "text": "Release"}],
        "answers": [{"text": "tag", "id": 1}, {"text": "announce", "id": 2}],
    }
    found = draft(tmp_path, message(1, "for today", todo_list=todo))
    assert found.kind == "poll"
    assert found.text == "for today\nRelease\n- tag\n- announce"


def test_a_command_is_known_by_its_entity(tmp_path: Path) -> None:
    found = draft(tmp_path, message(1, [{"type": "bot_command", "text": "/start"}, " now"], text_entities=...))
    assert found.metadata["command"] is True
    assert "command" not in draft(tmp_path, message(1, "/start is a command")).metadata


def test_control_characters_that_make_the_file_invalid_json_are_read(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    record = (
        r'{"id":7,"type":"message","date_unixtime":"1767340860","from_id":"user1","text":"a\x0Bb\x1Fc \\x0B \uD83D"}'
    )
    path.write_text('{"name":"Dev","type":"private_group","id":5,"messages":[' + record + "]}")
    (found,) = read(path)
    assert getattr(found, "text", None) == "a\nbc \\x0B \ufffd"
