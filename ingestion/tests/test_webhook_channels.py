"""What Slack, GitHub, GitLab and Mattermost say by webhooks, in the inbox and out of it as messages."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.cache import cache

from ingestion import inbox, probing, services, slack_names
from ingestion.channels import mattermost
from ingestion.models import Channel, Delivery, Message, MessageRevision, Participant, Source
from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import LONG

TS, LATER = "1767340860.000200", "1767340900.000100"

# To empty the database costs more than such a test: in make test it is rolled back.
pytestmark = pytest.mark.django_db(transaction=LONG)


def made(owner: Person, kind: str, form: str = "", secret: str = "s") -> Source:
    source = Source(workspace=owner.workspace, name=form or kind, kind=kind, config={"format": form} if form else {})
    source.set_secret(secret)
    source.save()
    return source


@pytest.fixture
def slack(owner: Person) -> Source:
    cache.clear()
    return made(owner, "slack", secret=json.dumps({"signing_secret": "s", "bot_token": "xoxb-1"}))


@pytest.fixture(autouse=True)
def slack_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Slack's own answers to users.info and conversations.info, over HTTP; the calls that were made."""
    calls: list[str] = []

    class Api(BaseHTTPRequestHandler):
        answers: ClassVar = {
            "/users.info?user=U1": {"ok": True, "user": {"id": "U1", "profile": {"display_name": "Ann"}}},
            "/users.info?user=U2": {"ok": True, "user": {"id": "U2", "real_name": "Bob B."}},
            "/auth.test": {"ok": True, "url": "https://dev-team.slack.com/", "team": "Dev"},
            "/conversations.info?channel=C1": {"ok": True, "channel": {"id": "C1", "name": "dev"}},
        }

        def do_GET(self) -> None:
            calls.append(self.path)
            known = self.headers["Authorization"] == "Bearer xoxb-1"
            body = self.answers.get(self.path) if known else None
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body or {"ok": False, "error": "user_not_found"}).encode())

        do_POST = do_GET

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setattr(slack_names, "API", f"http://127.0.0.1:{server.server_port}")
    yield calls
    server.shutdown()
    server.server_close()


def receive(source: Source, *bodies: dict[str, Any]) -> None:
    first = Delivery.objects.count()
    pairs = [(f"d{first + place:05}", json.dumps(body).encode()) for place, body in enumerate(bodies)]
    inbox.store(source_id=source.pk, deliveries=pairs)
    inbox.work_off_for(source_id=source.pk)
    assert set(Delivery.objects.values_list("status", flat=True)) <= {"processed", "ignored"}


def said(text: str = "fixed in &lt;main&gt; &amp; out", **more: Any) -> dict[str, Any]:
    event = {"type": "message", "channel": "C1", "user": "U1", "text": text, "ts": TS, **more}
    return {"type": "event_callback", "event_id": "Ev", "api_app_id": "A1", "event": event}


def changed(text: str, edited: str = "", **more: Any) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": "message", "user": "U1", "text": text, "ts": TS, **more}
    if edited:
        inner["edited"] = {"user": "U1", "ts": edited}
    return said("", subtype="message_changed", hidden=True, ts=LATER, message=inner)


def deleted(ts: str = TS) -> dict[str, Any]:
    before = {"type": "message", "user": "U1", "text": "a secret plan", "ts": ts}
    return said("", subtype="message_deleted", ts=LATER, deleted_ts=ts, previous_message=before)


