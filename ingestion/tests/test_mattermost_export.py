"""Mattermost's bulk export: posts have no id, threads are nested, what comes first says what it is."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion import services
from ingestion.drafts import ChannelDraft, MessageDraft, NotThisFormat, PersonDraft
from ingestion.exports import CutFile, detect, open_export
from ingestion.models import Message
from ingestion.tests.export_files import MILLISECONDS, drafts_of, mattermost, mm_post, pack, parts
from tasktracker.core.tests.factories import Person

CHANNEL = {"type": "channel", "channel": {"team": "t", "name": "dev", "display_name": "Development", "type": "O"}}
ANN = {"type": "user", "user": {"username": "ann", "first_name": "Ann", "last_name": "Lee", "nickname": ""}}


def write(folder: Path, *objects: Any, text: str = "") -> Path:
    path = folder / "bulk.jsonl"
    path.write_text(text or mattermost(*objects))
    return path


def test_a_post_with_everything(tmp_path: Path) -> None:
    post = mm_post(
        edit_at=MILLISECONDS + 60_000,
        reactions=[{"user": "bob", "emoji_name": "eyes", "create_at": 1}],
        attachments=[{"path": "data/20260102/a.png"}, {"path": "b.txt"}],
    )
    path = write(tmp_path, CHANNEL, ANN, post)
    assert detect(path) == "mattermost"
    (found,) = drafts_of(path)
    assert found == MessageDraft(
        channel=ChannelDraft("mattermost", "t/dev", "Development"),
        external_id=found.external_id,
        author=PersonDraft("ann", "Ann Lee"),
        text="hello",
        sent_at=datetime(2026, 1, 2, 8, 1, 0, 123_000, tzinfo=UTC),
        kind="media",
        edited_at=datetime(2026, 1, 2, 8, 2, 0, 123_000, tzinfo=UTC),
        metadata={"media": "file", "file_name": "a.png", "files": ["a.png", "b.txt"]},
    )
    assert len(found.external_id) == 40


def test_nested_replies(tmp_path: Path) -> None:
    replies = [{"user": "bob", "message": f"reply {n}", "create_at": MILLISECONDS + n} for n in (1, 2)]
    root, *answers = drafts_of(write(tmp_path, mm_post("root", replies=replies)))
    assert (root.thread, root.reply_to) == (root.external_id, "")
    assert [(item.text, item.thread, item.reply_to) for item in answers] == [
        ("reply 1", root.external_id, root.external_id),
        ("reply 2", root.external_id, root.external_id),
    ]


def test_direct_post_with_channel_members(tmp_path: Path) -> None:
    direct = {"channel_members": ["bob", "Ann"], "user": "bob", "message": "psst", "create_at": MILLISECONDS}
    again = direct | {"channel_members": ["ann", "bob"], "create_at": MILLISECONDS + 1}
    found = drafts_of(write(tmp_path, ANN, *({"type": "direct_post", "direct_post": row} for row in (direct, again))))
    assert {item.channel for item in found} == {ChannelDraft("mattermost", "direct/ann,bob", "Ann Lee, bob")}
    many = {"channel_members": [f"{'x' * 60}{n}" for n in range(8)], "user": "bob", "message": "x", "create_at": 1}
    (far,) = drafts_of(write(tmp_path, {"type": "direct_post", "direct_post": many}))
    assert len(far.channel.external_id) == len("direct/") + 40


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (MILLISECONDS, datetime(2026, 1, 2, 8, 1, 0, 123_000, tzinfo=UTC)),
        (1, datetime(1970, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)),
    ],
)
def test_ms_timestamps(tmp_path: Path, given: int, sent: datetime) -> None:
    assert drafts_of(write(tmp_path, mm_post(create_at=given)))[0].sent_at == sent


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (json.dumps(mm_post()) + "\n", "its first line is not the version"),
        (json.dumps({"type": "version", "version": 2}) + "\n", "of version 2; 1 can be read here"),
        (json.dumps({"type": "version"}) + "\n", "of version None"),
        ("hello\n", "a Mattermost bulk export"),
    ],
)
def test_first_line_not_version_is_a_clear_error(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(NotThisFormat, match=says):
        parts(write(tmp_path, text=text), format="mattermost")


@pytest.mark.django_db
def test_an_edited_post_of_a_later_export_is_the_same_message(owner: Person, tmp_path: Path) -> None:
    source = services.ensure_source(workspace=owner.workspace, name="history", kind="import")
    twins = [mm_post("one"), mm_post("two")]  # in the same millisecond
    assert services.import_export(source=source, path=write(tmp_path, *twins)).created == 2
    edited = mm_post("one, mended", edit_at=MILLISECONDS + 5)
    report = services.import_export(source=source, path=write(tmp_path, edited, twins[1]))
    assert (report.created, report.updated, report.unchanged) == (0, 1, 1)
    assert set(Message.objects.values_list("text", flat=True)) == {"one, mended", "two"}


def test_bots_and_system_posts(tmp_path: Path) -> None:
    hook = {"from_webhook": "true", "override_username": "deploys", "attachments": [{"title": "v2", "text": "is out"}]}
    found = drafts_of(
        write(
            tmp_path,
            {"type": "bot", "bot": {"username": "helper", "display_name": "Helper"}},
            mm_post("", props=hook),
            mm_post(user="helper"),
            mm_post("ann joined", type="system_join_channel", create_at=5),
        )
    )
    assert [item.author for item in found] == [
        PersonDraft("ann/deploys", "deploys", is_bot=True),
        PersonDraft("helper", "Helper", is_bot=True),
        PersonDraft("ann", "ann"),
    ]
    assert [item.text for item in found][:2] == ["v2\nis out", "hello"]
    assert (found[2].kind, found[2].metadata) == ("service", {"action": "system_join_channel"})


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("{", ("line 2", "not JSON")),
        ("[1]", ("line 2", "not a JSON object")),
        ({"type": "holiday"}, ("line 2", "type 'holiday' is not known")),
        ({"type": "post"}, ("line 2", "an empty post")),
        (mm_post(channel=""), ("line 2", "no channel")),
        (mm_post(user=None), ("line 2", "no user")),
        (mm_post(create_at="soon"), ("line 2", "create_at is not a time in milliseconds")),
        (mm_post(create_at=2**60), ("line 2", "create_at is not a time in milliseconds")),
    ],
)
def test_what_is_no_post_is_skipped_with_its_line(tmp_path: Path, row: Any, told: tuple[str, str]) -> None:
    found, skipped = parts(write(tmp_path, row, mm_post()))
    assert [item.text for item in found] == ["hello"]
    assert [(item.reference, item.reason) for item in skipped] == [told]


def test_a_reply_that_is_none_does_not_take_the_thread_with_it(tmp_path: Path) -> None:
    replies = ["odd", {"user": "bob", "message": "yes", "create_at": MILLISECONDS + 1}]
    found, skipped = parts(write(tmp_path, mm_post("root", replies=replies)))
    assert [item.text for item in found] == ["root", "yes"]
    assert [item.reference for item in skipped] == ["line 2 reply 1"]


def test_an_export_in_a_zip_and_one_that_is_cut(tmp_path: Path) -> None:
    text = mattermost(mm_post("one"), mm_post("two", create_at=5))
    path = pack(tmp_path / "bulk.zip", {"import.jsonl": text, "data/a.png": b"x"})
    assert [item.text for item in drafts_of(path)] == ["one", "two"]
    with open_export(write(tmp_path, text=text[:-20])) as export, pytest.raises(CutFile, match="line 3 ends"):
        list(export)
