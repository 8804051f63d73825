"""`manage.py import_chat`: what it prints, what it stores, how it ends."""

import csv
import json
import zipfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from ingestion.models import Channel, Message, Participant, Source
from ingestion.tests.export_files import discord, lay, mail, mattermost, mbox, mm_post, post, said, slack
from ingestion.tests.telegram_files import chat, message, write
from tasktracker.core.models import Event, Workspace

pytestmark = pytest.mark.django_db
KEYS = ["seen", "created", "updated", "unchanged", "skipped", "errors"]


def run(path: Path | str, *options: str) -> str:
    """What the command prints; CommandError (exit 1, one line) where it refuses."""
    out = StringIO()
    call_command("import_chat", str(path), *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def last_line(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text.splitlines()[-1])
    return found


def refusal(path: Path | str, *options: str) -> str:
    """The one line that a refused import prints."""
    with pytest.raises(CommandError) as refused:
        run(path, *options)
    assert refused.value.returncode == 1
    line = str(refused.value)
    assert "\n" not in line
    assert "Traceback" not in line
    return line


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write(tmp_path, chat(message(1), message(2, "two"), {"id": 3, "type": "unsupported"}))


def test_the_last_line_of_json_has_the_six_figures(export: Path) -> None:
    first = last_line(run(export, "--json"))
    assert list(first) == KEYS
    assert first == dict(zip(KEYS, (3, 2, 0, 0, 1, 0), strict=True))
    assert last_line(run(export, "--json")) == dict(zip(KEYS, (3, 0, 0, 2, 1, 0), strict=True))


def test_without_json_it_says_what_it_did_and_what_it_skipped(export: Path) -> None:
    told = run(export, "--source", "Team chat", "--workspace", "acme")
    assert "Imported into acme/Team chat: 3 seen, 2 created, 1 skipped." in told
    assert "message 3" in told
    stored = Source.objects.get()
    assert (stored.name, stored.kind, stored.workspace.slug) == ("Team chat", "import", "acme")


def test_the_source_is_named_after_the_file_and_the_workspace_is_default(export: Path) -> None:
    run(export)
    assert str(Source.objects.get()) == "result"
    assert Workspace.objects.get().slug == "default"


@pytest.mark.parametrize(
    ("members", "format_"),
    [
        (slack(said()), "slack"),
        ({"a.json": discord(post())}, "discord"),
        ({"a.jsonl": mattermost(mm_post())}, "mattermost"),
        ({"in.mbox": mbox(mail())}, "mbox"),
        ({"cur/1.x": mail()}, "maildir"),
        ({"a.csv": "date,author,text\n2026-01-02,Ann,hello\n"}, "csv"),
    ],
)
@pytest.mark.parametrize("told", [True, False])
def test_every_format_is_imported_by_its_name_and_without(
    tmp_path: Path, members: dict[str, Any], format_: str, told: bool
) -> None:
    path = lay(tmp_path / "team", members)
    options = ["--format", format_] if told else []
    assert last_line(run(path, *options, "--json"))["created"] == 1
    assert last_line(run(path, *options, "--json"))["unchanged"] == 1
    assert Source.objects.get().name == "team"


def test_columns_of_a_table_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mails.txt"
    path.write_bytes("Тема;Кто;Когда\nне працює;Олена;02.03.2026 10:00\n".encode("cp1251"))
    columns = "text=Тема,author=Кто,sent_at=Когда"
    told = run(path, "--format", "csv", "--columns", columns, "--timezone", "Europe/Kyiv")
    stored = Message.objects.get()
    assert (stored.text, stored.sent_at.isoformat()) == ("не працює", "2026-03-02T08:00:00+00:00")
    assert "taken for Windows-1251" in told
    assert "no column is known to hold text or sent_at" in refusal(path, "--format", "csv")


def test_a_dry_run_says_what_an_import_would_bring(export: Path) -> None:
    told = run(export, "--dry-run")
    assert "2 messages, 1 person, 1 channel, from 2026-01-02 to 2026-01-02; 1 would be skipped, because" in told


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_report_has_what_was_left_out_with_its_place(tmp_path: Path) -> None:
    rows = "".join(f"never {n},Ann,x\n" for n in range(50))
    path = lay(tmp_path, {"a.csv": f"date,author,text\n2026-01-02,Ann,hello\n=1+1,Ann,x\n{rows}"}) / "a.csv"
    report = tmp_path / "report.csv"
    told = run(path, "--report", str(report))
    assert "… and more" in told
    found = table(report)
    assert found[:3] == [
        ["where", "why"],
        ["line 3 (=1+1)", "sent_at is not a time"],
        ["line 4 (never 0)", "sent_at is not a time"],
    ]
    assert len(found) == 52
    run(path, "--report", str(tmp_path / "report.json"))
    whole = json.loads((tmp_path / "report.json").read_text())
    assert (whole["skipped"], len(whole["rows"])) == (51, 51)
    assert whole["notes"]


def test_no_cell_of_the_report_is_a_formula(tmp_path: Path) -> None:
    path = lay(tmp_path / "x", {"channels.json": [], "=cmd|x/2026-01-02.json": [said()]})
    run(path, "--report", str(tmp_path / "report.csv"))
    assert table(tmp_path / "report.csv")[1] == ["'=cmd|x/", "no list of channels names this folder"]


def test_the_report_of_a_cut_file_says_where_it_breaks_off(tmp_path: Path) -> None:
    path = write(tmp_path, chat(message(1), {"id": 3, "type": "unsupported"}, message(2)))
    path.write_bytes(path.read_bytes()[:-100])
    report = tmp_path / "report.csv"
    refusal(path, "--report", str(report))
    assert [row[0] for row in table(report)] == ["where", "message 3", "result.json"]


def test_a_report_that_cannot_be_written_is_told(export: Path, tmp_path: Path) -> None:
    assert "The report cannot be written" in refusal(export, "--report", str(tmp_path / "none" / "report.csv"))


def test_a_dry_run_stores_nothing(export: Path) -> None:
    told = run(export, "--dry-run")
    assert "Would import" in told
    assert "2 created" in told
    assert last_line(run(export, "--dry-run", "--json"))["created"] == 2
    for model in (Workspace, Source, Channel, Participant, Message, Event):
        assert not model.objects.exists(), model


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_folder_and_a_zip_are_read_too(export: Path, form: str) -> None:
    path = export.parent
    if form == "zip":
        path = export.parent / "chat.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(export, "ChatExport/result.json")
    assert last_line(run(path, "--json"))["created"] == 2


def test_local_times_are_of_the_zone_that_was_named(tmp_path: Path) -> None:
    path = write(tmp_path, chat(message(1, date="2026-01-02T10:00:00", date_unixtime=...)))
    run(path, "--timezone", "Europe/Kyiv")
    assert Message.objects.get().sent_at.isoformat() == "2026-01-02T08:00:00+00:00"


def no_file(folder: Path) -> tuple[Path, list[str]]:
    return folder / "gone.json", []


def bad_zone(folder: Path) -> tuple[Path, list[str]]:
    return write(folder, chat(message(1))), ["--timezone", "Europe/Nowhere"]


def zone_that_leads_away(folder: Path) -> tuple[Path, list[str]]:
    return write(folder, chat(message(1))), ["--timezone", "../../etc/passwd"]


def other_json(folder: Path) -> tuple[Path, list[str]]:
    return write(folder, {"hello": "world"}), []


def no_json(folder: Path) -> tuple[Path, list[str]]:
    path = folder / "holiday.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0" * 100)
    return path, []