class TestSlack:
    def test_names_are_asked_once_and_amp_is_unescaped(self, slack: Source, slack_api: list[str]) -> None:
        receive(slack, said("<@U2> see <#C1> &amp; <https://e.x|doc>, <@U9>"), said("again <@U9>", ts=LATER))
        first, second = Message.objects.select_related("author", "channel").order_by("sent_at")
        assert first.text == "@Bob B. see #dev & doc (https://e.x), @U9"
        assert (first.author and first.author.name, first.channel.title, first.external_id) == ("Ann", "dev", TS)
        assert second.text == "again @U9"
        assert sorted(slack_api) == sorted(set(slack_api))
        assert len(slack_api) == 5
        assert slack_api.count("/auth.test") == 1

    def test_without_slack_s_answers_ids_stand_for_names(self, owner: Person, slack_api: list[str]) -> None:
        receive(made(owner, "slack"), said("<@U2|bob> hello"))
        assert (Message.objects.get().text, Participant.objects.get().name) == ("@bob hello", "U1")
        assert slack_api == []

    def test_message_changed_and_message_changed_without_text_change(self, slack: Source) -> None:
        receive(slack, said("we ship on Monday"), changed("we ship on Monday"))
        assert Message.objects.get().edited_at is None
        receive(slack, changed("we ship on Friday", edited=LATER))
        assert Message.objects.get().text == "we ship on Friday"
        assert MessageRevision.objects.get().text == "we ship on Monday"

    @pytest.mark.long
    @pytest.mark.parametrize("late", [False, True])
    def test_message_deleted_also_when_it_comes_first(self, slack: Source, late: bool) -> None:
        bodies = [said("a secret plan"), deleted()]
        receive(slack, *(reversed(bodies) if late else bodies))
        message = Message.objects.get()
        assert message.deleted_at is not None
        if late:
            assert message.text == ""
            assert not [
                row for row in Delivery.objects.all() if b'"event_id": "Ev"' in row.raw and b"previous" not in row.raw
            ]

    @pytest.mark.long
    def test_a_stone_in_the_place_of_a_thread_s_root_is_a_deletion(self, slack: Source) -> None:
        receive(slack, said("root"), changed("This message was deleted.", subtype="tombstone"))
        assert Message.objects.get().deleted_at is not None

    def test_thread_broadcast_shown_twice_is_one_message(self, slack: Source) -> None:
        reply = {"thread_ts": TS, "ts": LATER}
        receive(slack, said("root"), said("reply", **reply), said("reply", subtype="thread_broadcast", **reply))
        root, answer = Message.objects.order_by("sent_at")
        assert (answer.thread, answer.reply_to, root.reply_to) == (TS, TS, "")

    def test_bot_message_without_user_and_files(self, slack: Source) -> None:
        file = {"name": "log.txt", "mimetype": "text/plain", "size": 5}
        receive(
            slack,
            said("build failed", user=None, subtype="bot_message", bot_id="B1", username="CI"),
            said("", subtype="file_share", files=[file], ts=LATER),
            said("what we said", bot_id="B2", app_id="A1", ts="1767340950.000100"),
        )
        bot, media, own = Message.objects.select_related("author").order_by("sent_at")
        assert bot.author is not None
        assert (bot.author.name, bot.author.is_bot, bot.verdict) == ("CI", True, "noise")
        assert (media.kind, media.metadata["file_name"]) == ("media", "log.txt")
        assert own.is_own

    @pytest.mark.long
    def test_channel_and_people_under_new_names(self, slack: Source) -> None:
        rename = {"type": "channel_rename", "channel": {"id": "C1", "name": "developers"}}
        person = {"type": "user_change", "user": {"id": "U1", "profile": {"display_name": "Anna"}}}
        elsewhere = {"type": "channel_rename", "channel": {"id": "C9", "name": "unknown"}}
        receive(slack, said("hello"), {"event": rename}, {"event": person}, {"event": elsewhere})
        assert list(Channel.objects.values_list("title", flat=True)) == ["developers"]
        assert list(Participant.objects.values_list("name", flat=True)) == ["Anna"]
        receive(slack, said("later", ts=LATER))
        assert list(Participant.objects.values_list("name", flat=True)) == ["Anna"]

    @pytest.mark.long
    def test_the_same_chat_live_and_imported_is_one_message_each(
        self, slack: Source, owner: Person, tmp_path: Path
    ) -> None:
        text = "<@U2> fixed in &lt;main&gt;"
        receive(slack, said(text))
        (tmp_path / "dev").mkdir()
        records = [{"type": "message", "user": "U1", "text": text, "ts": TS}]
        records.append({"type": "message", "user": "U1", "text": "only in the export", "ts": LATER})
        (tmp_path / "dev" / "2026-01-02.json").write_text(json.dumps(records))
        (tmp_path / "channels.json").write_text(json.dumps([{"id": "C1", "name": "dev"}]))
        (tmp_path / "users.json").write_text(json.dumps([{"id": "U2", "real_name": "Bob B."}]))
        history = services.ensure_source(workspace=owner.workspace, name="history", kind="import")
        report = services.import_export(source=history, path=tmp_path)
        assert (report.created, report.unchanged, report.updated) == (1, 1, 0)
        assert Message.objects.order_by("sent_at")[0].url == ""  # the source is not at hand


