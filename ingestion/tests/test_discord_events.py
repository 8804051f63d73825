"""Events of Discord come out as its export gives the same messages; and what is remembered of a session."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion import importing, inbox
from ingestion.channels import discord
from ingestion.discord import accounts
from ingestion.discord.position import STATE, Dispatch, Position
from ingestion.models import Channel, Delivery, Message, Participant, Source
from ingestion.tests.export_files import discord as exported
from ingestion.tests.export_files import drafts_of, lay, post
from tasktracker.core.services import ensure_workspace

BOB = {"id": "12", "username": "bob", "global_name": "Robert"}
ROOM = {"id": "700", "type": 0, "name": "dev", "last_message_id": "1"}
THREAD = {"id": "710", "type": 11, "name": "release", "parent_id": "700"}


def said(**facts: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": "1",
        "channel_id": "700",
        "type": 0,
        "timestamp": "2026-01-02T08:00:00+00:00",
        "edited_timestamp": None,
        "content": "hello",
        "author": BOB,
        "member": {"nick": "Bob"},
        "attachments": [],
        "embeds": [],
        "mentions": [],
    }
    return {**plain, **facts}


def read(message: dict[str, Any], event: str = "MESSAGE_CREATE") -> Any:
    names = {"700": "dev", "77": "ops"}
    return discord.read(discord.stored(event, message, channel={"name": "dev", "parent": "Work"}, names=names))


ROWS = [{"name": "State", "value": "red", "inline": True}]
SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "words": ({}, {}),
    "an edit": (
        {"content": "now so", "edited_timestamp": "2026-01-02T08:05:00.123456+00:00"},
        {"content": "now so", "timestampEdited": "2026-01-02T10:05:00.123456+02:00"},
    ),
    "mentions": (
        {
            "content": "<@12> <@!13> <#700> <@&77> <#1> <:ok:5> <a:dance:6>",
            "mentions": [{**BOB, "member": {"nick": "Bob"}}, {"id": "13", "username": "ann"}],
        },
        {"content": "@Bob @ann #dev @ops #deleted-channel :ok: :dance:"},
    ),
    "a reply": (
        {"type": 19, "message_reference": {"message_id": "5", "channel_id": "700"}, "referenced_message": None},
        {"type": "Reply", "reference": {"messageId": "5", "channelId": "700"}},
    ),
    "a reply elsewhere": (
        {"type": 19, "message_reference": {"message_id": "5", "channel_id": "8"}},
        {"type": "Reply", "reference": {"messageId": "5", "channelId": "8"}},
    ),
    "files": (
        {"attachments": [{"id": "3", "filename": "a.png", "size": 9, "url": "u"}, {"filename": "b.txt"}, "odd"]},
        {"attachments": [{"id": "3", "fileName": "a.png", "fileSizeBytes": 9}, {"fileName": "b.txt"}, "odd"]},
    ),
    "an embed of a bot": (
        {
            "content": "",
            "author": {"id": "50", "username": "ci", "bot": True},
            "member": {"nick": None},
            "embeds": [{"title": "Build", "description": "of <#700>", "url": "https://e.x", "fields": ROWS}],
        },
        {
            "content": "",
            "author": {"id": "50", "name": "ci", "nickname": "ci", "isBot": True},
            "embeds": [{"title": "Build", "description": "of #dev", "url": "https://e.x", "fields": ROWS}],
        },
    ),
    "a sticker": (
        {"content": "", "sticker_items": [{"id": "4", "name": "wave", "format_type": 1}]},
        {"content": "", "stickers": [{"id": "4", "name": "wave", "format": "Png"}]},
    ),
    "a webhook": (
        {"author": {"id": "60", "username": "Deploys"}, "webhook_id": "60", "member": ...},
        {"author": {"id": "60", "name": "Deploys", "nickname": "Deploys", "isBot": True}},
    ),
    "a forward": (
        {
            "content": "",
            "message_reference": {"type": 1, "message_id": "5", "channel_id": "8"},
            "message_snapshots": [{"message": {"content": "from <#700>", "embeds": []}}],
        },
        {
            "content": "",
            "reference": {"messageId": "5", "channelId": "8"},
            "forwardedMessage": {"content": "from #dev", "embeds": []},
        },
    ),
    "a pin": (
        {"type": 6, "content": "", "message_reference": {"message_id": "5", "channel_id": "700"}},
        {
            "type": "ChannelPinnedMessage",
            "content": "Pinned a message.",
            "reference": {"messageId": "5", "channelId": "700"},
        },
    ),
    "a command": ({"type": 20, "interaction": {"name": "deploy"}}, {"type": "20", "interaction": {"name": "deploy"}}),
    "a boost": ({"type": 8, "content": ""}, {"type": "8", "content": ""}),
}


@pytest.mark.parametrize("name", SAME)
def test_live_equals_import(tmp_path: Path, name: str) -> None:
    live, written = SAME[name]
    message = {key: value for key, value in said(**live).items() if value is not ...}
    (imported,) = drafts_of(lay(tmp_path, {"dev.json": exported(post(**written))}))
    assert read(message).draft == imported


def test_a_thread_is_a_channel_as_in_the_export(tmp_path: Path) -> None:
    raw = discord.stored(
        "MESSAGE_CREATE",
        said(channel_id="710"),
        channel={"name": "release", "parent": "dev", "thread": True},
        names={},
    )
    about = {"id": "710", "type": "GuildPublicThread", "categoryId": "700", "category": "dev", "name": "release"}
    (imported,) = drafts_of(lay(tmp_path, {"dev.json": exported(post(), channel=about)}))
    assert discord.read(raw).draft == imported


@pytest.mark.django_db
def test_the_same_message_live_and_imported_is_one(tmp_path: Path) -> None:
    source = Source.objects.create(workspace=ensure_workspace(slug="default"), name="Discord", kind=Source.Kind.DISCORD)
    position = Position()
    happened: list[tuple[str, dict[str, Any]]] = [
        ("READY", {"session_id": "s"}),
        ("GUILD_CREATE", {"channels": [ROOM]}),
        ("MESSAGE_CREATE", said()),
    ]
    for seq, (event, data) in enumerate(happened, start=1):
        for key, raw in position.follow(Dispatch(event, seq, data)):
            Delivery.objects.create(source=source, external_id=key, raw=raw)
    inbox.work_off(source_id=source.pk)
    report = importing.import_export(
        path=lay(tmp_path, {"dev.json": exported(post(), post("2", "only there"))}), source=source
    )
    assert (report.created, report.unchanged) == (1, 1)
    assert [channel.title for channel in Channel.objects.all()] == ["dev"]
    assert [person.name for person in Participant.objects.all()] == ["Bob"]
    assert Message.objects.count() == 2


def test_a_deletion_has_its_time_in_its_id() -> None:
    key = str((1_767_340_800_000 - discord.EPOCH) << 22)
    found = discord.read(discord.stored("MESSAGE_DELETE", {"id": key, "channel_id": "700"}, channel={}, names={}))
    assert found.is_deleted
    assert found.draft is not None
    assert found.draft.sent_at.isoformat() == "2026-01-02T08:00:00+00:00"


def test_a_change_without_words_is_none() -> None:
    assert "words as they are" in read({"id": "1", "channel_id": "700", "flags": 4}, "MESSAGE_UPDATE").why_not


def test_replays_have_the_keys_of_the_first_time() -> None:
    """As events of the session, and as they are fetched; an edit is another delivery, and the same edit is not."""
    position = Position()
    position.follow(Dispatch("READY", 1, {"session_id": "s", "resume_gateway_url": "wss://r", "user": {"id": "99"}}))
    edit = said(edited_timestamp="2026-01-02T08:05:00+00:00")
    first = [position.follow(Dispatch("MESSAGE_CREATE", 2, said()))[0][0], position.keep_message(said())[0]]
    second = [position.follow(Dispatch("MESSAGE_UPDATE", 3, edit))[0][0], position.keep_message(edit)[0]]
    assert first == ["new:1", "new:1"]
    assert second == ["edit:1:2026-01-02T08:05:00+00:00"] * 2
    embeds = position.follow(Dispatch("MESSAGE_UPDATE", 4, said()))
    assert embeds[0][0] == "s:4"
    assert position.session is not None
    assert position.session.seq == 4


def test_a_new_session_opens_a_gap_that_another_one_does_not_shorten() -> None:
    position = Position()
    begin = Dispatch("READY", 1, {"session_id": "s"})
    guild = Dispatch("GUILD_CREATE", 2, {"channels": [ROOM], "threads": [THREAD]})
    position.follow(begin)
    position.follow(guild)
    assert position.gap == {}, "the first time nothing was missed"
    position.follow(begin)
    position.follow(Dispatch("MESSAGE_CREATE", 2, said(id="900")))
    position.follow(begin)
    assert position.gap == {"700": "1", "710": "0"}, "what was heard since does not hide what was not"
    position.close_gap("710")
    assert "710" not in position.told["channels"], "an archived thread is met again when it is opened"
    position.follow(guild)
    assert "710" in position.told["channels"]
    position.follow(Dispatch("GUILD_CREATE", 3, {"channels": [{"id": "901", "type": 0, "name": "late"}]}))
    assert position.gap["901"] == "0", "made while nobody listened"


@pytest.mark.django_db
def test_a_token_that_cannot_be_one_is_said_and_never_shown() -> None:
    source = Source(workspace=ensure_workspace(slug="default"), name="Discord", kind=Source.Kind.DISCORD)
    source.set_secret("not\na token")
    source.save()
    assert accounts.read_accounts() == []
    source.refresh_from_db()
    assert "copy it anew" in source.last_error
    source.set_secret("Bot a.token")
    source.save()
    (account,) = accounts.read_accounts()
    assert account.token == "a.token"
    assert "a.token" not in repr(account)


VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["1", "700", "<#700>"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(said())), inner, max_size=4),
    max_leaves=8,
)


@given(changes=st.dictionaries(st.sampled_from([*said(), "message_snapshots", "message_reference"]), VALUES))
def test_an_odd_event_never_raises(changes: dict[str, Any]) -> None:
    message = {**said(), **changes}
    position = Position.of({STATE: json.loads(json.dumps(Position().told))})
    for event in ("READY", "GUILD_CREATE", "CHANNEL_UPDATE", "MESSAGE_CREATE", "MESSAGE_DELETE", "THREAD_LIST_SYNC"):
        for key, raw in position.follow(Dispatch(event, 1, message)):
            assert key
            assert discord.read(raw) is not None
