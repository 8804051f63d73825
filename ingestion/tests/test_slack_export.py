"""Slack's export: each message by its `ts` in its channel, under the names and ids that live events give."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion import services
from ingestion.drafts import ChannelDraft, MessageDraft, NotThisFormat, PersonDraft
from ingestion.exports import UnsafeArchive, detect
from ingestion.exports.slack_message import draft_of
from ingestion.models import Channel, Message, Participant
from ingestion.tests.export_files import ROOT, TS, Members, drafts_of, lay, pack, parts, said, slack
from tasktracker.core.tests.factories import Person

DEV = ChannelDraft("slack", "C0000001", "dev")


def one(folder: Path, record: dict[str, Any], more: Members | None = None) -> MessageDraft:
    (found,) = drafts_of(lay(folder, slack(record, more=more)))
    return found


@pytest.mark.parametrize("root", ["", "Team export Jan 1 2026/"])
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_folder_and_a_zip_are_read_where_the_lists_lie(tmp_path: Path, root: str, form: str) -> None:
    members = slack(said(), root=root) | {f"{root}ops/2026-01-03.json": [said(ts="1767427200.000100")]}
    path = lay(tmp_path / "x", members) if form == "folder" else pack(tmp_path / "x.zip", members)
    assert detect(path) == "slack"
    assert [(item.channel.external_id, item.external_id) for item in drafts_of(path)] == [
        ("C0000001", TS),
        ("C0000002", "1767427200.000100"),
    ]


def test_a_message_with_everything(tmp_path: Path) -> None:
    record = said(
        "<@U2> fixed in &lt;main&gt;, see <#C0000002> and <https://e.x|the log>",
        thread_ts=ROOT,
        edited={"user": "U1", "ts": "1767340920.000000"},
        reactions=[{"name": "eyes", "count": 2, "users": ["U2"]}],
        files=[{"id": "F1", "name": "a.log", "title": "Log", "mimetype": "text/plain", "size": 7}, {"name": "b.png"}],
    )
    assert one(tmp_path, record) == MessageDraft(
        channel=DEV,
        external_id=TS,
        author=PersonDraft("U1", "Ann"),
        text="@Bob Ray fixed in <main>, see #ops and the log (https://e.x)",
        sent_at=datetime(2026, 1, 2, 8, 1, 0, 200, tzinfo=UTC),
        kind="media",
        edited_at=datetime(2026, 1, 2, 8, 2, tzinfo=UTC),
        reply_to=ROOT,
        thread=ROOT,
        metadata={
            "media": "file",
            "file_name": "Log",
            "mime_type": "text/plain",
            "size": 7,
            "files": ["Log", "b.png"],
        },
    )


def test_the_root_of_a_thread_answers_nobody(tmp_path: Path) -> None:
    found = one(tmp_path, said(thread_ts=TS, reply_count=2))
    assert (found.thread, found.reply_to) == (TS, "")


@pytest.mark.django_db
def test_thread_broadcast_shown_twice_is_one_message(owner: Person, tmp_path: Path) -> None:
    shown = said(subtype="thread_broadcast", thread_ts=ROOT, root={"ts": ROOT})
    path = lay(tmp_path, slack(said(ts=ROOT, thread_ts=ROOT), shown, shown))
    source = services.ensure_source(workspace=owner.workspace, name="history", kind="import")
    report = services.import_export(source=source, path=path)
    assert (report.seen, report.created, report.unchanged) == (3, 2, 1)
    stored = Message.objects.get(external_id=TS)
    assert (stored.kind, stored.thread) == ("message", ROOT)


@pytest.mark.django_db
def test_the_same_message_live_and_imported_is_one(owner: Person, tmp_path: Path) -> None:
    record = said("<@U2> hello", edited={"user": "U1", "ts": "1767340920.000000"})
    live = services.ensure_source(workspace=owner.workspace, name="bot", kind="slack")
    draft = draft_of(said("first"), DEV)
    assert isinstance(draft, MessageDraft)
    services.record_message(source=live, draft=draft)
    history = services.ensure_source(workspace=owner.workspace, name="history", kind="import")
    path = lay(tmp_path, slack(record))
    assert services.import_export(source=history, path=path).updated == 1
    assert services.import_export(source=history, path=path).unchanged == 1
    assert (Message.objects.count(), Channel.objects.count(), Participant.objects.count()) == (1, 1, 1)
    assert Message.objects.get().text == "@Bob Ray hello"


def test_users_json_missing_a_user(tmp_path: Path) -> None:
    record = said("<@U8> and <@U9|nina>", user="U9", user_profile={"display_name": "nina", "real_name": "Nina"})
    found = one(tmp_path, record)
    assert found.author == PersonDraft("U9", "nina")
    assert found.text == "@U8 and @nina"
    assert one(tmp_path / "b", said(user="U9")).author == PersonDraft("U9", "U9")


def test_an_export_without_users_json_is_read(tmp_path: Path) -> None:
    assert one(tmp_path, said(), more={"users.json": ...}).author == PersonDraft("U1", "U1")


def test_deleted_user(tmp_path: Path) -> None:
    assert one(tmp_path, said(user="U2")).author == PersonDraft("U2", "Bob Ray")


@pytest.mark.parametrize(
    ("facts", "author"),
    [
        ({"user": ..., "subtype": "bot_message", "bot_id": "B1", "username": "deploys"}, ("B1", "deploys")),
        ({"user": ..., "subtype": "bot_message", "username": "deploys"}, ("name:deploys", "deploys")),
        ({"user": ..., "bot_id": "B1", "bot_profile": {"name": "CI"}}, ("B1", "CI")),
        ({"user": "U3", "bot_id": "B3"}, ("U3", "Builder")),
        ({"user": "USLACKBOT"}, ("USLACKBOT", "Slackbot")),
        ({"user": "U7", "bot_id": "B7", "bot_profile": {"name": "CI"}}, ("U7", "CI")),
    ],
)
def test_bot_message_without_user(tmp_path: Path, facts: dict[str, Any], author: tuple[str, str]) -> None:
    assert one(tmp_path, said(**facts)).author == PersonDraft(*author, is_bot=True)


def test_a_person_who_posts_through_an_app_is_no_bot(tmp_path: Path) -> None:
    assert one(tmp_path, said(bot_id="B1")).author == PersonDraft("U1", "Ann")
    assert one(tmp_path / "b", said(user=...)).author is None


def test_shared_channel_id(tmp_path: Path) -> None:
    shared = [{"id": "C0SHARED1", "name": "with-acme", "is_shared": True, "is_ext_shared": True}]
    record = said(user="U0ACME", team="T2", user_profile={"real_name": "Zoe"})
    members = slack(more={"channels.json": shared}) | {"with-acme/2026-01-02.json": [record]}
    found, skipped = parts(lay(tmp_path, members))
    assert [item.channel for item in found] == [ChannelDraft("slack", "C0SHARED1", "with-acme")]
    assert found[0].author == PersonDraft("U0ACME", "Zoe")
    assert [(item.reference, item.reason) for item in skipped] == [("dev/", "no list of channels names this folder")]


def test_private_and_direct_conversations_have_titles(tmp_path: Path) -> None:
    members = slack(said()) | {
        "groups.json": [{"id": "G0000001", "name": "secret"}],
        "dms.json": [{"id": "D0000001", "members": ["U1", "U2"]}],
        "mpims.json": [{"id": "G0000002", "name": "mpdm-ann--bob--ci-1", "members": ["U1", "U2", "U3"]}],
        "secret/2026-01-02.json": [said()],
        "D0000001/2026-01-02.json": [said()],
        "mpdm-ann--bob--ci-1/2026-01-02.json": [said()],
    }
    found = {item.channel.external_id: item.channel.title for item in drafts_of(lay(tmp_path, members))}
    assert found == {
        "C0000001": "dev",
        "G0000001": "secret",
        "D0000001": "Ann, Bob Ray",
        "G0000002": "Ann, Bob Ray, Builder",
    }


def test_amp_unescape_is_done_once(tmp_path: Path) -> None:
    assert one(tmp_path, said("a &amp;&amp; b, literally &amp;lt;")).text == "a && b, literally &lt;"


def test_file_comment(tmp_path: Path) -> None:
    record = said(
        "<@U1> commented on a file",
        subtype="file_comment",
        user=...,
        file={"name": "a.png"},
        comment={"user": "U2", "comment": "the button is &lt;gone&gt;"},
    )
    found = one(tmp_path, record)
    assert (found.text, found.author, found.kind) == ("the button is <gone>", PersonDraft("U2", "Bob Ray"), "media")


def test_message_changed_without_text_change_is_no_edit() -> None:
    event = {"type": "message", "subtype": "message_changed", "hidden": True, "ts": "1767340999.000100"}
    same = draft_of(event | {"message": said("hello")}, DEV)
    edited = draft_of(event | {"message": said("new", edited={"user": "U1", "ts": "1767340920.000000"})}, DEV)
    assert isinstance(same, MessageDraft)
    assert isinstance(edited, MessageDraft)
    assert (same.external_id, same.edited_at) == (TS, None)
    assert (edited.external_id, edited.text) == (TS, "new")
    assert edited.edited_at is not None


@pytest.mark.parametrize("subtype", ["channel_join", "channel_topic", "pinned_item", "huddle_thread", "new_thing"])
def test_what_slack_notes_itself_is_service(tmp_path: Path, subtype: str) -> None:
    found = one(tmp_path, said("<@U1> has joined", subtype=subtype))
    assert (found.kind, found.text, found.metadata) == ("service", "@Ann has joined", {"action": subtype})


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (
            {"attachments": [{"title": "Build 7", "text": "failed in &lt;main&gt;", "fallback": "x"}]},
            "Build 7\nfailed in <main>",
        ),
        ({"attachments": [{"fields": [{"title": "Env", "value": "prod"}]}]}, "Env: prod"),
        ({"attachments": [{"fallback": "only this"}, "odd", None]}, "only this"),
        ({"blocks": [{"type": "section", "text": {"text": "from *blocks*"}}]}, "from *blocks*"),
        ({"blocks": [{"elements": [{"elements": [{"type": "text", "text": "deep"}]}]}]}, "deep"),
        ({"blocks": "odd", "attachments": {"a": 1}}, ""),
    ],
)
def test_a_text_that_stands_elsewhere(tmp_path: Path, facts: dict[str, Any], text: str) -> None:
    assert one(tmp_path, said("", **facts)).text == text


def test_a_message_passed_on_names_its_author(tmp_path: Path) -> None:
    record = said("", attachments=[{"is_share": True, "author_name": "Zoe", "text": "as agreed"}])
    found = one(tmp_path, record)
    assert (found.text, found.forwarded_from) == ("as agreed", "Zoe")


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("odd", "not an object"),
        (said(ts=...), "no ts"),
        (said(ts="soon"), "its ts is not a time"),
        (said(ts="999999999999.9"), "its ts is not a time"),
        (said(subtype="tombstone"), "it was deleted"),
        (said(type="reaction_added"), "type 'reaction_added' is not a message"),
        ({"type": "message", "ts": TS, "x": ["y"] * 60_000}, "too large to be a message"),
    ],
)
def test_what_is_no_message_is_skipped_with_its_place(tmp_path: Path, record: Any, reason: str) -> None:
    found, skipped = parts(lay(tmp_path, slack(said(), record)))
    assert len(found) == 1
    assert [(item.reference, item.reason) for item in skipped] == [("dev/2026-01-02.json #2", reason)]


def damaged(_: bytes) -> bytes:
    return b'{"not": "a list"}'


def cut(data: bytes) -> bytes:
    return data[:-30]


@pytest.mark.parametrize(
    ("harm", "kept", "reason"),
    [(cut, 2, "it breaks off after 1 records"), (damaged, 1, "it is not a list of messages")],
)
def test_a_damaged_day_is_told_and_the_next_one_read(
    tmp_path: Path, harm: Callable[[bytes], bytes], kept: int, reason: str
) -> None:
    members = slack(said(), said(ts=ROOT)) | {"dev/2026-01-03.json": [said(ts="1767427200.000100")]}
    path = lay(tmp_path, members)
    day = path / "dev/2026-01-02.json"
    day.write_bytes(harm(day.read_bytes()))
    found, skipped = parts(path)
    assert len(found) == kept
    assert [item.reference for item in skipped] == ["dev/2026-01-02.json"]
    assert skipped[0].reason.startswith(reason)


def test_a_damaged_list_of_channels_is_refused_and_one_of_users_is_told(tmp_path: Path) -> None:
    whole = json.dumps(slack()["users.json"])
    found, skipped = parts(lay(tmp_path / "a", slack(said(), more={"users.json": whole[:-5]})))
    assert [item.author for item in found] == [PersonDraft("U1", "Ann")]
    assert [item.reference for item in skipped] == ["users.json"]
    with pytest.raises(NotThisFormat, match=r"channels\.json breaks off .* export again"):
        parts(lay(tmp_path / "b", slack(said(), more={"channels.json": '[{"id": "C0000001", '})))


@pytest.mark.parametrize("missing", ["channels.json", "dev/2026-01-02.json"])
def test_a_folder_without_lists_or_days_is_no_export(tmp_path: Path, missing: str) -> None:
    with pytest.raises(NotThisFormat, match="a Slack export"):
        parts(lay(tmp_path, slack(said(), more={missing: ...})), format="slack")


def test_a_zip_that_leads_out_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive):
        parts(pack(tmp_path / "x.zip", slack(said()) | {"../dev/2026-01-02.json": []}))


def test_a_real_export_is_read_whole() -> None:
    path = Path(__file__).resolve().parents[3] / "shared/data/demo/slack/export"
    if not path.exists():
        pytest.skip("shared/data/demo/slack is not here")
    found = drafts_of(path)
    assert len(found) == sum(len(json.loads(day.read_bytes())) for day in path.glob("*/*.json"))
    assert len({(item.channel.external_id, item.external_id) for item in found}) == len(found)
    assert not [item for item in found if "<@U" in item.text or "&amp;" in item.text]