@pytest.mark.long
def test_a_slack_message_leads_to_its_team_and_to_none_that_is_guessed(
    slack: Source, owner: Person, slack_api: list[str]
) -> None:
    receive(slack, said("hello"), said("again", ts=LATER))
    assert slack_api.count("/auth.test") == 1, "asked with the first event alone"
    slack.refresh_from_db()
    assert slack.state["slack_team"]["domain"] == "dev-team"
    assert "xoxb-1" not in str((slack.state, slack.config))
    message = Message.objects.select_related("source", "channel").get(external_id=TS)
    assert message.url == "https://dev-team.slack.com/archives/C1/p1767340860000200"
    assert Message.objects.select_related("channel").get(external_id=TS).url == ""
    for odd in ("evil.example/", "a.b.c", "", 7, None):
        message.source.state = {"slack_team": {"domain": odd}}
        assert message.url == ""
    message.source.state, message.source.config = {}, {"team_domain": "known-before"}
    assert message.url.startswith("https://known-before.slack.com/archives/")

    assert probing.probe(slack).detail.startswith("Connected to Dev. Ready; the last message is of")
    slack.set_secret(json.dumps({"signing_secret": "s", "bot_token": "xoxb-2"}))
    slack.save()
    before = len(slack_api)
    receive(slack, said("with another token", ts="1767340950.000100"), said("twice", ts="1767340960.000100"))
    assert slack_api[before:] == ["/auth.test"], "of another team, perhaps; not again for a while when Slack says no"
    assert probing.probe(slack) == probing.Probe(False, "Slack refused the bot token: user_not_found.")


@pytest.mark.long
@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("https://github.com/o/r/issues/5", True),
        ("http://github.com/o/r/issues/5", False),
        ("https://github.com.evil.example/o/r/issues/5", False),
        ("https://github.com@evil.example/", False),
        ("javascript:alert(1)//github.com", False),
        ("https://[", False),
        (7, False),
    ],
)
def test_a_forges_message_links_to_the_forge_alone(owner: Person, given: object, shown: bool) -> None:
    source = made(owner, "webhook", "github")
    receive(source, hub("opened", issue=ISSUE))
    message = Message.objects.get()
    assert message.url == ISSUE["html_url"]
    message.metadata["url"] = given
    assert message.url == (given if shown else "")


REPOSITORY = {"id": 9, "full_name": "o/r", "html_url": "https://github.com/o/r"}
ANN = {"id": 1, "login": "ann", "type": "User"}
ISSUE = {
    "number": 5,
    "title": "Login fails",
    "body": "on iOS",
    "user": ANN,
    "html_url": "https://github.com/o/r/issues/5",
    "created_at": "2026-01-02T08:00:00Z",
    "updated_at": "2026-01-02T08:00:00Z",
}
COMMENT = {
    "body": "I see it too",
    "user": {"id": 2, "login": "ci", "type": "Bot"},
    "html_url": "https://github.com/o/r/issues/5#issuecomment-77",
    "created_at": "2026-01-02T09:00:00Z",
    "updated_at": "2026-01-02T09:00:00Z",
}


def hub(action: str, **more: Any) -> dict[str, Any]:
    return {"action": action, "repository": REPOSITORY, **more}


@pytest.mark.long
def test_github_issues_and_comments_with_edits_and_deletions(owner: Person) -> None:
    source = made(owner, "webhook", "github")
    pull = {**ISSUE, "number": 6, "html_url": "https://github.com/o/r/pull/6", "head": {}, "body": None}
    review = {**COMMENT, "html_url": "https://github.com/o/r/pull/6#discussion_r88", "in_reply_to_id": 80}
    on_pull = {**COMMENT, "html_url": "https://github.com/o/r/pull/6#issuecomment-79"}
    edited = {**COMMENT, "body": "I see it on Android too", "updated_at": "2026-01-02T10:00:00Z"}
    receive(
        source,
        {"zen": "Design for failure.", "hook": {}, "repository": REPOSITORY},
        hub("opened", issue=ISSUE),
        hub("labeled", issue=ISSUE),
        hub("created", issue=ISSUE, comment=COMMENT),
        hub("edited", issue=ISSUE, comment=edited),
        hub("opened", pull_request=pull),
        hub("created", pull_request=pull, comment=review),
        hub("created", issue={**pull, "pull_request": {}}, comment=on_pull),
        {"ref": "refs/heads/main", "repository": REPOSITORY},
    )
    found = {m.external_id: m for m in Message.objects.select_related("channel", "author")}
    assert sorted(found) == ["discussion_r88", "issuecomment-77", "issuecomment-79", "issues/5", "pull/6"]
    issue, comment = found["issues/5"], found["issuecomment-77"]
    assert (issue.text, issue.thread, issue.thread_title) == ("Login fails\n\non iOS", "issues/5", "Login fails")
    assert (issue.channel.external_id, issue.channel.title) == ("github.com/9", "o/r")
    assert (comment.text, comment.thread, comment.reply_to) == ("I see it on Android too", "issues/5", "issues/5")
    assert comment.author is not None
    assert comment.author.is_bot
    assert (found["discussion_r88"].reply_to, found["issuecomment-79"].thread) == ("discussion_r80", "pull/6")
    assert Delivery.objects.filter(status="ignored").count() == 3
    receive(source, hub("deleted", issue=ISSUE, comment=edited), hub("renamed", issue=ISSUE))
    assert list(Message.objects.filter(deleted_at__isnull=False).values_list("external_id", flat=True)) == [
        "issuecomment-77"
    ]


