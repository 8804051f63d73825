"""Import of exports far larger than memory: what the process holds at most. TT_BENCH_MB says how large, in MB."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tasktracker.bench import Result, stopwatch
from tasktracker.bench.chat import START, sentence
from tasktracker.core.models import Workspace

MEGABYTE = 1024 * 1024
AIM = 200  # MB, for 1 GB as for 100


def run(workspace: Workspace) -> list[Result]:
    size = int(os.environ.get("TT_BENCH_MB", "200"))
    return [
        measured(workspace, "Telegram export", "result.json", write_telegram, size),
        measured(workspace, "mailbox", "inbox.mbox", write_mailbox, size),
    ]


def measured(workspace: Workspace, what: str, name: str, write: Callable[[Path, int], int], size: int) -> Result:
    """One import by the command, in a process of its own."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        messages = write(path, size * MEGABYTE)
        command = [sys.executable, "manage.py", "import_chat", str(path), "--workspace", workspace.slug, "--json"]
        with stopwatch() as took, subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
            told = process.stdout.read() if process.stdout else ""
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or json.loads(told)["created"] != messages:
        raise RuntimeError(f"the import of a {what} of {messages:,} messages ended with {told!r}")
    held = usage.ru_maxrss / 1024
    return Result(
        f"memory of the import of a {what} of {size:,} MB ({messages:,} messages, {took():.0f} s)",
        f"{held:.0f} MB",
        f"{AIM} MB",
        held / AIM,
        "≤ 1",
        held <= AIM,
    )


def write_telegram(path: Path, size: int) -> int:
    """A Telegram Desktop export of at least so many bytes; returns how many messages it has."""
    chance = random.Random(7)
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write('{"name":"Team","type":"private_supergroup","id":77,"messages":[\n')
        while count == 0 or file.tell() < size:
            rows = [json.dumps(_telegram(chance, count + n + 1), ensure_ascii=False, indent=1) for n in range(1_000)]
            file.write(("," if count else "") + ",\n".join(rows))
            count += len(rows)
        file.write("]}")
    return count


def _telegram(chance: random.Random, number: int) -> dict[str, object]:
    text = " ".join(sentence(chance) for _ in range(chance.randint(1, 6)))
    author = chance.randint(1, 60)
    return {
        "id": number,
        "type": "message",
        "date": "2026-01-02T10:00:00",
        "date_unixtime": str(START + number * 9),
        "from": f"Person {author}",
        "from_id": f"user{author}",
        "text": text,
        "text_entities": [{"type": "plain", "text": text}],
    }


def write_mailbox(path: Path, size: int) -> int:
    """An mbox of at least so many bytes, a fifth of its mails with an attachment; returns how many mails it has."""
    chance = random.Random(7)
    count = 0
    with path.open("w", encoding="utf-8") as file:
        while file.tell() < size:
            count += 1
            file.write(_mail(chance, count))
    return count


def _mail(chance: random.Random, number: int) -> str:
    text = "\n".join(sentence(chance) for _ in range(chance.randint(2, 40)))
    head = (
        "From ann@e.example Fri Jan  2 10:00:00 2026\n"
        f"From: Person {number % 60} <p{number % 60}@e.example>\nTo: team@e.example\nSubject: {sentence(chance)}\n"
        f"Date: Fri, 02 Jan 2026 10:00:00 +0000\nMessage-ID: <m{number}@e.example>\n"
    )
    if number % 5:
        return f"{head}\n{text}\n\n"
    attached = "\n".join(["QUJD" * 18] * chance.randint(100, 40_000))
    kind = 'Content-Type: application/octet-stream\nContent-Disposition: attachment; filename="a.bin"'
    parts = (
        f"--x\nContent-Type: text/plain\n\n{text}\n--x\n{kind}\nContent-Transfer-Encoding: base64\n\n{attached}\n--x--"
    )
    return f'{head}Content-Type: multipart/mixed; boundary="x"\n\n{parts}\n\n'
