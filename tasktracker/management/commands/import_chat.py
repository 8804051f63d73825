"""`manage.py import_chat PATH`: an export of another program, as a stream."""

import json
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from ingestion import services
from ingestion.drafts import NotThisFormat
from ingestion.exports import REGISTRY, open_export
from ingestion.importing import ImportReport
from ingestion.models import Source
from tasktracker.core.errors import DomainError
from tasktracker.core.services import ensure_workspace


class Command(BaseCommand):
    help = "Import an export (file, folder or zip). The same file twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path")
        parser.add_argument("--format", default="auto", choices=["auto", *REGISTRY])
        parser.add_argument("--source", default="", metavar="NAME", help="default: the file's name")
        parser.add_argument("--workspace", default="default", metavar="SLUG")
        parser.add_argument("--timezone", default="UTC", help="of times that the export gives without a zone")
        parser.add_argument("--dry-run", action="store_true", help="read and count, store nothing")
        parser.add_argument("--json", action="store_true", help="end with one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["path"])
        if not path.exists():
            raise CommandError(f"There is no file or folder {path}.")
        try:
            zone = ZoneInfo(options["timezone"])
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise CommandError(f"{options['timezone']} is no time zone: use a name such as Europe/Kyiv.") from error
        try:
            with open_export(path, options["format"], timezone=zone):
                pass  # refused before a workspace or a source is made for it
            with transaction.atomic() if options["dry_run"] else nullcontext():
                workspace = ensure_workspace(slug=options["workspace"])
                name = options["source"] or path.resolve().stem
                source = services.ensure_source(workspace=workspace, name=name, kind=Source.Kind.IMPORT)
                report = self._run(source, path, zone, options)
                if options["dry_run"]:
                    transaction.set_rollback(True)
        except (NotThisFormat, DomainError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.counts()))
            return
        prefix = "Would import" if options["dry_run"] else "Imported"
        figures = ", ".join(f"{value:,} {label}" for label, value in report.counts().items() if value)
        self.stdout.write(f"{prefix} into {workspace.slug}/{source.name}: {figures or 'nothing'}.")
        for reason in report.reasons:
            self.stdout.write(f"  skipped: {reason}")

    def _run(self, source: Source, path: Path, zone: ZoneInfo, options: dict[str, Any]) -> ImportReport:
        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[seen]:,} messages"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task(path.name, total=None, seen=0)

            def progress(position: int, size: int, seen: int) -> None:
                bar.update(task, completed=position, total=size, seen=seen)

            return services.import_export(
                source=source,
                path=path,
                format_name=options["format"],
                zone=zone,
                dry_run=options["dry_run"],
                progress=progress,
            )