@pytest.mark.long
def test_gitlab_issues_and_notes_with_edits(owner: Person) -> None:
    source = made(owner, "webhook", "gitlab")
    base = {
        "user": {"id": 1, "name": "Ann", "username": "ann"},
        "project": {"id": 9, "web_url": "https://gitlab.example/o/r", "path_with_namespace": "o/r"},
    }
    at = {"created_at": "2026-01-02 08:00:00 UTC", "updated_at": "2026-01-02 08:00:00 UTC", "author_id": 1}
    issue = {"iid": 5, "title": "Login fails", "description": "on iOS", "url": "https://gitlab.example/o/r/-/issues/5"}
    note = {"id": 77, "note": "me too", "noteable_type": "Issue", **at, "system": False}
    later = {"updated_at": "2026-01-02T09:00:00Z"}
    receive(
        source,
        {**base, "object_kind": "issue", "object_attributes": {**issue, **at, "action": "open"}},
        {**base, "object_kind": "note", "object_attributes": note, "issue": issue},
        {**base, "object_kind": "note", "object_attributes": {**note, "note": "not me", **later}, "issue": issue},
        {**base, "object_kind": "note", "object_attributes": {**note, "id": 78, "system": True}, "issue": issue},
        {**base, "object_kind": "issue", "object_attributes": {**issue, **at, "action": "close"}},
        {
            **base,
            "object_kind": "merge_request",
            "object_attributes": {**issue, **at, "action": "update", "description": "now", **later},
            "changes": {"description": {}},
        },
        {**base, "object_kind": "push"},
    )
    found = {m.external_id: m for m in Message.objects.select_related("channel", "author")}
    assert sorted(found) == ["issues/5", "merge_requests/5", "note_77"]
    assert (found["note_77"].text, found["note_77"].thread) == ("not me", "issues/5")
    assert found["issues/5"].channel.external_id == "gitlab.example/9"
    author = found["issues/5"].author
    assert author is not None
    assert (author.external_id, author.name) == ("gitlab.example/1", "Ann")


def test_mattermost_live_and_imported_are_one_message(owner: Person, tmp_path: Path) -> None:
    source = made(owner, "mattermost")
    post = {"team_domain": "Dev", "channel_name": "town", "user_name": "Ann", "post_id": "p", "text": "ship it"}
    lines = [
        {"type": "version", "version": 1},
        {"type": "channel", "channel": {"team": "dev", "name": "town", "display_name": "Town Square"}},
        {"type": "user", "user": {"username": "ann", "first_name": "Ann", "last_name": "A."}},
        {
            "type": "post",
            "post": {"team": "dev", "channel": "town", "user": "ann", "message": "ship it", "create_at": 1767340860123},
        },
    ]
    path = tmp_path / "bulk.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    history = services.ensure_source(workspace=owner.workspace, name="history", kind="import")
    assert services.import_export(source=history, path=path).created == 1
    receive(source, {**post, "timestamp": 1767340860123}, {**post, "timestamp": 1767340860124, "text": "live"})
    assert list(Message.objects.order_by("sent_at").values_list("text", flat=True)) == ["ship it", "live"]
    assert Channel.objects.get().title == "Town Square"
    assert Participant.objects.get().name == "Ann A."


def test_mattermost_s_ms_timestamps_and_the_seconds_of_old_servers() -> None:
    post = {"team_domain": "d", "channel_name": "c", "user_name": "u", "text": "x"}
    times = {
        draft.sent_at.timestamp()
        for stamp in (1767340860000, 1767340860, "1767340860000")
        if (draft := mattermost.read(json.dumps({**post, "timestamp": stamp}).encode()).draft)
    }
    assert times == {1767340860.0}
