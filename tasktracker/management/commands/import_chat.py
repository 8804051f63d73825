"""`manage.py import_chat PATH`: an export of another program, as a stream."""

import csv
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
from ingestion.exports.csv_columns import parse_mapping
from ingestion.exports.preview import preview
from ingestion.importing import ImportReport
from ingestion.models import Source
from ingestion.uploads import harmless
from tasktracker.core.errors import DomainError
from tasktracker.core.services import ensure_workspace

SHOWN = 20  # reasons on the screen
REPORTED = 100_000  # rows of the report


class Command(BaseCommand):
    help = "Import an export (file, folder or zip). The same file twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path")
        parser.add_argument("--format", default="auto", choices=["auto", *REGISTRY])
        parser.add_argument("--source", default="", metavar="NAME", help="default: the file's name")
        parser.add_argument("--workspace", default="default", metavar="SLUG")
        parser.add_argument("--timezone", default="UTC", help="of times that the export gives without a zone")
        parser.add_argument("--columns", default="", metavar="text=Body,author=From,sent_at=Date", help="of a CSV file")
        parser.add_argument("--encoding", default="", help="of a CSV file that is no UTF-8, such as cp1251")
        parser.add_argument("--date-format", default="", help="of a CSV file, such as %%d/%%m/%%Y %%H:%%M")
        parser.add_argument("--mailbox", default="", help="of mail: the address[/folder] that its live source goes by")
        parser.add_argument("--report", default="", metavar="FILE", help="what was left out and why; .csv or .json")
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
        report = ImportReport(kept=REPORTED)
        try:
            reading = _reading(options)
            with open_export(path, options["format"], timezone=zone, **reading):
                pass  # refused before a workspace or a source is made for it
            with transaction.atomic() if options["dry_run"] else nullcontext():
                workspace = ensure_workspace(slug=options["workspace"])
                name = options["source"] or path.resolve().stem
                source = services.ensure_source(workspace=workspace, name=name, kind=Source.Kind.IMPORT)
                self._run(source, path, zone, options, reading, report)
                if options["dry_run"]:
                    transaction.set_rollback(True)
        except (NotThisFormat, DomainError) as error:
            if options["report"] and report.seen:
                _write_report(Path(options["report"]), [*report.reasons, f"{path.name}: {error}"], report)
            raise CommandError(str(error)) from error
        if options["report"]:
            _write_report(Path(options["report"]), report.reasons, report)
        if options["json"]:
            self.stdout.write(json.dumps(report.counts()))
            return
        if options["dry_run"]:
            self.stdout.write(f"{preview(path, options['format'], timezone=zone, **reading)}")
        prefix = "Would import" if options["dry_run"] else "Imported"
        figures = ", ".join(f"{value:,} {label}" for label, value in report.counts().items() if value)
        self.stdout.write(f"{prefix} into {workspace.slug}/{source.name}: {figures or 'nothing'}.")
        for note in report.notes:
            self.stdout.write(f"  {note}")
        for reason in report.reasons[:SHOWN]:
            self.stdout.write(f"  skipped: {reason}")
        if len(report.reasons) > SHOWN:
            self.stdout.write("  … and more: --report FILE has all of them")

    def _run(
        self,
        source: Source,
        path: Path,
        zone: ZoneInfo,
        options: dict[str, Any],
        reading: dict[str, Any],
        report: ImportReport,
    ) -> None:
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

            services.import_export(
                source=source,
                path=path,
                format_name=options["format"],
                timezone=zone,
                dry_run=options["dry_run"],
                progress=progress,
                report=report,
                **reading,
            )


def _reading(options: dict[str, Any]) -> dict[str, Any]:
    """What the reader of the file is told, beside the zone."""
    return {
        "columns": parse_mapping(options["columns"]),
        "encoding": options["encoding"],
        "date_format": options["date_format"],
        "mailbox": options["mailbox"],
    }


def _write_report(path: Path, reasons: list[str], report: ImportReport) -> None:
    """What was left out, as JSON where the name says so, else as CSV that no spreadsheet takes for formulas."""
    rows = [reason.partition(": ")[::2] for reason in reasons]
    untold = report.skipped + report.errors - len(reasons)
    if untold > 0 and len(reasons) >= REPORTED:
        rows.append(("…", f"{untold:,} more"))
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            if path.suffix.lower() == ".json":
                rows_told = [{"where": where, "why": why} for where, why in rows]
                json.dump(
                    {**report.counts(), "notes": report.notes, "rows": rows_told}, file, ensure_ascii=False, indent=1
                )
            else:
                table = csv.writer(file, quoting=csv.QUOTE_ALL)
                table.writerow(["where", "why"])
                table.writerows([harmless(cell) for cell in row] for row in rows)
    except OSError as error:
        raise CommandError(f"The report cannot be written to {path}: {error.strerror}.") from error
