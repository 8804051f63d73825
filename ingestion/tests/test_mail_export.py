"""Mailboxes as files: split as a stream, each mail read as a live one is."""

import io
import mailbox
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion import services
from ingestion.channels.email import parse_mail
from ingestion.drafts import NotThisFormat
from ingestion.exports import CutFile, detect, files, open_export
from ingestion.exports import mbox as splitter
from ingestion.models import Message
from ingestion.tests.export_files import drafts_of, lay, mail, mbox, pack, parts
from tasktracker.core.tests.factories import Person


def write(folder: Path, data: bytes, name: str = "inbox.mbox") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["inbox.mbox", "Inbox", "all.txt"])
def test_mails_come_in_their_order(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, mbox(mail(1), mail(2, "two"), mail(3)), name)
    assert detect(path) == "mbox"
    assert [item.external_id for item in drafts_of(path)] == [f"m{n}@e.example" for n in (1, 2, 3)]


@pytest.mark.parametrize("chunk", [1, 2, 7, 64, 1_000, 256 * 1024])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_wherever_the_chunks_end_the_mails_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, line_end: bytes
) -> None:
    monkeypatch.setattr(splitter, "_CHUNK", chunk)
    bodies = [
        "one\n\nFrom here on\n\nFrom: nobody",
        "From the start",
        "> From a reader",
        "\n\n\nempty before",
        "x" * 3_000,
    ]
    path = write(tmp_path, mbox(*(mail(n, body) for n, body in enumerate(bodies))).replace(b"\n", line_end))
    with files.open_files(path).open(path.name) as stream:
        found = [raw.data.replace(b"\r\n", b"\n") for raw in splitter.split(stream)]
    assert [data.partition(b"\n\n")[2].rstrip(b"\n").decode() for data in found] == bodies


def test_from_inside_a_body(tmp_path: Path) -> None:
    mark = "From bob@e.example Fri Jan  2 10:00:00 2026"
    quoted = mbox(mail(1, f"I wrote:\n\n{mark}\nnot a header\n"), mail(2)).replace(b"\n>From", b"\nFrom")
    found = drafts_of(write(tmp_path, quoted))
    assert [item.external_id for item in found] == ["m1@e.example", "m2@e.example"]
    assert mark in found[0].text
    assert drafts_of(write(tmp_path, mbox(mail(1, "From now on"))))[0].text == "From now on"


def test_the_standard_library_finds_the_same_mails(tmp_path: Path) -> None:
    path = write(tmp_path, mbox(*(mail(n, f"body {n}\n\nFrom x") for n in range(20))))
    box = mailbox.mbox(str(path))
    assert [item.external_id for item in drafts_of(path)] == [message["Message-ID"].strip("<>") for message in box]


def test_missing_message_id(tmp_path: Path) -> None:
    path = write(tmp_path, mbox(mail(1, "one", Message_ID=...), mail(1, "two", Message_ID=...)))
    found = [item.external_id for item in drafts_of(path)]
    assert all(key.startswith("sha256:") for key in found)
    assert found[0] != found[1]
    assert [item.external_id for item in drafts_of(path)] == found


def test_bad_charset(tmp_path: Path) -> None:
    raw = mail(1, "caf\udce9", Content_Type="text/plain; charset=x-nope", Content_Transfer_Encoding="8bit")
    assert drafts_of(write(tmp_path, mbox(raw)))[0].text == "café"


def test_eight_bit_headers(tmp_path: Path) -> None:
    found = drafts_of(write(tmp_path, mbox(mail(1, From="Zoë <zoe@e.example>", Subject="Größe"))))[0]
    assert found.author is not None
    assert (found.author.name, found.thread_title) == ("Zoë", "Größe")


NESTED = """--a
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain

the words
--b
Content-Type: text/html

<p>the words</p>
--b--
--a
Content-Type: image/png; name="a.png"
Content-Disposition: attachment; filename="a.png"
Content-Transfer-Encoding: base64

AAAA
--a--"""


