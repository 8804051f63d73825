"""`manage.py compare AGENT --versions 3 4`: two versions of an agent on windows that people have decided."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from analysis import comparing
from analysis.models import Agent
from analysis.pastwindows import Comparison, Side
from proposals.past import decided_windows
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.errors import DomainError
from tasktracker.core.paths import is_number
from tasktracker.core.words import counted_as

MOST = 2_000
LEFT = ("windows answered", "failed", "found", "approved again", "rejected again", "unproven", "refused", "invalid")
RIGHT = ("calls", "tokens in", "tokens out", "cost", "seconds")


class Command(BaseCommand):
    """Exit 0 where both sides were asked about every window; 1 with one clear line for anything else."""

    help = "Ask two versions of an agent about windows that were decided. Writes nothing but the bill."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("agent", metavar="AGENT", help="its name")
        parser.add_argument(
            "--versions", nargs=2, required=True, metavar="VERSION", help="two numbers, or `offline` for one of them"
        )
        parser.add_argument("--windows", type=int, default=50, metavar="N", help="the newest N (default 50)")
        parser.add_argument("--workspace", metavar="SLUG", help="default: `default`, or the only one with that agent")
        parser.add_argument("--json", action="store_true", help="end with one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        versions = options["versions"]
        for version in versions:
            if version != comparing.OFFLINE and not is_number(version, digits=9):
                raise CommandError(f"{version!r} is no version: give a number, or `offline`.")
        if versions[0] == versions[1]:
            raise CommandError("Give two different versions.")
        if not 1 <= options["windows"] <= MOST:
            raise CommandError(f"--windows: from 1 to {MOST:,}.")
        agent = self.agent(options["agent"], options["workspace"])
        try:
            stage = comparing.stage_of(agent)
            past = decided_windows(agent.workspace, stage=stage, most=options["windows"])
            if not past:
                raise CommandError(
                    f"No window of stage {stage} has all its proposals decided yet: review what waits first."
                )
            found = comparing.compare(agent, versions, past)
        except DomainError as error:
            raise CommandError(error.detail) from error
        except DecryptionError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"agent": agent.name, "stage": stage, **asdict(found)}))
        else:
            self.show(agent, found)
        given_up = [f"{side.label}: {side.error}" for side in found.sides if side.error]
        if given_up:
            raise CommandError("Not every window was asked. " + " ".join(given_up))

    def agent(self, name: str, slug: str | None) -> Agent:
        """The agent of that name in the workspace, in `default`, or the only one."""
        found = list(Agent.objects.select_related("workspace", "provider").filter(name=name))
        if slug:
            found = [row for row in found if row.workspace.slug == slug]
        chosen = found if len(found) == 1 else [row for row in found if row.workspace.slug == "default"]
        if chosen:
            return chosen[0]
        if not found:
            raise CommandError(f"There is no agent {name}{f' in the workspace {slug}' if slug else ''}.")
        raise CommandError(f"Several workspaces have an agent {name}: choose one with --workspace.")

    def show(self, agent: Agent, found: Comparison) -> None:
        """A column for each side."""
        console = Console(file=self.stdout, width=100)  # type: ignore[arg-type]
        self.stdout.write(
            f"{agent.name}, {counted_as(found.windows, 'decided window')}"
            f" ({counted_as(found.approved, 'item')} approved, {found.rejected:,} rejected)"
        )
        table = Table()
        table.add_column("")
        for side in found.sides:
            table.add_column(side.label, justify="right")
        columns = [self.column(side, found) for side in found.sides]
        for name, *cells in zip((*LEFT, *RIGHT), *columns, strict=True):
            table.add_row(name, *cells)
        console.print(table)

    def column(self, side: Side, found: Comparison) -> list[str]:
        """The figures of a side, in the order of their names."""
        return [
            *(f"{number:,}" for number in (side.windows, side.failed, side.found)),
            share(side.approved_again, found.approved),
            share(side.rejected_again, found.rejected),
            *(f"{number:,}" for number in (side.unproven, side.refused, side.invalid)),
            *(f"{number:,}" for number in (side.calls, side.tokens_in, side.tokens_out)),
            "unknown" if side.cost is None else f"${side.cost:.4f}",
            f"{side.seconds:.1f}",
        ]


def share(part: int, whole: int) -> str:
    """`3 of 4 (75 %)`."""
    return f"{part:,} of {whole:,} ({part / whole:.0%})" if whole else "none to find"
