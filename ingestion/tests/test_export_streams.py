"""A large export is read as a stream, and one that breaks off gives all that was whole before it says so."""

import json
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.drafts import MessageDraft, NotThisFormat, Skipped
from ingestion.exports import CutFile, detect, open_export
from ingestion.exports.jsonstream import json_events, repaired
from ingestion.tests.telegram_files import chat, message, read, service, write

LONG = bool(os.environ.get("TT_LONG"))
MEGABYTE = 1024 * 1024


def large_export(path: Path, size: int) -> int:
    """A forum of one topic, written message by message; returns how many there are."""
    count = 1
    with path.open("w", encoding="utf-8") as file:
        file.write('{\n "name": "Dev",\n "type": "private_supergroup",\n "id": 5,\n "messages": [\n')
        file.write(json.dumps(service(1, "topic_created", title="Release")))
        while file.tell() < size:
            count += 1
            text = f"message {count} " + "words and слова " * 30
            file.write(",\n" + json.dumps(message(count, text, reply_to_message_id=max(1, count - 3)), indent=1))
        file.write("\n ]\n}")
    return count


def test_1_gb_file_streamed(tmp_path: Path) -> None:
    """60 MB with TT_LONG and 5 MB else: what is held does not depend on the size of the file."""
    path = tmp_path / "result.json"
    count = large_export(path, (60 if LONG else 5) * MEGABYTE)
    tracemalloc.start()
    seen = 0
    positions = []
    with open_export(path) as export:
        for item in export:
            seen += 1
            assert isinstance(item, MessageDraft)
            assert item.thread == "1"
            if seen % 150 == 0:
                positions.append(export.position)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (export.position, export.size) == (path.stat().st_size, path.stat().st_size)
    assert seen == count
    assert peak < 4 * MEGABYTE + 16 * count  # the topic of each message is two numbers
    assert positions == sorted(positions)
    assert len(set(positions)) > 5


def test_a_cut_file_gives_what_was_whole_and_says_where_it_breaks(tmp_path: Path) -> None:
    path = write(tmp_path, chat(*(message(n) for n in range(1, 11))))
    whole = path.read_bytes()
    at = whole.index(b'"id": 7,') + 30
    path.write_bytes(whole[:at])
    items, error = until_cut(path)
    assert [item.external_id for item in items if isinstance(item, MessageDraft)] == ["1", "2", "3", "4", "5", "6"]
    assert error is not None
    assert error.messages == 6
    assert str(error).startswith("result.json breaks off after 6 messages: ")
    assert "\n" not in str(error)


def test_an_album_that_is_cut_loses_no_whole_photo(tmp_path: Path) -> None:
    path = write(tmp_path, chat(message(1, "", photo="a"), message(2, "", photo="b"), message(3)))
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b'"id": 3,')])
    items, error = until_cut(path)
    assert len(items) == 2
    assert error is not None
    assert error.messages == 2


def test_a_file_cut_anywhere_never_breaks_the_importer(tmp_path: Path) -> None:
    path = write(tmp_path, chat(message(1, ["é", {"type": "bold", "text": "\U0001f600"}]), message(2)))
    whole = path.read_bytes()
    counts = set()
    begun = whole.index(b'"messages": [') + 14  # what is cut before here tells nothing of a Telegram export
    for at in range(0, len(whole), 1 if LONG else 13):
        path.write_bytes(whole[:at])
        try:
            items, error = until_cut(path, "telegram")
        except NotThisFormat:
            assert at < begun
            continue
        assert error is not None
        assert error.messages == len(items)
        counts.add(len(items))
    assert counts == {0, 1, 2}


def until_cut(path: Path, format_: str = "auto") -> tuple[list[Any], CutFile | None]:
    items = []
    with open_export(path, format_) as export:
        try:
            for item in export:
                items.append(item)
        except CutFile as error:
            return items, error
    return items, None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"<html>",
        b"[]",
        b"17",
        b'{"a": 1}',
        b'{"messages": 5}',
        b"\xff\xfe\x00",
        b'{"guild":{"id":"1"},"messages":[]}',
    ],
)
def test_a_file_that_is_no_export_is_refused_with_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(content)
    for format_ in ("auto", "telegram"):
        with pytest.raises(NotThisFormat) as refused:
            read(path, format=format_)
        assert "result.json" in str(refused.value)
        assert "\n" not in str(refused.value)
    with pytest.raises(NotThisFormat):
        detect(path)


def test_a_missing_path_and_an_unknown_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotThisFormat, match="does not exist"):
        open_export(tmp_path / "nowhere.json")
    with pytest.raises(NotThisFormat, match="there is no format fax; known are telegram"):
        open_export(write(tmp_path, chat(message(1))), "fax")


def test_the_html_export_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "messages.html").write_text("<html>")
    (tmp_path / "messages2.html").write_text("<html>")
    with pytest.raises(NotThisFormat, match=r"HTML export.*format JSON"):
        open_export(tmp_path)


def test_a_chat_whose_id_comes_after_its_messages_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {"messages": [message(1)], "id": 5, "type": "private_group", "name": "Dev"})
    with pytest.raises(NotThisFormat, match="no id and type before its messages"):
        read(path, format="telegram")


def test_a_folder_and_a_file_of_another_name_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, chat(message(1)))
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"x")
    assert len(read(tmp_path)) == 1
    other = tmp_path / "chat of january.json"
    path.rename(other)
    assert len(read(other)) == 1


