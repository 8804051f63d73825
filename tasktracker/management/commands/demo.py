"""`manage.py demo`: `up`, and a workspace with a sample chat in it, loaded once."""

import time
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from analysis import services as analysis
from analysis.models import AnalysisRun
from tasktracker import stack
from tasktracker.core import services
from tasktracker.core.enums import Role, Stage
from tasktracker.core.errors import DomainError
from tasktracker.core.models import Membership
from tasktracker.management.commands import up

CHAT = Path(__file__).resolve().parents[2] / "demo" / "chat.json"
SLUG, USERNAME, ZONE = "demo", "demo", "Europe/Berlin"
RUN_SECONDS = 300.0


class Command(up.Command):
    """The second start loads nothing: a run of stage 1 in the workspace says that the first one came that far."""

    help = "Start everything with sample data in the workspace demo; Ctrl-C stops all of it."
    password = ""
    run_id: int | None = None

    def prepare_data(self) -> None:
        """Workspace, login, chat and run, each only where missing: a first start that was killed goes on here."""
        try:
            membership = services.ensure_member(
                username=USERNAME, workspace_slug=SLUG, workspace_name="Demo", role=Role.ADMIN
            )
            if not membership.user.has_usable_password():
                self.password = services.set_random_password(user=membership.user)
            self.load(membership)
        except (CommandError, DomainError) as error:
            self.say("demo", f"The sample data could not be loaded: {error}")
        finally:
            connection.close()

    def load(self, membership: Membership) -> None:
        """Import (the same file twice changes nothing) and start stage 1, unless that was done before."""
        runs = AnalysisRun.objects.filter(workspace=membership.workspace, stage=Stage.KNOWLEDGE)
        run = runs.order_by("pk").first()
        if run is None:
            self.say("demo", "loading the sample chat …")
            call_command(
                "import_chat", str(CHAT), workspace=SLUG, source="Sample chat", timezone=ZONE, stdout=self.stdout
            )
            run = analysis.create_run(workspace=membership.workspace, stage=Stage.KNOWLEDGE, by=membership.user)
        if run.status == AnalysisRun.Status.PENDING:
            analysis.start_run(run_id=run.pk, by=membership.user)
            self.run_id = run.pk

    def announce(self, plan: stack.Plan, missing: list[str]) -> None:
        if self.password:
            login = f"{USERNAME} / {self.password}   (shown only this once)"
        else:
            login = f"{USERNAME} / the password of the first start, or a new one: manage.py password {USERNAME}"
        self.say("", f"Log in: {login}")
        super().announce(plan, missing)

    def follow(self) -> None:
        """Say what stage 1 has found, once it has."""
        if self.run_id is None:
            return
        deadline = time.monotonic() + RUN_SECONDS
        self.say("demo", f"stage 1 is reading the chat: {self.url}runs/{self.run_id}/")
        self.supervisor.watch(until=lambda: self.is_over() or time.monotonic() > deadline)
        run = AnalysisRun.objects.get(pk=self.run_id)
        connection.close()
        self.say("demo", f"stage 1 is {run.status}. What it proposes waits for you: {self.url}review/")

    def is_over(self) -> bool:
        """Whether the run has ended, however."""
        status = AnalysisRun.objects.values_list("status", flat=True).get(pk=self.run_id)
        return status not in AnalysisRun.LIVE

    def handle(self, *args: Any, **options: Any) -> None:
        if not CHAT.exists():
            raise CommandError(f"The sample chat is missing: {CHAT}.")
        super().handle(*args, **options)
