"""An export into the tables: each message once, the newest text, whole batches, and what posts store meets it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion import importing, services
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.exports import CutFile
from ingestion.models import Channel, Message, MessageRevision, Participant, Source
from ingestion.recorder import Recorder
from ingestion.tests.telegram_files import LIVE_CHAT, START, chat, message, service, write
from tasktracker.core.models import Event
from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import some

NOTHING = {"seen": 0, "created": 0, "updated": 0, "unchanged": 0, "skipped": 0, "errors": 0}


@pytest.fixture
def source(owner: Person) -> Source:
    return services.ensure_source(workspace=owner.workspace, name="history", kind="import")


def counts(source: Source, path: Path, **options: Any) -> dict[str, int]:
    """The figures of an import that are not zero."""
    report = services.import_export(source=source, path=path, **options)
    return {name: value for name, value in report.counts().items() if value}


def edited(id_: int, text: str, minutes: int) -> dict[str, Any]:
    """A message that was edited so many minutes after it was sent."""
    sent = int(message(id_)["date_unixtime"])
    return message(id_, text, edited="2026-01-02T10:00:00", edited_unixtime=str(sent + minutes * 60))


def live(id_: int, text: str, *, minutes: int | None = None) -> MessageDraft:
    """The same message as the bot brings it."""
    sent = datetime.fromtimestamp(START + id_ * 60, UTC)
    return MessageDraft(
        channel=ChannelDraft("telegram", LIVE_CHAT, "Dev"),
        external_id=str(id_),
        author=PersonDraft("12", "Bob"),
        text=text,
        sent_at=sent,
        edited_at=None if minutes is None else sent + timedelta(minutes=minutes),
    )


def test_the_same_file_twice_changes_nothing(source: Source, tmp_path: Path) -> None:
    path = write(tmp_path, chat(message(1), message(2, "two"), edited(3, "three", 5), service(4, "pin_message")))
    assert counts(source, path) == {"seen": 4, "created": 4}
    before = list(Message.objects.order_by("pk").values())
    assert counts(source, path) == {"seen": 4, "unchanged": 4}
    assert list(Message.objects.order_by("pk").values()) == before
    assert Event.objects.get().data["count"] == 4


def test_a_live_message_that_is_then_imported_is_one_message(source: Source, owner: Person, tmp_path: Path) -> None:
    bot = services.ensure_source(workspace=owner.workspace, name="bot", kind="telegram")
    services.record_message(source=bot, draft=live(1, "hello"))
    assert counts(source, write(tmp_path, chat(message(1), message(2)))) == {"seen": 2, "created": 1, "unchanged": 1}
    assert [row.source for row in Message.objects.order_by("external_id")] == [bot, source]
    assert (Channel.objects.count(), Participant.objects.count()) == (1, 1)


def test_an_imported_message_that_then_comes_live_is_one_message(source: Source, tmp_path: Path) -> None:
    counts(source, write(tmp_path, chat(message(1))))
    assert services.record_message(source=source, draft=live(1, "hello")).outcome == "unchanged"
    assert Message.objects.count() == 1


def test_an_edited_version_newer_than_the_stored_one_replaces_it(source: Source, tmp_path: Path) -> None:
    services.record_message(source=source, draft=live(1, "first"))
    services.record_message(source=source, draft=live(1, "second", minutes=1))
    assert counts(source, write(tmp_path, chat(edited(1, "third", 9)))) == {"seen": 1, "updated": 1}
    assert Message.objects.get().text == "third"
    assert [row.text for row in MessageRevision.objects.order_by("pk")] == ["first", "second"]


def test_an_edited_version_older_than_the_stored_one_changes_nothing(source: Source, tmp_path: Path) -> None:
    services.record_message(source=source, draft=live(1, "third", minutes=9))
    assert counts(source, write(tmp_path, chat(edited(1, "second", 1)))) == {"seen": 1, "unchanged": 1}
    assert counts(source, write(tmp_path, chat(message(1, "first")))) == {"seen": 1, "unchanged": 1}
    assert Message.objects.get().text == "third"
    assert not MessageRevision.objects.exists()


def test_two_versions_in_one_file_leave_the_newer_one(source: Source, tmp_path: Path) -> None:
    path = write(tmp_path, chat(message(1, "first"), message(2), edited(1, "second", 5)))
    assert counts(source, path) == {"seen": 3, "created": 2, "unchanged": 1}
    assert Message.objects.get(external_id="1").text == "second"


def test_a_command_that_telegram_marks_is_noise(source: Source, tmp_path: Path) -> None:
    parts = [{"type": "bot_command", "text": "/build"}, {"type": "plain", "text": " all of it, for the release of May"}]
    counts(source, write(tmp_path, chat(message(1, parts, text_entities=parts))))
    stored = Message.objects.get()
    assert (stored.verdict, stored.verdict_reason) == ("noise", "command")


def test_each_batch_is_a_transaction_with_one_event(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)
    seen: list[tuple[int, int, int]] = []
    path = write(tmp_path, chat(*(message(number) for number in range(1, 9))))
    assert counts(source, path, progress=lambda *figures: seen.append(figures)) == {"seen": 8, "created": 8}
    ids = list(Message.objects.order_by("pk").values_list("pk", flat=True))
    events = list(Event.objects.order_by("pk"))
    assert {event.type for event in events} == {"messages.imported"}
    assert [event.data for event in events] == [
        {"count": 3, "first": ids[0], "last": ids[2]},
        {"count": 3, "first": ids[3], "last": ids[5]},
        {"count": 2, "first": ids[6], "last": ids[7]},
    ]
    size = path.stat().st_size
    assert [figures[1:] for figures in seen] == [(size, 3), (size, 6), (size, 8)]
    assert seen[-1][0] == size


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_fails_takes_nothing_of_the_earlier_ones_with_it(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)
    record = Recorder.record

    def failing(self: Recorder, batch: Any) -> Any:
        new = record(self, batch)
        if any(judged.draft.external_id == "5" for judged in batch):
            raise ConnectionError("the database went away")
        return new

    path = write(tmp_path, chat(*(message(number) for number in range(1, 10))))
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "record", failing)
        with pytest.raises(ConnectionError):
            services.import_export(source=source, path=path)
    assert sorted(Message.objects.values_list("external_id", flat=True)) == ["1", "2", "3"]
    assert [event.data["count"] for event in Event.objects.all()] == [3]
    assert counts(source, path) == {"seen": 9, "created": 6, "unchanged": 3}


class Stopped(Exception):
    pass


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_stopped_goes_on_by_another(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)
    path = write(tmp_path, chat(*(message(number) for number in range(1, 9))))
    report = importing.ImportReport()

    def stop(position: int, size: int, seen: int) -> None:
        if seen >= 6:
            raise Stopped

    with pytest.raises(Stopped):
        services.import_export(source=source, path=path, progress=stop, report=report)
    assert Message.objects.count() == report.created == 6
    assert counts(source, path) == {"seen": 8, "created": 2, "unchanged": 6}


@pytest.mark.parametrize("limit", ["_MOST_SEEN", "_MOST_CHARS"])
def test_long_texts_and_long_runs_of_skipped_records_end_a_batch(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(importing, limit, 4)
    odd: list[Any] = [{"id": 50 + number, "type": "unsupported"} for number in range(8)]
    path = write(tmp_path, chat(message(1, "four"), message(2, "words"), *odd, message(3)))
    told: list[int] = []
    found = counts(source, path, progress=lambda *figures: told.append(figures[2]))
    assert found == {"seen": 11, "created": 3, "skipped": 8}
    assert told == ([4, 8, 11] if limit == "_MOST_SEEN" else [1, 2, 11, 11])


def test_a_cut_file_is_stored_as_far_as_it_is_whole(source: Source, tmp_path: Path) -> None:
    path = write(tmp_path, chat(*(message(number) for number in range(1, 6))))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CutFile, match="breaks off after 4 messages"):
        services.import_export(source=source, path=path)
    assert Message.objects.count() == 4


def test_a_dry_run_counts_and_stores_nothing(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    path = write(tmp_path, chat(message(1), message(2), message(3), {"id": 4, "type": "unsupported"}))
    assert counts(source, path, dry_run=True) == {"seen": 4, "created": 3, "skipped": 1}
    assert not Message.objects.exists()
    assert not Channel.objects.exists()
    assert not Event.objects.exists()


def test_what_a_file_skips_is_named_in_the_report(source: Source, tmp_path: Path) -> None:
    path = write(tmp_path, chat(message(1), {"id": 7, "type": "unsupported"}, "odd"))
    report = services.import_export(source=source, path=path)
    assert report.counts() == {**NOTHING, "seen": 3, "created": 1, "skipped": 2}
    assert report.reasons == ["message 7: type 'unsupported' has no content", "record 3: not an object"]


def jsonl(folder: Path, *lines: dict[str, Any]) -> Path:
    path = folder / "lines.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return path


LINE = {"external_id": "m-1", "author": "Dana", "text": "The export fails.", "sent_at": "2026-11-02T10:00:00Z"}


WHERE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({}, {"source": "history"}),
    ({"channel": "dev"}, {"channel": "dev"}),
    ({"channel": "dev"}, {"channel": {"id": "dev", "title": "dev"}, "source": "elsewhere"}),
    ({"channel": "elsewhere"}, {"source": "elsewhere"}),
]


@pytest.mark.parametrize(("posted", "line"), some(WHERE, 2, 1))
@pytest.mark.parametrize("order", ["post first", "import first"])
def test_a_line_and_a_post_of_the_same_message_meet(
    source: Source, owner: Person, tmp_path: Path, posted: dict[str, Any], line: dict[str, Any], order: str
) -> None:
    path = jsonl(tmp_path, LINE | line)

    def post() -> int:
        body = LINE | {"source": "history"} | posted
        status: int = owner.api.post("/api/messages", body, format="json").status_code
        return status

    def import_it() -> dict[str, int]:
        return counts(source, path)

    steps: tuple[Callable[[], object], ...] = (post, import_it) if order == "post first" else (import_it, post)
    outcomes = [step() for step in steps]
    assert outcomes == (
        [201, {"seen": 1, "unchanged": 1}] if order == "post first" else [{"seen": 1, "created": 1}, 200]
    )
    assert (Message.objects.count(), Channel.objects.count(), Participant.objects.count()) == (1, 1, 1)
    assert Channel.objects.get().title == (posted.get("channel") or "history")


def test_lines_of_several_sources_do_not_mix(source: Source, tmp_path: Path) -> None:
    path = jsonl(tmp_path, LINE, LINE | {"source": "shop"}, LINE | {"source": "bank"}, LINE | {"channel": "dev"})
    assert counts(source, path) == {"seen": 4, "created": 4}
    found = sorted(Channel.objects.values_list("external_id", "title"))
    pk = source.pk
    assert found == [(f"{pk}/", "history"), (f"{pk}/bank", "bank"), (f"{pk}/dev", "dev"), (f"{pk}/shop", "shop")]


def test_two_sources_may_import_lines_with_the_same_ids(source: Source, owner: Person, tmp_path: Path) -> None:
    path = jsonl(tmp_path, LINE | {"channel": "dev"})
    other = services.ensure_source(workspace=owner.workspace, name="another", kind="import")
    assert counts(source, path) == counts(other, path) == {"seen": 1, "created": 1}