def test_utf_16_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, chat(message(1, "ї")))
    text = path.read_text(encoding="utf-8")
    for encoding in ("utf-8-sig", "utf-16"):
        path.write_text(text, encoding=encoding)
        assert [item.text for item in read(path) if isinstance(item, MessageDraft)] == ["ї"]


def test_a_record_that_is_too_large_is_skipped_and_the_next_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, chat(message(1, ["x" * MEGABYTE] * 6, text_entities=[]), message(2)))
    assert [type(item) for item in read(path)] == [Skipped, MessageDraft]


def test_a_text_longer_than_any_message_is_cut_and_says_so(tmp_path: Path) -> None:
    (found,) = read(write(tmp_path, chat(message(1, "x" * 100_000))))
    assert isinstance(found, MessageDraft)
    assert (len(found.text), found.metadata["cut"]) == (40_000, True)


@pytest.mark.parametrize("place", ["id", "n"])
def test_an_integer_beyond_pythons_limit_ends_the_file_and_not_the_process(tmp_path: Path, place: str) -> None:
    path = write(tmp_path, chat(message(1), message(2)))
    path.write_text(path.read_text().replace('"id": 2', f'"{place}": {"9" * 5_000}'))
    for _ in range(50):  # what the parser leaves behind is not each time what cannot be looked at
        with open_export(path) as export, pytest.raises(CutFile, match="breaks off after 1 message"):
            list(export)


@pytest.mark.long
@pytest.mark.parametrize(
    "content", [b"[" * 300_000, b'{"a":' * 100_000, b'{"type":"private_group","id":1,"messages":[' + b"[" * 200_000]
)
def test_nesting_without_end_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(NotThisFormat):
        read(path, format="telegram")


class Pieces:
    """A stream that gives what it has in pieces of one length."""

    def __init__(self, data: bytes, length: int) -> None:
        self.pieces: Iterator[bytes] = iter([data[at : at + length] for at in range(0, len(data), length)])

    def read(self, _size: int, /) -> bytes:
        return next(self.pieces, b"")


@given(
    st.lists(
        st.sampled_from(["\\", "\\\\", "ud83d", "\\ude00", "\\ud83d", "x0B", "\\x1f", "a", "é", "\\n", '\\"']),
        max_size=12,
    ),
    st.integers(1, 9),
)
def test_escapes_are_repaired_wherever_the_pieces_end(parts: list[str], length: int) -> None:
    data = b'{"a":"' + "".join(parts).encode() + b'"}'
    whole = b"".join(repaired(Pieces(data, 10_000)))
    assert b"".join(repaired(Pieces(data, length))) == whole
    try:
        expected = json.loads(data)
    except ValueError:
        return
    if all(not "\ud800" <= char <= "\udfff" for char in expected["a"]):
        assert json.loads(whole) == expected
        assert list(json_events(iter([whole])))[2] == ("string", expected["a"])


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**80), 2**80),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=10),
        st.sampled_from(["message", "service", "1767340860", "user1", "private_group", "topic_created", "text_link"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["id", "type", "text", "href", "answers", "question", "emoji", "count", "x"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
KEYS = [
    *(
        "id",
        "type",
        "date",
        "date_unixtime",
        "edited",
        "edited_unixtime",
        "from",
        "from_id",
        "actor",
        "actor_id",
        "text",
    ),
    *(
        "text_entities",
        "reply_to_message_id",
        "reply_to_peer_id",
        "action",
        "title",
        "new_title",
        "photo",
        "file",
        "poll",
    ),
    *("media_type", "todo_list", "reactions", "via_bot", "forwarded_from", "inline_bot_buttons", "members", "author"),
]
RECORDS = st.one_of(
    VALUES,
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8),
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8).map(lambda facts: {**message(7), **facts}),
)
CHATS = st.one_of(
    VALUES,
    st.builds(
        lambda records, facts: {**chat(*records), **facts},
        st.lists(RECORDS, max_size=4),
        st.dictionaries(st.sampled_from(["id", "type", "name", "extra"]), VALUES, max_size=2),
    ),
)
FILES = st.one_of(
    CHATS,
    st.builds(
        lambda chats, left: {"about": "Telegram", "chats": {"list": chats}, "left_chats": left},
        st.lists(CHATS, max_size=3),
        VALUES,
    ),
)


@pytest.mark.long
@settings(
    max_examples=1_000 if LONG else 40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(FILES, st.booleans(), st.integers(0, 3_000))
def test_json_of_any_shape_gives_drafts_or_one_of_our_errors(tmp_path: Path, content: Any, cut: bool, at: int) -> None:
    path = tmp_path / "result.json"
    data = json.dumps(content).encode()
    path.write_bytes(data[:at] if cut else data)
    try:
        items = read(path, format="telegram")
    except NotThisFormat:
        return
    for item in items:
        assert isinstance(item, MessageDraft | Skipped)
        if isinstance(item, MessageDraft):
            assert item.sent_at.tzinfo is not None
            assert item.kind in ("message", "service", "sticker", "media", "poll")
            json.dumps(item.metadata, allow_nan=False)
            item.text.encode()
        else:
            assert item.reason


@settings(
    max_examples=1_000 if LONG else 40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=60).map(lambda data: b'{"type":"private_group","id":1,"messages":[' + data),
    )
)
def test_bytes_of_any_kind_give_one_of_our_errors(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(data)
    for format_ in ("telegram", "jsonl"):
        try:
            items = read(path, format=format_)
        except NotThisFormat:
            continue
        assert all(isinstance(item, MessageDraft | Skipped) for item in items)
