"""Every case that an importer or a webhook has to bear has a test of its own; those that span apps are here."""

import ast
import json
from functools import cache
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from ingestion import bots, telegram_hook
from ingestion.models import Delivery, Source
from ingestion.tests.test_webhooks import BODIES, made, post, signed
from tasktracker.core import crypto
from tasktracker.core.errors import Unavailable
from tasktracker.core.tests.factories import Person
from tasktracker.tests.fake_bot_api import FakeBotApi, group_message

TELEGRAM, TEXT = "ingestion/tests/test_telegram_export.py", "ingestion/tests/test_telegram_export_text.py"
IMPORTING, INBOX = "ingestion/tests/test_importing.py", "ingestion/tests/test_telegram_inbox.py"
SLACK, SLACK_LIVE = "ingestion/tests/test_slack_export.py", "ingestion/tests/test_webhook_channels.py"
DISCORD, MATTERMOST = "ingestion/tests/test_discord_export.py", "ingestion/tests/test_mattermost_export.py"
MAIL, WEBHOOKS = "ingestion/tests/test_mail_export.py", "ingestion/tests/test_webhooks.py"
HERE, MET = "tasktracker/tests/test_every_word_cases.py", "tasktracker/tests/test_live_and_imported.py"

CASES: dict[str, tuple[str, ...]] = {
    # Telegram
    "text as an empty string": (f"{TEXT}::test_text_as[empty]",),
    "text as a string": (f"{TEXT}::test_text_as[string]",),
    "text as an array": (f"{TEXT}::test_text_as[array]",),
    "text as an array with an unknown type": (f"{TEXT}::test_text_as[array_with_unknown_type]",),
    "from is null": (f"{TELEGRAM}::test_author[from_null]",),
    "from_id of a channel": (f"{TELEGRAM}::test_author[from_id_channel]",),
    "date_unixtime missing: the local date in the chosen zone": (f"{TELEGRAM}::test_date_unixtime_missing",),
    "negative ids of a migrated group": (f"{TELEGRAM}::test_negative_migrated_ids",),
    "reply to a message outside the file": (f"{TELEGRAM}::test_reply_to_a_message_outside_the_file",),
    "topic chain through three replies": (f"{TELEGRAM}::test_topic_chain_through_3_replies",),
    "album of four photos with one caption": (
        f"{TELEGRAM}::test_album_of_4_photos_with_one_caption",
        f"{INBOX}::test_album_of_4_photos_with_one_caption",
    ),
    "text of a poll": (f"{TEXT}::test_poll_text",),
    "text of a to-do list": (f"{TEXT}::test_todo_text",),
    "unsupported type": (f"{TELEGRAM}::test_unsupported_type",),
    "the words for a file that is not there, in photo": (f"{TELEGRAM}::test_file_placeholder_text_in_photo",),
    "a file of 1 GB is streamed": ("ingestion/tests/test_export_streams.py::test_1_gb_file_streamed",),
    "the same file twice": (
        f"{TELEGRAM}::test_same_file_twice",
        f"{IMPORTING}::test_the_same_file_twice_changes_nothing",
        f"{MET}::test_the_same_chat_imported_twice_and_then_live",
    ),
    "a live message is stored already, then imported": (
        f"{IMPORTING}::test_a_live_message_that_is_then_imported_is_one_message",
        f"{INBOX}::test_live_message_already_stored_then_imported_and_the_other_way",
        f"{MET}::test_the_same_chat_live_and_then_imported",
    ),
    "an edited version that is newer or older than the stored one": (
        f"{IMPORTING}::test_an_edited_version_newer_than_the_stored_one_replaces_it",
        f"{IMPORTING}::test_an_edited_version_older_than_the_stored_one_changes_nothing",
        f"{INBOX}::test_edited_version_newer_or_older_than_stored",
    ),
    # Slack
    "message_changed without a change of the text": (
        f"{SLACK}::test_message_changed_without_text_change_is_no_edit",
        f"{SLACK_LIVE}::TestSlack::test_message_changed_and_message_changed_without_text_change",
    ),
    "thread_broadcast shown twice": (
        f"{SLACK}::test_thread_broadcast_shown_twice_is_one_message",
        f"{SLACK_LIVE}::TestSlack::test_thread_broadcast_shown_twice_is_one_message",
    ),
    "users.json lacks a user": (f"{SLACK}::test_users_json_missing_a_user",),
    "bot_message without user": (
        f"{SLACK}::test_bot_message_without_user",
        f"{SLACK_LIVE}::TestSlack::test_bot_message_without_user_and_files",
    ),
    "deleted user": (f"{SLACK}::test_deleted_user",),
    "id of a shared channel": (f"{SLACK}::test_shared_channel_id",),
    "&amp; is taken back": (f"{SLACK}::test_amp_unescape_is_done_once",),
    "file_comment": (f"{SLACK}::test_file_comment",),
    # Discord
    "file of a thread": (f"{DISCORD}::test_thread_file",),
    "reply whose parent was deleted": (f"{DISCORD}::test_reply_with_deleted_parent",),
    "forwardedMessage": (f"{DISCORD}::test_forwarded_message",),
    "a webhook as author": (f"{DISCORD}::test_webhook_author",),
    # Mattermost
    "nested replies": (f"{MATTERMOST}::test_nested_replies",),
    "direct_post with channel_members": (f"{MATTERMOST}::test_direct_post_with_channel_members",),
    "timestamps in milliseconds": (
        f"{MATTERMOST}::test_ms_timestamps",
        f"{SLACK_LIVE}::test_mattermost_s_ms_timestamps_and_the_seconds_of_old_servers",
    ),
    "a first line that is no version": (f"{MATTERMOST}::test_first_line_not_version_is_a_clear_error",),
    # mbox
    "no Message-ID": (f"{MAIL}::test_missing_message_id",),
    "wrong charset": (f"{MAIL}::test_bad_charset",),
    "headers of eight bits": (f"{MAIL}::test_eight_bit_headers",),
    "nested multipart": (f"{MAIL}::test_nested_multipart",),
    "`From ` inside a body": (f"{MAIL}::test_from_inside_a_body",),
    "References longer than the thread": (f"{MAIL}::test_references_longer_than_the_thread",),
    # Webhooks
    "stale timestamp": (f"{WEBHOOKS}::test_stale_timestamp",),
    "wrong secret": (f"{WEBHOOKS}::TestEachDoor::test_wrong_secret_or_none_leaves_no_trace",),
    "second valid secret": (
        f"{WEBHOOKS}::TestEachDoor::test_second_valid_secret",
        "tasktracker/tests/test_telegram_webhook.py::test_s3_while_a_token_is_replaced_both_secrets_are_good",
    ),
    "replayed id": (
        f"{WEBHOOKS}::TestEachDoor::test_replayed_id_changes_nothing",
        "tasktracker/tests/test_telegram_webhook.py::test_f9_each_update_thrice_by_many_at_once_is_one_row",
    ),
    "body altered by one space": (f"{HERE}::test_body_altered_by_one_space",),
    "an empty secret is configured": (
        f"{HERE}::test_empty_secret_configured_refuses_to_start",
        f"{WEBHOOKS}::TestEachDoor::test_an_empty_secret_opens_nothing",
    ),
}


