"""CSV: columns named or guessed, bytes and dates of several kinds, and each bad row told with its line."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingestion import services
from ingestion.drafts import ChannelDraft, MessageDraft, NotThisFormat, PersonDraft
from ingestion.exports import CutFile, detect, lines, open_export
from ingestion.exports.csv_columns import parse_mapping
from ingestion.models import Channel, Message
from ingestion.tests.export_files import drafts_of, pack, parts
from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import count

HEAD = "date,author,text\n"
ROW = "2026-01-02T10:00:00Z,Ann,hello\n"


def write(folder: Path, text: str | bytes, name: str = "chat.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def notes(path: Path, **options: Any) -> list[str]:
    with open_export(path, **options) as export:
        list(export)
        return export.notes


def test_a_row_with_everything(tmp_path: Path) -> None:
    head = "Message ID;Sender;User ID;Sent at;Channel;Thread;Reply to;Body"
    path = write(tmp_path, f'{head}\n7;Ann;u1;2026-01-02T10:00:00+02:00;dev;t1;5;"two\nlines; and ""quotes"""\n')
    assert detect(path) == "csv"
    assert drafts_of(path) == [
        MessageDraft(
            channel=ChannelDraft("api", "dev", "dev"),
            external_id="7",
            author=PersonDraft("u1", "Ann"),
            text='two\nlines; and "quotes"',
            sent_at=datetime(2026, 1, 2, 8, tzinfo=UTC),
            reply_to="5",
            thread="t1",
        )
    ]


def test_columns_are_named_and_the_rest_is_guessed(tmp_path: Path) -> None:
    path = write(tmp_path, "Betreff,Inhalt,Absender,Zeitpunkt\nx,hello,Ann,2026-01-02 10:00\n")
    with pytest.raises(NotThisFormat, match=r"no column is known to hold text; .*'Inhalt'.* name it: text=…"):
        open_export(path)
    (found,) = drafts_of(path, columns={"text": "inhalt"})
    assert (found.text, found.author) == ("hello", PersonDraft("Ann", "Ann"))
    with pytest.raises(NotThisFormat, match="there is no column 'Body'"):
        open_export(path, columns={"text": "Body"})
    assert notes(path, columns={"text": "Inhalt"}) == [
        "columns: text from 'Inhalt', author from 'Absender', sent_at from 'Zeitpunkt'"
    ]


def test_a_mapping_as_it_is_written(tmp_path: Path) -> None:
    assert parse_mapping('text=Body, author=From,"sent_at=Date, local"') == {
        "text": "Body",
        "author": "From",
        "sent_at": "Date, local",
    }
    assert parse_mapping("") == {}
    for bad in ("text", "text=", "subject=Body", "=x"):
        with pytest.raises(NotThisFormat, match="columns are named as"):
            parse_mapping(bad)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    text = (HEAD + ROW).replace(",", delimiter)
    assert [item.text for item in drafts_of(write(tmp_path, text))] == ["hello"]


CYRILLIC = "дата,автор,текст\n2026-01-02 10:00,Олена,Не працює вхід\n"


@pytest.mark.parametrize(
    ("text", "encoding", "note"),
    [
        (CYRILLIC, "utf-8", ""),
        (CYRILLIC, "utf-8-sig", ""),
        (CYRILLIC, "utf-16", ""),
        (CYRILLIC, "cp1251", "it is no UTF-8: taken for Windows-1251 (Cyrillic)"),
        (
            "date,author,text\n2026-01-02 10:00,Zoë,Größe “später” café\n",
            "cp1252",
            "it is no UTF-8: taken for Windows-1252 (Latin 1)",
        ),
    ],
)
def test_encodings(tmp_path: Path, text: str, encoding: str, note: str) -> None:
    path = write(tmp_path, text.encode(encoding))
    (found,) = drafts_of(path)
    assert found.text in text
    assert found.author is not None
    assert found.author.name in text
    assert [told for told in notes(path) if not told.startswith("columns")] == ([note] if note else [])


def test_an_encoding_that_shows_late_in_the_file_is_seen(tmp_path: Path) -> None:
    plain = "".join(f"2026-01-02 10:00,Ann,row {n}\n" for n in range(count(4_000, 20_000)))
    path = write(tmp_path, HEAD.encode() + plain.encode() + "2026-01-02 10:00,Ann,Не працює\n".encode("cp1251"))
    assert drafts_of(path)[-1].text == "Не працює"


def test_a_few_bad_bytes_do_not_make_another_encoding(tmp_path: Path) -> None:
    path = write(tmp_path, CYRILLIC.encode() * 2 + b"2026-01-02 10:00,Ann,b\xffd\n")
    assert parts(path)[0][-1].text == "b\ufffdd"
    assert "1 bytes that are no UTF-8 are shown as \ufffd" in notes(path)


