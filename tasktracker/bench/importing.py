"""Import of a long history, against COPY of the same rows into an equal table."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection

from ingestion import services
from tasktracker.bench import Result, stopwatch
from tasktracker.bench.chat import write_export
from tasktracker.core.models import Workspace

MESSAGES = int(os.environ.get("TT_BENCH_MESSAGES", "100000"))
AIM = 3.0


def run(workspace: Workspace) -> list[Result]:
    source = services.ensure_source(workspace=workspace, name="bench", kind="import")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        write_export(path, MESSAGES)
        with stopwatch() as took:
            report = services.import_export(source=source, path=path)
        if report.created != MESSAGES:
            raise RuntimeError(f"the import made {report.created} messages, not {MESSAGES}")
        with stopwatch() as took_again:
            again = services.import_export(source=source, path=path)
        if again.created or again.updated:
            raise RuntimeError("the same file twice changed something")
    copied = copy_seconds()
    return [
        Result(
            f"import of {MESSAGES:,} messages / COPY of the same rows",
            f"{took():.1f} s",
            f"{copied:.1f} s",
            took() / copied,
            f"≤ {AIM}",
            took() / copied <= AIM,
        ),
        Result(
            "the same file again / COPY",
            f"{took_again():.1f} s",
            f"{copied:.1f} s",
            took_again() / copied,
            "–",
            True,
        ),
    ]


def copy_seconds() -> float:
    """COPY what was imported into a table with the same columns, constraints and indexes."""
    with connection.cursor() as wrapped:
        wrapped.execute("CREATE TABLE bench_copy (LIKE ingestion_message INCLUDING ALL)")
        cursor: Any = wrapped.cursor
        with cursor.copy("COPY ingestion_message TO STDOUT") as out:
            rows = b"".join(bytes(block) for block in out)
        with stopwatch() as took, cursor.copy("COPY bench_copy FROM STDIN") as into:
            into.write(rows)
        wrapped.execute("DROP TABLE bench_copy")
    return took()
