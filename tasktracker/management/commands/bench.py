"""`manage.py bench`: the benchmarks on engines of their own, as ratios in one table."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from tasktracker import embedded
from tasktracker.bench import Result, crowds, deciding, hooks, importing, memory, pages, posting, runs, spending
from tasktracker.core.services import ensure_workspace

BENCHES = {
    "import": importing.run,
    "memory": memory.run,
    "post": posting.run,
    "crowd": crowds.run,
    "webhook": hooks.run,
    "pages": pages.run,
    "spend": spending.run,
    "run": runs.run,
    "decision": deciding.run,
}
INSIDE = "TT_BENCH"


class Command(BaseCommand):
    requires_system_checks: list[str] = []
    help = "Measure on engines of their own, started and thrown away here; nothing of yours is touched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHES)}; default: all")

    def handle(self, *args: Any, **options: Any) -> None:
        if unknown := set(options["names"]) - set(BENCHES):
            raise CommandError(f"There is no benchmark {', '.join(sorted(unknown))}: choose of {', '.join(BENCHES)}.")
        if os.environ.get(INSIDE) != "1":
            self._with_engines(options["names"])
            return
        call_command("migrate", verbosity=0, skip_checks=True)
        results: list[Result] = []
        for name in options["names"] or BENCHES:
            self.stderr.write(f"measuring {name} …")
            results += BENCHES[name](ensure_workspace(slug=f"bench-{name}"))
        show(results)

    def _with_engines(self, names: list[str]) -> None:
        folder = Path(mkdtemp(prefix="tasktracker-bench-"))
        folder.chmod(0o711)
        running = embedded.start(folder / "data")
        try:
            made = embedded.secrets(folder / "data")
            variables = os.environ | {
                INSIDE: "1",
                "DATA_DIR": str(folder / "data"),
                "DATABASE_URL": running.engines.database_url,
                "REDIS_URL": running.engines.redis_url,
                "SECRET_KEY": made.secret_key,
                "FIELD_ENCRYPTION_KEYS": ",".join(made.field_encryption_keys),
            }
            done = subprocess.run([sys.executable, "manage.py", "bench", *names], env=variables, check=False)  # noqa: S603
        finally:
            running.stop()
        sys.exit(done.returncode)


def show(results: list[Result]) -> None:
    """The table, on standard output."""
    table = Table(title="Benchmarks: ratios against a baseline in the same run")
    for column in ("what", "measured", "baseline", "ratio", "aim", "met"):
        table.add_column(column, overflow="fold")
    for row in results:
        met = "yes" if row.met else "NO"
        table.add_row(row.name, row.measured, row.baseline, f"{row.ratio:.2f}", row.aim, met)
    Console(width=150).print(table)
