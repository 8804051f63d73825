"""Exports cut, garbled and mixed up at any byte: refused, told or read, never an unexpected error or a silent part."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion import importing
from ingestion.drafts import NotThisFormat
from ingestion.exports import REGISTRY, open_export
from ingestion.models import Source
from ingestion.recorder import ImportReport
from ingestion.tests import telegram_files as telegram
from ingestion.tests.export_files import (
    ROOT,
    discord,
    encoded,
    lay,
    mail,
    mattermost,
    mbox,
    mm_post,
    pack,
    post,
    said,
    slack,
)
from tasktracker.tests.support import count

REPLY = {"user": "bob", "message": "yes", "create_at": 1767340861000}
POSTED = '{"external_id": "1", "author": "Ann", "text": "hello", "sent_at": "2026-01-02T10:00:00Z"}\n'
ODD = "Größe <b>&amp;</b> \ud83d\ude00 не працює".encode("utf-16", "surrogatepass").decode("utf-16")

SAMPLES: dict[str, dict[str, Any]] = {
    "telegram": {"result.json": telegram.chat(telegram.message(1, ODD), telegram.service(2, "pin_message"))},
    "slack": slack(
        said(f"<@U2> {ODD}", thread_ts=ROOT, files=[{"name": "a"}]), said(ts=ROOT, attachments=[{"text": "x"}])
    ),
    "discord": {"a.json": discord(post("1", ODD), post("2", type="Reply", reference={"messageId": "1"}))},
    "mattermost": {"a.jsonl": mattermost(mm_post(ODD, replies=[REPLY]), mm_post("b", create_at=5))},
    "jsonl": {"a.jsonl": POSTED + POSTED.replace("hello", ODD)},
    "mbox": {"a.mbox": mbox(mail(1, ODD), mail(2, "x", Content_Type='multipart/mixed; boundary="a"'), mail(3))},
    "maildir": {"cur/1767340860.a:2,S": mail(1, ODD), "new/2.b": mail(2)},
    "csv": {"a.csv": f'date,author,text\n2026-01-02,Ann,"{ODD}\nx"\n02.01.2026 10:00,Bob,hello\n'},
}


def look(path: Path, format_: str) -> None:
    """Read it as an import does; every record is in one figure, every text can be stored."""
    total = ImportReport()
    messages, refusal = 0, "none"
    try:
        with open_export(path, format_) as export:
            for batch in importing.batches(export, Source(pk=1, name="x")):
                total.add(batch.part)
                messages += len(batch.messages)
                for draft, *_ in batch.messages:
                    assert "\0" not in draft.text
                    repr(draft).encode("utf-8")
                    draft.text.encode("utf-8")
                    assert draft.external_id
            assert 0 <= export.position <= export.size
    except NotThisFormat as error:
        refusal = str(error)
    assert refusal
    assert "\n" not in refusal
    assert total.seen == messages + total.skipped + total.errors
    assert len(total.reasons) == min(total.kept, total.skipped + total.errors)


@st.composite
def harm(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes with a few of them cut off, left out, changed, doubled or put in."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 40))
        other = draw(
            st.binary(max_size=6) | st.sampled_from([b'"', b"\n", b"{}", b"]", b"null", b"\\u0000", b"9" * 5_000])
        )
        match draw(st.sampled_from(["cut", "leave out", "change", "double", "put in"])):
            case "cut":
                data = data[:at]
            case "leave out":
                data = data[:at] + data[at + size :]
            case "change":
                data = data[:at] + other + data[at + len(other) :]
            case "double":
                data = data[: at + size] + data[at:]
            case _:
                data = data[:at] + other + data[at:]
    return data


def test_there_is_a_sample_of_every_format() -> None:
    assert SAMPLES.keys() == REGISTRY.keys()
    with TemporaryDirectory() as folder:
        for name, members in SAMPLES.items():
            look(lay(Path(folder) / name, members), name)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=count(6, 4_000), deadline=None)
@given(data=st.data())
def test_a_harmed_file_is_refused_told_or_read(name: str, data: st.DataObject) -> None:
    members = {member: encoded(content) for member, content in SAMPLES[name].items()}
    chosen = data.draw(st.sampled_from(sorted(members)))
    members[chosen] = data.draw(harm(members[chosen]))
    format_ = data.draw(st.sampled_from([name, "auto"]))
    with TemporaryDirectory() as folder:
        look(lay(Path(folder) / "export", members), format_)


@settings(max_examples=count(12, 4_000), deadline=None)
@given(data=st.data())
def test_a_harmed_zip_is_refused_told_or_read(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SAMPLES)))
    with TemporaryDirectory() as folder:
        path = pack(Path(folder) / "export.zip", SAMPLES[name])
        path.write_bytes(data.draw(harm(path.read_bytes())))
        look(path, data.draw(st.sampled_from([name, "auto"])))


@pytest.mark.parametrize("wrong", SAMPLES)
def test_a_file_read_as_another_format_is_refused_or_told(tmp_path: Path, wrong: str) -> None:
    for name, members in SAMPLES.items():
        for member, content in members.items():
            path = tmp_path / f"{name}-{member.replace('/', '-')}"
            path.write_bytes(encoded(content))
            look(path, wrong)