@cache
def named_in(path: str) -> tuple[frozenset[str], str]:
    """The tests of a file, those of a class as `Class::test`, and its text."""
    text = (settings.BASE_DIR / path).read_text(encoding="utf-8")
    found: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return frozenset(found), text


def test_each_case_has_its_test() -> None:
    for case, named in [(case, one) for case, tests in CASES.items() for one in tests]:
        path, _, name = named.partition("::")
        name, _, parameter = name.rstrip("]").partition("[")
        tests, text = named_in(path)
        assert name in tests, f"nothing shows any more: {case}"
        assert f'"{parameter}"' in text or not parameter, f"nothing shows any more: {case}"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("door", ["slack", "generic", "github"])
def test_body_altered_by_one_space(owner: Person, door: str) -> None:
    """What is verified are the bytes that came: JSON that means the same is not the same."""
    source = made(owner, door)
    body = json.dumps(BODIES[door]).encode()
    headers = signed(door, body)
    for altered in (body + b" ", b" " + body, body.replace(b": ", b":  ", 1), body.replace(b": ", b":", 1)):
        assert json.loads(altered) == BODIES[door]
        assert post(source, altered, headers).status_code == 401
    assert not Delivery.objects.exists()
    assert post(source, body, headers).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("token", ["", "   ", "no-token"])
def test_empty_secret_configured_refuses_to_start(owner: Person, settings: Any, token: str) -> None:
    """No poller, no webhook, nothing asked of Telegram, and no call that would be let in."""
    bot = Source(workspace=owner.workspace, name="bot", kind="telegram")
    bot.set_secret(token)
    bot.save()
    settings.TELEGRAM_BOT_TOKEN = ""
    with FakeBotApi.started() as api:
        settings.TELEGRAM_API_URL = api.url
        for how in ({}, {"webhook": "https://tracker.example.org"}):
            with pytest.raises(CommandError, match="There is no bot"):
                call_command("run_bot", **how)
        if not token:
            with pytest.raises(Unavailable, match="enter it first"):
                telegram_hook.set_hook(source=bot, url="https://tracker.example.org/webhook")
        assert api.calls == []
    assert bots.polled_accounts() == []
    update = {"update_id": 1, "message": group_message(1, "hello")}
    # With what would be its token, if an empty secret were one.
    made_of_nothing = "" if token else crypto.digest(telegram_hook.SALT, f"{bot.uid}:")
    for header in ("", made_of_nothing):
        answer = Client().post(
            f"/webhook/telegram/{bot.uid}",
            json.dumps(update),
            content_type="application/json",
            headers={telegram_hook.HEADER: header},
        )
        assert answer.status_code == 401
    assert not Delivery.objects.exists()