def empty(folder: Path) -> tuple[Path, list[str]]:
    path = folder / "result.json"
    path.touch()
    return path, []


def empty_folder(folder: Path) -> tuple[Path, list[str]]:
    return folder, []


def html_export(folder: Path) -> tuple[Path, list[str]]:
    (folder / "messages.html").write_text("<html></html>")
    return folder, []


def another_format(folder: Path) -> tuple[Path, list[str]]:
    return write(folder, chat(message(1))), ["--format", "jsonl"]


def no_name(folder: Path) -> tuple[Path, list[str]]:
    return write(folder, chat(message(1))), ["--source", "\u200b "]


@pytest.mark.long
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (no_file, "There is no file or folder"),
        (bad_zone, "Europe/Nowhere is no time zone: use a name such as Europe/Kyiv."),
        (zone_that_leads_away, "is no time zone"),
        (other_json, "not an export that can be read here"),
        (no_json, "holiday.jpg is not an export that can be read here"),
        (empty, "not an export that can be read here"),
        (empty_folder, "not an export that can be read here"),
        (html_export, "export again from Telegram Desktop with the format JSON"),
        (another_format, "expected JSON lines"),
        (no_name, "A source needs a name."),
    ],
)
def test_what_cannot_be_imported_is_told_in_one_line(
    tmp_path: Path, make: Callable[[Path], tuple[Path, list[str]]], says: str
) -> None:
    path, options = make(tmp_path)
    assert says in refusal(path, *options)
    assert not Source.objects.exists()


def test_a_cut_file_is_stored_as_far_as_it_is_whole_and_told(tmp_path: Path) -> None:
    path = write(tmp_path, chat(*(message(number) for number in range(1, 6))))
    path.write_bytes(path.read_bytes()[:-200])
    assert "result.json breaks off after 4 messages" in refusal(path, "--json")
    assert Message.objects.count() == 4
    assert Event.objects.get().data["count"] == 4


def test_a_cut_line_is_told_with_its_number(tmp_path: Path) -> None:
    row = {"author": "Ann", "text": "hello", "sent_at": "2026-01-02T10:00:00Z"}
    lines = [json.dumps({"external_id": number, **row}) for number in range(3)]
    path = tmp_path / "chat.jsonl"
    path.write_text("\n".join(lines)[:-20])
    assert "line 3 ends in its middle" in refusal(path)
    assert Message.objects.count() == 2
