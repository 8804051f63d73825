"""JSON lines in the shape of a posted message; what is wrong is told with the number of its line."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingestion.drafts import ChannelDraft, MessageDraft, NotThisFormat, PersonDraft, Skipped
from ingestion.exports import CutFile, detect, open_export
from ingestion.tests.telegram_files import read


def line(id_: object = "m1", **facts: Any) -> dict[str, Any]:
    plain = {"external_id": id_, "author": "Ann", "text": "hello", "sent_at": "2026-01-02T10:00:00Z"}
    return {key: value for key, value in {**plain, **facts}.items() if value is not ...}


def write(folder: Path, *lines: Any, name: str = "chat.jsonl") -> Path:
    path = folder / name
    rows = [row if isinstance(row, str) else json.dumps(row) for row in lines]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_line_with_everything(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        line(
            source="ops",
            author={"id": "u1", "name": "Ann"},
            channel={"id": "c1", "title": "Dev"},
            thread={"id": "t1", "title": "Release"},
            reply_to=17,
            metadata={"a": 1},
        ),
    )
    assert detect(path) == "jsonl"
    assert read(path) == [
        MessageDraft(
            channel=ChannelDraft("api", "c1", "Dev"),
            external_id="m1",
            author=PersonDraft("u1", "Ann"),
            text="hello",
            sent_at=datetime(2026, 1, 2, 10, tzinfo=UTC),
            reply_to="17",
            thread="t1",
            thread_title="Release",
            metadata={"a": 1},
        )
    ]


@pytest.mark.parametrize(
    ("facts", "channel"),
    [
        ({}, ("", "")),
        ({"source": "ops"}, ("", "ops")),
        ({"source": 7}, ("", "7")),
        ({"source": "ops", "channel": 5}, ("5", "5")),
        ({"channel": "dev", "source": []}, ("dev", "dev")),
    ],
)
def test_the_channel_is_the_one_named_else_the_whole_source(
    tmp_path: Path, facts: dict[str, Any], channel: tuple[str, str]
) -> None:
    (found,) = read(write(tmp_path, line(**facts)))
    assert isinstance(found, MessageDraft)
    assert found.channel == ChannelDraft("api", *channel)


@pytest.mark.parametrize(
    ("sent_at", "hour"),
    [("2026-01-02T10:00:00+02:00", 8), ("2026-01-02T10:00:00", 8), (1767348000, 10), (1767348000000, 10)],
)
def test_times(tmp_path: Path, sent_at: object, hour: int) -> None:
    (found,) = read(write(tmp_path, line(sent_at=sent_at)), timezone=ZoneInfo("Europe/Kyiv"))
    assert isinstance(found, MessageDraft)
    assert found.sent_at == datetime(2026, 1, 2, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"external_id": NaN}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("9" * 5_000, "not JSON"),
        (line(author=...), "author missing"),
        (line(text="", sent_at=None), "text, sent_at missing"),
        (line(text="\u200b \n"), "text is empty"),
        (line(text=["a"]), "text is not text"),
        (line(id_={}), "external_id is not an id"),
        (line(author={"name": "Ann"}), "author.id is not an id"),
        (line(author=True), "author is not an id"),
        (line(sent_at="soon"), "sent_at is not a time"),
        (line(sent_at=1e300), "sent_at is not a time"),
        ("x" * (1024 * 1024 + 1), "longer than 1,048,576 bytes"),
    ],
)
def test_a_bad_line_is_skipped_with_its_number(tmp_path: Path, bad: object, reason: str) -> None:
    first, skipped, last = read(write(tmp_path, line("m1"), "", bad, line("m2")))
    assert skipped == Skipped("line 3", reason)
    assert [item.external_id for item in (first, last) if isinstance(item, MessageDraft)] == ["m1", "m2"]


def test_a_bad_first_line_is_no_reason_to_refuse_the_file(tmp_path: Path) -> None:
    assert [type(item) for item in read(write(tmp_path, "# exported by hand", line()))] == [Skipped, MessageDraft]


def test_a_cut_last_line_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, line("m1"), line("m2"))
    path.write_bytes(path.read_bytes()[:-20])
    with open_export(path) as export:
        items = iter(export)
        assert isinstance(next(items), MessageDraft)
        with pytest.raises(CutFile, match="breaks off after 1 message: line 2 ends in its middle"):
            next(items)


def test_a_last_line_without_its_end_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path, line("m1"), line("m2"))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert len(read(path)) == 2


def test_a_metadata_value_that_the_database_refuses_is_cleaned(tmp_path: Path) -> None:
    (found,) = read(write(tmp_path, line(metadata={"a\x00": "b\x00", "n": 10**400})))
    assert isinstance(found, MessageDraft)
    assert found.metadata == {"a": "b", "n": None}


@pytest.mark.parametrize("first", [{"a": 1}, "text", "5"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, first: object) -> None:
    with pytest.raises(NotThisFormat):
        read(write(tmp_path, first))


def test_a_mattermost_export_is_told_from_posted_lines(tmp_path: Path) -> None:
    with pytest.raises(NotThisFormat, match="Mattermost bulk export"):
        read(write(tmp_path, {"type": "version", "version": 1}), format="jsonl")


def test_all_line_files_of_a_folder_are_read(tmp_path: Path) -> None:
    write(tmp_path, line("m1"), name="a.jsonl")
    write(tmp_path, line("m2"), name="b.ndjson")
    write(tmp_path, "notes", name="c.txt")
    assert [item.external_id for item in read(tmp_path) if isinstance(item, MessageDraft)] == ["m1", "m2"]