def test_nested_multipart(tmp_path: Path) -> None:
    raw = mail(1, NESTED, Content_Type='multipart/mixed;\n boundary="a"')
    found = drafts_of(write(tmp_path, mbox(raw)))[0]
    assert found.text == "the words"
    assert "a.png" in str(found.metadata["attachments"])


def test_references_longer_than_the_thread(tmp_path: Path) -> None:
    before = " ".join(f"<gone{n}@e.example>" for n in range(300))
    raw = mail(2, References=f"{before} <m1@e.example>", In_Reply_To="<m1@e.example>")
    first, answer = drafts_of(write(tmp_path, mbox(mail(1), raw)))
    assert (answer.thread, answer.reply_to) == ("gone0@e.example", "m1@e.example")
    assert first.thread == "m1@e.example"


def test_an_answer_that_names_no_mail_goes_by_its_subject(tmp_path: Path) -> None:
    found = drafts_of(write(tmp_path, mbox(mail(1), mail(2, Subject="Re: Release"), mail(3, Subject="Re: Other"))))
    assert [item.thread for item in found] == ["m1@e.example", "m1@e.example", ""]


def test_a_mail_is_what_the_live_channel_makes_of_it(tmp_path: Path) -> None:
    raw = mail(1, "From now on\n\nyes")
    assert drafts_of(write(tmp_path, mbox(raw)))[0] == parse_mail(raw.encode(), channel="inbox")


@pytest.mark.parametrize(
    ("headers", "options", "channel"),
    [
        ({}, {}, "inbox"),
        ({"Delivered_To": "Support@e.example"}, {}, "support@e.example"),
        ({"X_Original_To": "<support@e.example>"}, {}, "support@e.example"),
        ({"Delivered_To": "x@e.example"}, {"mailbox": "support@e.example/Bugs"}, "support@e.example/Bugs"),
        ({"List_Id": "Dev <dev.lists.example>"}, {}, "dev.lists.example"),
    ],
)
def test_the_channel_is_the_mailbox_as_its_live_source_names_it(
    tmp_path: Path, headers: dict[str, str], options: dict[str, str], channel: str
) -> None:
    path = write(tmp_path, mbox(mail(1, **headers), mail(2, **headers), mail(3, **headers)))
    assert {item.channel.external_id for item in drafts_of(path, **options)} == {channel}


@pytest.mark.parametrize("form", ["mbox", "zip of mails"])
def test_a_mailbox_that_lies_under_another_name_is_called_by_its_own(tmp_path: Path, form: str) -> None:
    stored = tmp_path / "3f9a.bin"
    if form == "mbox":
        write(tmp_path, mbox(mail(1)), stored.name)
    else:
        pack(stored, {"one.eml": mail(1)})
    label = "Support.mbox" if form == "mbox" else "Support.zip"
    assert [item.channel.external_id for item in drafts_of(stored, label=label)] == ["Support"]


def test_mailboxes_of_one_person_are_their_folders(tmp_path: Path) -> None:
    box = {"Inbox": mbox(mail(1, Delivered_To="ann@e.example")), "Sent": mbox(mail(2)), "Sent.msf": b"index"}
    found = {item.external_id: item.channel.external_id for item in drafts_of(lay(tmp_path, box))}
    assert found == {"m1@e.example": "ann@e.example", "m2@e.example": "ann@e.example/Sent"}


def maildir(**more: str) -> dict[str, str]:
    return {
        "cur/1767340860.M1P1.host:2,S": mail(1),
        "new/1767340861.M2P1.host": mail(2, Date=...),
        "tmp/1767340862.M3P1.host": "half a mai",
        ".Bugs/cur/1767340863.M4P1.host:2,": mail(4),
    } | more


