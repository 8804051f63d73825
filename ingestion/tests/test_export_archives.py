"""A zip is read as a stream within limits: nothing is unpacked to disk, nothing costs more than it may (S15)."""

import json
import os
import stat
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from ingestion.drafts import MessageDraft, NotThisFormat
from ingestion.exports import CutFile, UnsafeArchive, detect, files, open_export
from ingestion.tests.export_files import discord, lay, mail, mattermost, mbox, mm_post, pack, post, said, slack
from ingestion.tests.telegram_files import chat, message, read, write

MEGABYTE = 1024 * 1024
LONG = bool(os.environ.get("TT_LONG"))


def archive(folder: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w", compression, compresslevel=1) as zipped:
        for name, data in members.items():
            zipped.writestr(name, data)
    return path


def export_bytes(folder: Path) -> bytes:
    path = write(folder, chat(message(1), message(2)))
    data = path.read_bytes()
    path.unlink()
    return data


@pytest.mark.parametrize("name", ["result.json", "ChatExport_2026-01-02/result.json"])
def test_an_export_in_a_zip_is_read_and_nothing_is_unpacked(tmp_path: Path, name: str) -> None:
    data = export_bytes(tmp_path)
    path = archive(tmp_path, {name: data, "photos/a.jpg": b"x" * 5_000})
    assert detect(path) == "telegram"
    with open_export(path) as export:
        assert len(list(export)) == 2
        assert export.position == export.size == len(data)
    assert list(tmp_path.iterdir()) == [path]


def test_two_exports_in_one_zip_are_both_read(tmp_path: Path) -> None:
    one, other = export_bytes(tmp_path), write(tmp_path, chat(message(5), id=7)).read_bytes()
    items = read(archive(tmp_path, {"a/result.json": one, "b/result.json": other}))
    assert [item.external_id for item in items if isinstance(item, MessageDraft)] == ["1", "2", "5"]


def test_zip_bomb(tmp_path: Path) -> None:
    head = b'{"name":"x","type":"private_group","id":1,"messages":["'
    size = (200 if LONG else 20) * MEGABYTE
    path = archive(tmp_path, {"result.json": head + b"a" * size})
    assert path.stat().st_size * 100 < size
    tracemalloc.start()
    with pytest.raises(UnsafeArchive, match="more than an archive may"):
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MEGABYTE


READ_WITHIN_64_MB = """
import resource, sys
from pathlib import Path
from ingestion.exports import UnsafeArchive, open_export

size = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmSize"))
limit = int(size.split()[1]) * 1024 + 64 * 1024 * 1024
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for path in sys.argv[1:]:
    try:
        with open_export(path) as export:
            print(sum(1 for _ in export))
    except UnsafeArchive:
        print("refused")
"""


def read_within_64_mb(*paths: Path) -> str:
    """What a process says that may take 64 MB more than it has when it begins."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", READ_WITHIN_64_MB, *map(str, paths)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=120).stdout.strip()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
def test_archives_of_any_kind_are_read_or_refused_within_64_mb(tmp_path: Path) -> None:
    head = b'{"name":"x","type":"private_group","id":1,"messages":["'
    folders = [tmp_path / name for name in ("bomb", "many", "plain")]
    for folder in folders:
        folder.mkdir()
    bomb = archive(folders[0], {"result.json": head + b"a" * (200 if LONG else 60) * MEGABYTE})
    many = archive(folders[1], {f"{n}.jpg": b"" for n in range(100_000 if LONG else 11_000)}, zipfile.ZIP_STORED)
    size = 100_000 if LONG else 12_000
    records = chat_bytes(json.dumps(message(1, "text " * 100)).encode(), size)
    plain = archive(folders[2], {"result.json": records}, zipfile.ZIP_STORED)
    assert read_within_64_mb(bomb, many, plain).split() == ["refused", "refused", str(size)]


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
def test_exports_of_every_program_are_read_within_64_mb(tmp_path: Path) -> None:
    times = 20 if LONG else 1
    days = {f"dev/20{n // 336:02}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}.json": [said()] for n in range(300 * times)}
    attached = "\n".join(["QUJD" * 18] * 40_000 * times)
    mails = [mail(1, attached), *(mail(n, "words " * 200) for n in range(2, 2_000 * times))]
    rows = f'"2026-01-02",Ann,"{"words " * 100}"\n' * 8_000 * times
    found = read_within_64_mb(
        pack(tmp_path / "slack.zip", slack(said()) | days),
        lay(tmp_path / "discord", {"a.json": discord(*(post(str(n), "words " * 50) for n in range(2_000 * times)))}),
        lay(tmp_path / "mm", {"a.jsonl": mattermost(*([mm_post("words " * 50)] * 2_000 * times))}),
        lay(tmp_path / "mail", {"a.mbox": mbox(*mails)}),
        lay(tmp_path / "table", {"a.csv": f"date,author,text\n{rows}"}),
        lay(tmp_path / "wide", {"a.csv": f"date,author,text\n2026-01-02,Ann,{'x' * 20 * MEGABYTE * times}\n"}),
    ).split()
    counts = [len(days) + 1, 2_000 * times, 2_000 * times, len(mails), 8_000 * times]
    assert [int(number) for number in found[:5]] == counts
    assert int(found[5]) > 0  # a line beyond any message comes in pieces, each of which is told


def chat_bytes(record: bytes, count: int) -> bytes:
    return b'{"name":"x","type":"private_group","id":1,"messages":[' + b",".join([record] * count) + b"]}"


def test_zip_bomb_whose_directory_lies_about_its_size(tmp_path: Path) -> None:
    head = b'{"name":"x","type":"private_group","id":1,"messages":["'
    path = archive(tmp_path, {"result.json": head + b"a" * 20 * MEGABYTE})
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    struct.pack_into("<L", data, entry + 24, 1_000)  # what the directory says it unpacks to
    path.write_bytes(data)
    with pytest.raises(NotThisFormat):
        read(path)


def test_an_archive_may_not_unpack_to_more_than_the_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = export_bytes(tmp_path)
    path = archive(tmp_path, {"a/result.json": data, "b/result.json": data}, zipfile.ZIP_STORED)
    assert len(read(path)) == 4
    monkeypatch.setattr(files, "MAX_TOTAL", len(data) * 2 - 1)
    with pytest.raises(UnsafeArchive):
        read(path)


def test_a_zip_of_many_entries_is_refused_before_they_are_held(tmp_path: Path) -> None:
    path = archive(tmp_path, {f"photos/{n}.jpg": b"" for n in range(10_001)}, zipfile.ZIP_STORED)
    with pytest.raises(UnsafeArchive, match="more than 10,000 entries"):
        open_export(path)


def test_a_directory_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = archive(tmp_path, {"result.json": b"{}"})
    data = bytearray(path.read_bytes())
    struct.pack_into("<L", data, data.rindex(b"PK\x05\x06") + 12, 2**31)
    path.write_bytes(data)
    with pytest.raises(UnsafeArchive, match="directory"):
        open_export(path)


@pytest.mark.parametrize(
    "name",
    [
        "../result.json",
        "a/../../result.json",
        "/etc/result.json",
        "C:\\result.json",
        "..\\result.json",
        "C:/result.json",
    ],
)
def test_a_name_that_leaves_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path, {name: export_bytes(tmp_path)})
    with pytest.raises(UnsafeArchive, match="leads out"):
        read(path)


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    entry = zipfile.ZipInfo("result.json")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr(entry, "/etc/passwd")
    with pytest.raises(UnsafeArchive):
        read(path)


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("result.json", export_bytes(tmp_path))
        with pytest.warns(UserWarning, match="Duplicate name"):
            zipped.writestr("result.json", b"{}")
    with pytest.raises(UnsafeArchive, match="same name twice"):
        read(path)


def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    inner = archive(tmp_path, {"result.json": export_bytes(tmp_path)}).read_bytes()
    with pytest.raises(NotThisFormat, match="holds another archive: unpack it first"):
        read(archive(tmp_path, {"inner.zip": inner}))


def test_a_damaged_member_gives_what_was_whole(tmp_path: Path) -> None:
    many = write(tmp_path, chat(*(message(n, f"text {n} " * 40) for n in range(1, 2_000)))).read_bytes()
    path = archive(tmp_path, {"result.json": many}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    at = data.index(b"text 1500 ")
    data[at : at + 4] = b"TEXT"
    path.write_bytes(data)
    with open_export(path) as export, pytest.raises(CutFile, match="breaks off after") as told:
        list(export)
    assert told.value.messages > 1_000


@pytest.mark.parametrize("keep", [4, 30, 200, -1, -30])
def test_a_zip_that_is_cut_is_refused(tmp_path: Path, keep: int) -> None:
    path = archive(tmp_path, {"result.json": export_bytes(tmp_path)})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(NotThisFormat, match=r"export\.zip is not a whole zip"):
        open_export(path)


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path, {"result.json": export_bytes(tmp_path)})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(NotThisFormat, match="encrypted"):
        read(path)


def test_a_link_that_leads_out_of_a_folder_is_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path, chat(message(1)))
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "result.json").symlink_to(outside)
    with pytest.raises(NotThisFormat, match="leads out"):
        read(folder)
