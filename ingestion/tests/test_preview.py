"""What an import would bring, before anything is stored."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.drafts import NotThisFormat
from ingestion.exports import preview as previews
from ingestion.exports.preview import detect_format, preview
from ingestion.tests.export_files import CHANNELS, discord, lay, mail, mattermost, mbox, mm_post, post, said, slack
from ingestion.tests.telegram_files import chat, message, write

TELEGRAM = chat(message(1), message(2, "two", **{"from": "Eve", "from_id": "user77"}), {"id": 3, "type": "unsupported"})
SLACK = slack(said(), said(ts="1767427200.000100", user="U2"), said(subtype="tombstone"), "odd")
TABLE = "date,author,text\n2026-01-02,Ann,hello\nsoon,Ann,x\n"


@pytest.mark.parametrize(
    ("members", "format_", "told"),
    [
        (
            {"result.json": TELEGRAM},
            "telegram",
            "2 messages, 2 people, 1 channel, from 2026-01-02 to 2026-01-02; "
            "1 would be skipped, because: type 'unsupported' has no content",
        ),
        (
            SLACK | {"ops/2026-01-05.json": [said(ts="1767600000.000100")]},
            "slack",
            "3 messages, 2 people, 2 channels, from 2026-01-02 to 2026-01-05; "
            "2 would be skipped, because: it was deleted (1), not an object (1)",
        ),
        ({"a.json": discord(post())}, "discord", "1 message, 1 person, 1 channel, from 2026-01-02 to 2026-01-02"),
        (
            {"a.jsonl": mattermost(mm_post())},
            "mattermost",
            "1 message, 1 person, 1 channel, from 2026-01-02 to 2026-01-02",
        ),
        ({"in.mbox": mbox(mail(1), mail(2))}, "mbox", "2 messages, 1 person, 1 channel, from 2026-01-02 to 2026-01-02"),
        ({"cur/1.x": mail(1)}, "maildir", "1 message, 1 person, 1 channel, from 2026-01-02 to 2026-01-02"),
        (
            {"a.csv": TABLE},
            "csv",
            "1 message, 1 person, 1 channel, from 2026-01-02 to 2026-01-02; "
            "1 would be skipped, because: sent_at is not a time",
        ),
        ({"channels.json": CHANNELS, "dev/2026-01-02.json": []}, "slack", "0 messages, 0 people, 0 channels"),
    ],
)
def test_it_says_in_one_line_what_there_is(tmp_path: Path, members: dict[str, Any], format_: str, told: str) -> None:
    path = lay(tmp_path, members)
    assert detect_format(path) == format_
    found = preview(path)
    assert (found.format, str(found)) == (format_, told)


def test_figures_titles_and_notes_for_a_page(tmp_path: Path) -> None:
    found = preview(lay(tmp_path, {"a.csv": TABLE}))
    assert found.counts() == {"messages": 1, "people": 1, "channels": 1, "skipped": 1}
    assert (found.first, found.last) == (datetime(2026, 1, 2, tzinfo=UTC),) * 2
    assert found.reasons == [("sent_at is not a time", 1)]
    assert found.notes == ["columns: sent_at from 'date', author from 'author', text from 'text'"]
    assert found.size == len(TABLE)
    assert preview(lay(tmp_path / "b", SLACK)).channel_titles == ["dev"]


def test_a_cut_file_is_counted_as_far_as_it_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path, chat(message(1), message(2)))
    path.write_bytes(path.read_bytes()[:-200])
    found = preview(path)
    assert found.messages == 1
    assert "breaks off after 1 message" in found.cut


def test_it_tells_how_far_it_is_and_stops_when_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "_EVERY", 2)
    path = write(tmp_path, chat(*(message(n) for n in range(1, 6))))
    told: list[tuple[int, int, dict[str, int]]] = []
    preview(path, progress=lambda *figures: told.append(figures))
    size = path.stat().st_size
    assert [(total, counts["messages"]) for _, total, counts in told] == [(size, 2), (size, 4), (size, 5)]
    assert told[-1][0] == size

    class Stopped(Exception):
        pass

    def stop(done: int, total: int, counts: dict[str, int]) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        preview(path, progress=stop)


def test_what_cannot_be_imported_has_no_preview(tmp_path: Path) -> None:
    with pytest.raises(NotThisFormat, match="is not an export that can be read here"):
        preview(lay(tmp_path, {"a.txt": "hello"}))