@pytest.mark.parametrize("format_", ["auto", "maildir", "mbox"])
def test_a_maildir_is_read_with_its_folders(tmp_path: Path, format_: str) -> None:
    path = lay(tmp_path / "Mail", maildir())
    found = {item.external_id: item for item in drafts_of(path, format=format_)}
    assert sorted((key, item.channel.external_id) for key, item in found.items()) == [
        ("m1@e.example", "Mail"),
        ("m2@e.example", "Mail"),
        ("m4@e.example", "Mail/Bugs"),
    ]
    assert found["m2@e.example"].sent_at == datetime.fromtimestamp(1767340861, UTC)


def test_a_zip_of_mails_is_read(tmp_path: Path) -> None:
    assert len(drafts_of(pack(tmp_path / "a.zip", {"one.eml": mail(1), "two.EML": mail(2)}))) == 2
    assert len(drafts_of(pack(tmp_path / "b.zip", {"Takeout/Mail/All.mbox": mbox(mail(1), mail(2))}))) == 2


def test_the_line_before_a_mail_stands_in_for_its_date(tmp_path: Path) -> None:
    assert drafts_of(write(tmp_path, mbox(mail(1, Date=...))))[0].sent_at == datetime(2026, 1, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize("left_out", [1, 9, 60])
def test_a_last_mail_that_is_not_whole_is_told_and_not_stored(tmp_path: Path, left_out: int) -> None:
    parted = mail(2, NESTED, Content_Type='multipart/mixed; boundary="a"')
    path = write(tmp_path, mbox(mail(1), parted).rstrip(b"\n")[:-left_out] + b"\n" * (left_out > 1))
    with open_export(path) as export:
        items = iter(export)
        next(items)
        with pytest.raises(CutFile, match="breaks off after 1 message: mail 2 is not whole"):
            next(items)


def test_what_is_no_mail_is_skipped_with_its_place(tmp_path: Path) -> None:
    found, skipped = parts(lay(tmp_path, maildir() | {"new/9.x": "no headers at all"}), format="maildir")
    assert len(found) == 3
    assert [(item.reference, item.reason) for item in skipped] == [("new/9.x", "it has no headers")]


def test_a_huge_mail_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitter, "LONGEST", 20_000)
    first, second = drafts_of(write(tmp_path, mbox(mail(1, "word " * 20_000), mail(2))))
    assert first.metadata["cut"] is True
    assert len(first.text) < 20_000
    assert "cut" not in second.metadata


@pytest.mark.parametrize("data", [b"", b"From here on we go\n\nas before\n", b"Dear all,\n", b"\x00\xff" * 100])
def test_what_is_no_mailbox_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NotThisFormat, match="expected a mailbox"):
        parts(write(tmp_path, data), format="mbox")


@pytest.mark.django_db
def test_the_same_mail_live_and_imported_is_one(owner: Person, tmp_path: Path) -> None:
    live = services.ensure_source(workspace=owner.workspace, name="support", kind="email")
    raw = mail(1, Delivered_To="support@e.example")
    services.record_message(source=live, draft=parse_mail(raw.encode(), channel="support@e.example"))
    history = services.ensure_source(workspace=owner.workspace, name="history", kind="import")
    report = services.import_export(source=history, path=write(tmp_path, mbox(raw, mail(2))))
    assert (report.created, report.unchanged) == (1, 1)
    assert Message.objects.count() == 2


def test_an_mbox_is_read_with_little_of_it_in_memory(tmp_path: Path) -> None:
    class Counting(io.RawIOBase):
        """A stream that has no end within the test."""

        given = 0

        def read(self, size: int = -1) -> bytes:
            Counting.given += size
            return (mbox(mail(1, "x" * 900)) * (size // 900 + 1))[:size]

    stream = files.CountedStream(Counting(), files.open_files(write(tmp_path, b"x")))  # type: ignore[arg-type]
    found = splitter.split(stream)
    for _ in range(50):
        next(found)
    assert Counting.given <= 2 * 256 * 1024
