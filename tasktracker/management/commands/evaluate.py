"""`manage.py evaluate DATASET.jsonl --task …`: how good an engine is, on labelled rows."""

import json
import resource
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from analysis.evaluation import reports
from analysis.evaluation.clustering import grouping
from analysis.evaluation.datasets import TASKS, Dataset, NotADataset, load
from analysis.evaluation.engines import likeness, model_reader, offline_reader, threads
from analysis.evaluation.metrics import classification
from analysis.evaluation.ranking import average_precision, roc_auc
from analysis.models import Provider
from tasktracker.core import llm
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.enums import ProviderKind
from tasktracker.core.models import Workspace

ALONE = ("threads",)  # what only the offline engine does


def peak_memory() -> int:
    """The most memory that this process has held so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3))


class Command(BaseCommand):
    """Exit 0 with the figures, 1 with one clear line for a file that is no such set or an engine that fails."""

    requires_system_checks: list[str] = []
    help = "Measure an engine on labelled rows (JSON lines)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset", metavar="DATASET.jsonl")
        parser.add_argument("--task", choices=TASKS, required=True)
        parser.add_argument("--provider", metavar="NAME", help="default: the offline engine, which needs no database")
        parser.add_argument("--workspace", metavar="SLUG", help="of the provider; default: `default`, or the only one")
        parser.add_argument("--json", action="store_true", help="end with one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        task = options["task"]
        try:
            data = load(Path(options["dataset"]), task)
            provider = self.provider(options["provider"], options["workspace"]) if options["provider"] else None
            began = time.perf_counter()
            figures = self.measure(task, data, provider)
            seconds = time.perf_counter() - began
        except NotADataset as error:
            raise CommandError(str(error)) from error
        except llm.LLMError as error:
            raise CommandError(f"The model gave no answer: {error.detail}") from error
        except DecryptionError as error:
            raise CommandError(str(error)) from error
        report = {
            "task": task,
            "engine": self.engine_name(task, provider),
            "rows": len(data.rows),
            "left_out": dict(data.left_out),
            **figures,
            "rows_per_second": round(len(data.rows) / max(seconds, 1e-6), 1),
            "memory_mb": peak_memory(),
        }
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        self.show(report)

    def measure(self, task: str, data: Dataset, provider: Provider | None) -> dict[str, Any]:
        """The figures of one task, as plain numbers."""
        rows = data.rows
        if task == "threads":
            return asdict(grouping([(row.place, row.label) for row in rows], threads(rows)))
        if task == "duplicates":
            model = settings.EMBEDDING_MODEL
            workspace = provider.workspace_id if provider else self.ledger_workspace(model)
            scores = likeness(rows, model=model, workspace_id=workspace)
            truth = [row.label == "duplicate" for row in rows]
            return {
                "duplicates": sum(truth),
                "roc_auc": roc_auc(truth, scores),
                "average_precision": average_precision(truth, scores),
            }
        remote = provider is not None and provider.kind != ProviderKind.OFFLINE
        reader = model_reader(task, provider) if provider is not None and remote else offline_reader(task)
        answers = list(reader([row.text for row in rows]))
        made = classification(
            [row.label for row in rows], [label for label, _ in answers], [sure for _, sure in answers]
        )
        return asdict(made) | {"unanswered": sum(1 for label, _ in answers if not label)}

    def provider(self, name: str, slug: str | None) -> Provider | None:
        """The provider of that name; None for `offline`, which needs none."""
        if name == ProviderKind.OFFLINE:
            return None
        found = list(Provider.objects.select_related("workspace").filter(name=name, is_active=True))
        if slug:
            found = [row for row in found if row.workspace.slug == slug]
        chosen = found if len(found) == 1 else [row for row in found if row.workspace.slug == "default"]
        if not chosen:
            where = f" in the workspace {slug}" if slug else ""
            raise CommandError(
                f"There is no active provider {name}{where}."
                if not found
                else f"Several workspaces have a provider {name}: choose one with --workspace."
            )
        return chosen[0]

    def ledger_workspace(self, model: str) -> int | None:
        """Who pays for the vectors of a model; nobody for the offline ones."""
        if model == ProviderKind.OFFLINE:
            return None
        found = Workspace.objects.order_by("pk").values_list("pk", flat=True).first()
        if found is None:
            raise CommandError("There is no workspace yet: `manage.py token USERNAME` makes one.")
        return found

    def engine_name(self, task: str, provider: Provider | None) -> str:
        """What was measured."""
        if task == "duplicates":
            return str(settings.EMBEDDING_MODEL)
        return "offline" if provider is None or task in ALONE else f"{provider.name} ({provider.default_model})"

    def show(self, report: dict[str, Any]) -> None:
        """The figures as tables on standard output."""
        console = Console(file=self.stdout, width=100)  # type: ignore[arg-type]
        for title, columns, lines in reports.tables(report):
            table = Table(title=title, title_justify="left")
            for name in columns:
                table.add_column(name, justify="left" if name == columns[0] else "right")
            for line in lines:
                table.add_row(*line)
            console.print(table)