def test_an_encoding_that_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, CYRILLIC.encode("koi8-u"))
    assert drafts_of(path, encoding="koi8-u")[0].text == "Не працює вхід"
    for name in ("zip", "nope", "idna"):
        with pytest.raises(NotThisFormat, match="is no encoding"):
            open_export(path, encoding=name)


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-02T10:00:00",
        "2026-01-02 10:00",
        "2026-01-02 10:00:00.000",
        "2026/01/02 10:00",
        "02.01.2026 10:00",
        "2.1.26, 10:00",
        "02/01/2026, 10:00 AM",
        "1767340800",
        "1767340800000",
        "2026-01-02 08:00:00 UTC",
        "Fri, 02 Jan 2026 10:00:00 +0200",
    ],
)
def test_dates(tmp_path: Path, written: str) -> None:
    path = write(tmp_path, f'date,author,text\n"{written}",Ann,hello\n')
    assert drafts_of(path, timezone=ZoneInfo("Europe/Kyiv"))[0].sent_at == datetime(2026, 1, 2, 8, tzinfo=UTC)


def test_day_and_month_go_by_the_dates_that_tell(tmp_path: Path) -> None:
    rows = "date,author,text\n01/02/2026 10:00 PM,Ann,a\n01/31/2026 10:00 PM,Ann,b\n"
    assert drafts_of(write(tmp_path, rows))[0].sent_at == datetime(2026, 1, 2, 22, tzinfo=UTC)
    unclear = write(tmp_path, "date,author,text\n01/02/2026,Ann,a\n")
    assert drafts_of(unclear)[0].sent_at == datetime(2026, 2, 1, tzinfo=UTC)
    assert any("day first" in note for note in notes(unclear))
    assert drafts_of(unclear, date_format="%m/%d/%Y")[0].sent_at == datetime(2026, 1, 2, tzinfo=UTC)
    skipped = parts(unclear, date_format="%d %d")[1]  # a format that breaks the pattern which is made of it
    assert [one.reason for one in skipped] == ["sent_at is not a time"]


def test_a_day_and_a_time_in_columns_of_their_own(tmp_path: Path) -> None:
    path = write(tmp_path, "Time,Date,From,Message\n10:30,2026-01-02,Ann,hello\n")
    assert drafts_of(path)[0].sent_at == datetime(2026, 1, 2, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("soon,Ann,hello\n", ("line 3 (soon)", "sent_at is not a time")),
        ("31.02.2026,Ann,hello\n", ("line 3 (31.02.2026)", "sent_at is not a time")),
        (",Ann,hello\n", ("line 3", "sent_at is not a time")),
        ("2026-01-02,Ann,\u200b\n", ("line 3", "text is empty")),
        ("2026-01-02,Ann\n", ("line 3", "2 columns, not 3")),
        ("2026-01-02,Ann,a,b\n", ("line 3", "4 columns, not 3")),
        (f"2026-01-02,Ann,{'x' * 140_000}\n", ("line 3", "not CSV: field larger than field limit (131072)")),
    ],
)
def test_a_bad_row_is_skipped_with_its_line(tmp_path: Path, row: str, told: tuple[str, str]) -> None:
    found, skipped = parts(write(tmp_path, HEAD + ROW + row + ROW))
    assert len(found) == 2
    assert [(item.reference, item.reason) for item in skipped] == [told]


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    _, skipped = parts(write(tmp_path, HEAD + '2026-01-02,Ann,"a\nb\nc"\n\nsoon,Ann,x\n'))
    assert [item.reference for item in skipped] == ["line 6 (soon)"]


@pytest.mark.parametrize("tail", ['2026-01-02,Ann,"open\n', "2026-01-02,An", "2026"])
def test_a_last_row_that_is_cut_is_told(tmp_path: Path, tail: str) -> None:
    with open_export(write(tmp_path, HEAD + ROW + tail)) as export:
        items = iter(export)
        next(items)
        with pytest.raises(CutFile, match="breaks off after 1 message: line 3 ends in its middle"):
            next(items)


def test_lines_in_pieces_are_the_same_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, CYRILLIC + '2026-01-02 10:00,Іван,"два\r\nрядки"\r\n')
    whole = drafts_of(path)
    for chunk in (1, 2, 7, 100):
        monkeypatch.setattr(lines, "_CHUNK", chunk)
        assert drafts_of(path) == whole


@pytest.mark.django_db
def test_rows_without_an_id_are_the_same_the_second_time(owner: Person, tmp_path: Path) -> None:
    source = services.ensure_source(workspace=owner.workspace, name="history", kind="import")
    path = write(tmp_path, HEAD + ROW * 2 + ROW.replace("Ann", "Bob"))
    assert services.import_export(source=source, path=path).created == 3
    later = write(tmp_path, HEAD + ROW * 2 + ROW.replace("Ann", "Bob") + ROW.replace("Ann", "Cid"))
    report = services.import_export(source=source, path=later)
    assert (report.created, report.unchanged) == (1, 3)
    assert Message.objects.count() == 4
    assert Channel.objects.get().title == "history"


def test_tables_in_a_zip(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", {"a.csv": HEAD + ROW, "b.tsv": (HEAD + ROW).replace(",", "\t"), "c.txt": "x"})
    found = drafts_of(path)
    assert len(found) == 2
    assert notes(path) == [
        "a.csv columns: sent_at from 'date', author from 'author', text from 'text'",
        "b.tsv columns: sent_at from 'date', author from 'author', text from 'text'",
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"hello\nworld\n", b"one,two\n1,2\n", b"\x89PNG\r\n\x1a\n,,,", b'{"date": 1, "text": 2}', b"a\x00b,c"],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(NotThisFormat):
        parts(write(tmp_path, content, "chat.txt"))
