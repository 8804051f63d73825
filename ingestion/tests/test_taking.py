"""The filters of a source: one place for live messages of every kind."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingestion import inbox, services
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.grouped import Recorder
from ingestion.models import Delivery, Message, MessageRevision, Source
from ingestion.taking import why_left_out
from ingestion.tests.telegram_files import START
from ingestion.tests.telegram_updates import BOT_ID, live, raw, update
from tasktracker.core.models import ApiToken
from tasktracker.core.tests.factories import Person

DRAFT = MessageDraft(
    channel=ChannelDraft("slack", "C1", "Build-Log"),
    external_id="1",
    author=PersonDraft("U1", "Deploy Bot"),
    text="Deploy of web\nhas FINISHED in 3 s",
    sent_at=datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({}, ""),
        ({"take": {"channels": []}, "skip": {"channels": [], "authors": [], "patterns": []}}, ""),
        ({"take": {"channels": ["c1"]}}, ""),
        ({"take": {"channels": ["#build-log"]}}, ""),
        ({"take": {"channels": ["build-*"]}}, ""),
        ({"take": {"channels": ["dev"]}}, "not among those"),
        ({"take": {"channels": ["C1"]}, "skip": {"channels": ["build*"]}}, "its channel is skipped (build*)"),
        ({"skip": {"authors": ["deploy bot"]}}, "its author is skipped (deploy bot)"),
        ({"skip": {"authors": ["U1"]}}, "its author is skipped"),
        ({"skip": {"authors": ["deploy"]}}, ""),
        ({"skip": {"patterns": ["has finished"]}}, "its text is skipped (has finished)"),
        ({"skip": {"patterns": ["deploy*finished"]}}, "its text is skipped"),
        ({"skip": {"patterns": ["finished*deploy"]}}, ""),
        ({"skip": {"patterns": ["["]}}, ""),
        ({"skip": "nonsense", "take": 5}, ""),
        ({"skip": {"patterns": [None, "", 3]}}, ""),
    ],
)
def test_what_is_left_out(filters: dict[str, Any], said: str) -> None:
    found = why_left_out(filters, DRAFT)
    assert said in found
    assert bool(found) == bool(said)


def test_no_pattern_takes_long() -> None:
    began = time.process_time()
    hard = MessageDraft(DRAFT.channel, "1", None, "a" * 20_000, DRAFT.sent_at)
    assert why_left_out({"skip": {"patterns": ["*a" * 90 + "b", "?" * 150 + "*" * 40 + "b"]}}, hard) == ""
    assert time.process_time() - began < 5


@pytest.mark.django_db(transaction=True)
def test_telegram_goes_by_the_same_filters_and_what_is_here_is_followed(owner: Person) -> None:
    source = services.ensure_source(workspace=owner.workspace, name="Telegram", kind="telegram")
    source.config, source.filters = {"bot_id": BOT_ID}, {"skip": {"patterns": ["lunch"]}}
    source.save()
    said: list[dict[str, Any]] = [
        update(live(1, "we ship on Monday")),
        update(live(2, "Lunch?")),
        update(live(1, "no lunch on Monday", edit_date=START + 999), "edited_message", update_id=7900),
    ]
    inbox.store(source_id=source.pk, deliveries=[(str(one["update_id"]), raw(one)) for one in said])
    inbox.work_off_for(source_id=source.pk)
    assert [message.text for message in Message.objects.all()] == ["no lunch on Monday"]
    assert MessageRevision.objects.get().text == "we ship on Monday"
    left = Delivery.objects.get(status="ignored")
    assert left.error == "left out: its text is skipped (lunch)"


def said(number: object, text: str, author: str = "Ann", **more: Any) -> dict[str, Any]:
    sent = "2026-11-01T10:00:00Z"
    return {"source": "ci", "external_id": str(number), "author": author, "text": text, "sent_at": sent, **more}


def admit_all(tokens: Sequence[ApiToken]) -> list[bool]:
    return [True for _ in tokens]


@pytest.mark.django_db
def test_posts_bulk_and_imports_go_by_the_filters_too(owner: Person, tmp_path: Path) -> None:
    known = owner.api.post("/api/messages", said(1, "lunch is said already"), format="json").json()
    owner.api.post("/api/messages", said("bot", "it is known", "Robot"), format="json")

    record = Recorder()

    def plain(number: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert record([(owner.token, json.dumps(said(number, "we ship")).encode())], admit_all) != [None]
        return len(queries)

    before = plain("2")
    source = Source.objects.get()
    source.filters = {"skip": {"patterns": ["lunch"], "authors": ["robot"]}}
    source.save()
    assert plain("3") == before
    assert record([(owner.token, json.dumps(said("x", "Lunch?")).encode())], admit_all) == [None]  # the API says why
    answer = owner.api.post("/api/messages", said("x", "Lu\u200bnch?"), format="json")
    assert (answer.status_code, answer.json()) == (
        200, {"id": None, "left_out": "left out: its text is skipped (lunch)"},
    )  # fmt: skip
    edited = said(1, "lunch is at one", edited_at="2026-11-01T11:00:00Z")
    assert owner.api.post("/api/messages", edited, format="json").json()["id"] == known["id"]
    rows = [
        said(1, "lunch is at two", edited_at="2026-11-01T12:00:00Z"), said("x", "lunch"), said(4, "we shipped"),
        said("y", "all green", "Robot"),
    ]  # fmt: skip
    counts = owner.api.post("/api/messages/bulk", rows, format="json").json()
    reasons = ["x: left out: its text is skipped (lunch)", "y: left out: its author is skipped (robot)"]
    assert (counts["updated"], counts["skipped"], counts["created"], counts["reasons"]) == (1, 2, 1, reasons)
    path = tmp_path / "chat.jsonl"
    rows = [*rows, said(5, "done")]
    path.write_text("\n".join(map(json.dumps, rows)))
    report = services.import_export(source=source, path=path)
    assert report.counts() == {
        "seen": 5, "created": 1, "updated": 0, "unchanged": 2, "skipped": 2, "errors": 0,
    }  # fmt: skip
    assert report.reasons == reasons
    assert sorted(Message.objects.values_list("text", flat=True)) == [
        "done", "it is known", "lunch is at two", "we ship", "we ship", "we shipped",
    ]  # fmt: skip
