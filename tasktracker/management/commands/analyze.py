"""`manage.py analyze`: a run from beginning to end, done by the worker, watched from here."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analysis import selectors, services
from analysis.models import AnalysisRun, Finding
from analysis.times import left_in_words
from tasktracker.core import health
from tasktracker.core.enums import Stage
from tasktracker.core.errors import DomainError
from tasktracker.core.models import Workspace
from tasktracker.core.words import counted_as

POLL_SECONDS = 0.3
LEFT_SECONDS = 2.0  # between two looks at how long it still takes
WORKER_SECONDS = 20.0  # how long a worker may be silent, at the start and later
INTAKE_SECONDS = 120.0  # how long the number of findings that wait for a proposal may stand still
UNDER_WAY = ("running", "cancelling", "pending")
NO_WORKER = "No worker is running: start everything with `make demo` or `manage.py up` (or see `manage.py doctor`)."


class Command(BaseCommand):
    """Exit 0 for a run that completed; 1 for any other end, with one clear line."""

    help = "Make a run, wait for it, show its progress."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stage", choices=Stage.values, default=Stage.KNOWLEDGE.value)
        parser.add_argument("--workspace", metavar="SLUG", help="default: `default`, or the only one")
        parser.add_argument("--provider", metavar="NAME", help="default: as assigned, else the workspace's default")
        parser.add_argument("--json", action="store_true", help="end with one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        self.wait_for_worker()
        try:
            run = services.create_run(
                workspace=self.workspace(options["workspace"]), stage=options["stage"], provider=options["provider"]
            )
            run = services.start_run(run_id=run.pk)
        except DomainError as error:
            raise CommandError(error.detail) from error
        try:
            run = self.follow(run)
        except KeyboardInterrupt:
            raise CommandError(f"Run {run.pk} goes on without this command.") from None
        figures = self.figures(run)
        if options["json"]:
            self.stdout.write(json.dumps(figures))
        else:
            self.stdout.write(
                "Run {run}: {status}. {messages:,} messages in {windows:,} windows, {findings:,} findings, "
                "{proposals:,} proposals to review, {calls:,} calls.".format_map(figures)
            )
        if run.status not in ("completed", "reviewed", "closed"):
            reason = f" ({run.reason})" if run.reason else ""
            raise CommandError(f"Run {run.pk} is {run.status}{reason}. {run.error}".strip())

    def workspace(self, slug: str | None) -> Workspace:
        """The one that was named, else `default`, else the only one."""
        found = list(Workspace.objects.filter(slug=slug) if slug else Workspace.objects.order_by("slug"))
        chosen = found if len(found) == 1 else [row for row in found if row.slug == "default"]
        if chosen:
            return chosen[0]
        if slug or not found:
            raise CommandError(f"There is no workspace {slug or 'yet'}: `manage.py token USERNAME` makes one.")
        raise CommandError(f"Which workspace? --workspace {' | '.join(row.slug for row in found)}")

    def wait_for_worker(self) -> None:
        """A worker that has just been started is given the time to say so."""
        deadline = time.monotonic() + WORKER_SECONDS / 2
        while health.check_heartbeat("worker", "worker").state != "ok":
            if time.monotonic() > deadline:
                raise CommandError(NO_WORKER)
            time.sleep(POLL_SECONDS)

    def follow(self, run: AnalysisRun) -> AnalysisRun:
        """Wait for the end of the run, then until each of its findings was taken in for review."""
        seen_at, asked_at = time.monotonic(), 0.0
        with self.bar(f"run {run.pk}") as (bar, task):
            while run.status in UNDER_WAY:
                time.sleep(POLL_SECONDS)
                run = AnalysisRun.objects.get(pk=run.pk)
                progress = selectors.progress(run)
                bar.update(task, completed=progress.done + progress.failed, total=progress.total or None)
                if not bar.disable and time.monotonic() - asked_at > LEFT_SECONDS:
                    bar.update(task, left=left_in_words(selectors.seconds_left(run)))
                    asked_at = time.monotonic()
                if health.check_heartbeat("worker", "worker").state == "ok":
                    seen_at = time.monotonic()
                elif time.monotonic() - seen_at > WORKER_SECONDS:
                    raise CommandError(f"The worker is gone. Run {run.pk} goes on when one is back.")
        with self.bar("proposals") as (bar, task):
            total = Finding.objects.filter(run=run).count()
            waiting, changed_at = total, time.monotonic()
            while waiting:
                now_waiting = Finding.objects.filter(run=run, intake=None).count()
                if now_waiting != waiting:
                    waiting, changed_at = now_waiting, time.monotonic()
                    bar.update(task, completed=total - waiting, total=total)
                elif time.monotonic() - changed_at > INTAKE_SECONDS:
                    raise CommandError(f"Run {run.pk} still has {counted_as(waiting, 'finding')} to make proposals of.")
                else:
                    time.sleep(POLL_SECONDS)
        connection.close()
        return run

    @contextmanager
    def bar(self, label: str) -> Iterator[tuple[Progress, Any]]:
        """On standard error, so that standard output ends with the JSON line; silent where nobody watches."""
        console = Console(stderr=True)
        done = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        columns = (*done, TimeElapsedColumn(), TextColumn("{task.fields[left]}"))
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            yield bar, bar.add_task(label, total=None, left="")

    def figures(self, run: AnalysisRun) -> dict[str, Any]:
        """What scripts read."""
        counted: Any = selectors.with_counts(AnalysisRun.objects.filter(pk=run.pk)).get()
        bill = selectors.bill(run)
        return {
            "run": run.pk,
            "stage": run.stage,
            "status": run.status,
            "messages": counted.n_messages,
            "windows": counted.n_windows,
            "findings": counted.n_findings,
            "proposals": counted.n_proposals,
            "calls": bill.calls,
            "tokens_in": bill.tokens_in,
            "tokens_out": bill.tokens_out,
            "cost": bill.cost,
        }
