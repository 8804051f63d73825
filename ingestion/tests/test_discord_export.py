"""DiscordChatExporter's JSON: a file for each channel or thread, under Discord's own ids."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingestion.drafts import ChannelDraft, MessageDraft, NotThisFormat, PersonDraft
from ingestion.exports import CutFile, detect, open_export
from ingestion.tests.export_files import ROOM, WRITER, discord, drafts_of, lay, pack, parts, post

DEV = ChannelDraft("discord", "700", "dev")
ODD = [{"id": "3", "url": "u", "fileName": "a.png", "fileSizeBytes": 9}, {"fileName": "b.txt"}, "odd"]


def one(folder: Path, message: dict[str, Any], **facts: Any) -> MessageDraft:
    (found,) = drafts_of(lay(folder, {"dev.json": discord(message, **facts)}))
    return found


def test_a_message_with_everything(tmp_path: Path) -> None:
    message = post(
        type="Reply",
        timestampEdited="2026-01-02T10:05:00.1234567+02:00",
        reference={"messageId": "0", "channelId": "700", "guildId": "9"},
        attachments=ODD,
        embeds=[{"title": "Docs", "url": "https://e.x", "description": "d"}],
        reactions=[{"emoji": {"name": "x"}, "count": 2}],
    )
    assert one(tmp_path, message) == MessageDraft(
        channel=DEV,
        external_id="1",
        author=PersonDraft("12", "Bob"),
        text="hello",
        sent_at=datetime(2026, 1, 2, 8, tzinfo=UTC),
        kind="media",
        edited_at=datetime(2026, 1, 2, 8, 5, 0, 123456, tzinfo=UTC),
        reply_to="0",
        metadata={
            "media": "file",
            "file_name": "a.png",
            "size": 9,
            "files": ["a.png", "b.txt"],
            "embeds": ["https://e.x"],
        },
    )


@pytest.mark.parametrize("form", ["file", "folder", "zip"])
def test_one_channel_many_and_a_zip_of_them(tmp_path: Path, form: str) -> None:
    members = {"a.json": discord(post("1"), post("2")), "more/b.json": discord(post("1"), channel=ROOM | {"id": "8"})}
    if form == "file":
        members.pop("more/b.json")
    path = pack(tmp_path / "x.zip", members) if form == "zip" else lay(tmp_path / "x", members)
    path = path / "a.json" if form == "file" else path
    assert detect(path) == "discord"
    found = [(item.channel.external_id, item.external_id) for item in drafts_of(path)]
    assert found == [("700", "1"), ("700", "2"), ("8", "1")][: 2 if form == "file" else 3]


def test_thread_file(tmp_path: Path) -> None:
    room = {"id": "701", "type": "GuildPublicThread", "categoryId": "700", "category": "dev", "name": "Release"}
    assert one(tmp_path, post(), channel=room).channel == ChannelDraft("discord", "701", "dev / Release")


def test_reply_with_deleted_parent(tmp_path: Path) -> None:
    assert one(tmp_path, post(type="Reply", reference={"messageId": "404", "channelId": "700"})).reply_to == "404"
    assert one(tmp_path / "b", post(type="Reply", reference={"messageId": None, "channelId": "700"})).reply_to == ""


def test_a_reference_to_another_channel_is_no_reply_here(tmp_path: Path) -> None:
    found = one(tmp_path, post(type="Reply", reference={"messageId": "5", "channelId": "8"}))
    assert (found.reply_to, found.metadata) == ("", {"reply_to_channel": "8", "reply_to_message": "5"})


def test_forwarded_message(tmp_path: Path) -> None:
    message = post(
        content="",
        reference={"type": "Forward", "messageId": "5", "channelId": "8", "guildId": "9"},
        forwardedMessage={"timestamp": "2026-01-01T10:00:00+00:00", "content": "as agreed", "attachments": []},
    )
    found = one(tmp_path, message)
    assert (found.text, found.forwarded_from, found.reply_to) == ("as agreed", "another channel", "")


def test_webhook_author(tmp_path: Path) -> None:
    author = {"id": "900", "name": "deploys", "discriminator": "0000", "nickname": "deploys", "isBot": True}
    message = post(
        content="",
        author=author,
        embeds=[{"title": "v2", "description": "is out", "fields": [{"name": "By", "value": "CI"}]}],
    )
    found = one(tmp_path, message)
    assert found.author == PersonDraft("900", "deploys", is_bot=True)
    assert found.text == "v2\nis out\nBy: CI"


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"type": "ChannelPinnedMessage", "content": "Pinned a message."}, "service"),
        ({"type": "GuildMemberJoin"}, "service"),
        ({"type": "8"}, "service"),
        ({"type": "20", "interaction": {"name": "ask"}}, "message"),
        ({"content": "", "stickers": [{"id": "1", "name": "wave"}]}, "sticker"),
        ({"content": "look", "stickers": [{"id": "1", "name": "wave"}]}, "message"),
    ],
)
def test_kinds(tmp_path: Path, facts: dict[str, Any], kind: str) -> None:
    assert one(tmp_path, post(**facts)).kind == kind


def test_a_time_without_an_offset_is_of_the_zone_that_was_named(tmp_path: Path) -> None:
    path = lay(tmp_path, {"a.json": discord(post(timestamp="2026-01-02T10:00:00"))})
    assert drafts_of(path, timezone=ZoneInfo("Europe/Kyiv"))[0].sent_at == datetime(2026, 1, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("author", "person"),
    [
        (WRITER | {"nickname": ""}, PersonDraft("12", "bob")),
        ({"name": "gone"}, PersonDraft("name:gone", "gone")),
        ("odd", None),
    ],
)
def test_authors(tmp_path: Path, author: Any, person: PersonDraft | None) -> None:
    assert one(tmp_path, post(author=author)).author == person


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ("odd", ("dev.json #2", "not an object")),
        (post(id_=...), ("dev.json #2", "no message id")),
        (post("7", timestamp="soon"), ("message 7", "no time")),
    ],
)
def test_what_is_no_message_is_skipped_with_its_place(tmp_path: Path, record: Any, told: tuple[str, str]) -> None:
    found, skipped = parts(lay(tmp_path, {"dev.json": discord(post(), record)}))
    assert len(found) == 1
    assert [(item.reference, item.reason) for item in skipped] == [told]


def test_a_cut_file_is_told_and_another_one_read(tmp_path: Path) -> None:
    path = lay(tmp_path, {"a.json": discord(post("1"), post("2")), "b.json": discord(post("3"))})
    cut = path / "a.json"
    cut.write_bytes(cut.read_bytes()[:-150])
    found, skipped = parts(path)
    assert [item.external_id for item in found] == ["1", "3"]
    assert [item.reference for item in skipped] == ["a.json"]
    with open_export(cut) as export, pytest.raises(CutFile, match="breaks off after 1 message"):
        list(export)


def test_a_file_without_a_channel_is_refused(tmp_path: Path) -> None:
    content = discord(post())
    del content["channel"]
    with pytest.raises(NotThisFormat, match="DiscordChatExporter"):
        parts(lay(tmp_path, {"a.json": content}), format="discord")
