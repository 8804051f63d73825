"""`manage.py up`: engines, migrations, web, worker, beat and what sources need (a bot, mail), in one terminal."""

import os
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from ingestion import bots, people_erased
from ingestion.checks import LOST
from ingestion.discord import accounts as discord_accounts
from ingestion.mail import accounts
from ingestion.source_secrets import without_secret
from tasktracker import embedded, stack
from tasktracker.core.models import Heartbeat
from tasktracker.supervisor import Supervisor, signals_interrupt

READY_SECONDS = 90.0
LATE_LOOK_SECONDS = 15.0


class Command(BaseCommand):
    """Runs everything until Ctrl-C, and restarts what dies."""

    help = "Start everything and stay in the foreground; Ctrl-C stops all of it."
    requires_system_checks: list[str] = []  # they would ask a database that is not up yet
    supervisor: Supervisor
    url = ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=os.environ.get("PORT") or 8000)
        parser.add_argument(
            "--no-embedded", action="store_true", help="use the servers that DATABASE_URL and REDIS_URL name"
        )
        parser.add_argument("--reload", action="store_true", help="restart web and worker when the code changes")
        parser.add_argument("--concurrency", type=int, default=3, help="processes of the worker (default 3)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["no_embedded"] and settings.ENV.embedded:
            raise CommandError("--no-embedded needs DATABASE_URL and REDIS_URL: set both to real servers.")
        layout = embedded.Layout.of(settings.DATA_DIR)
        plan = stack.Plan(
            layout=layout,
            host=options["host"],
            port=options["port"],
            concurrency=options["concurrency"],
            reload=options["reload"],
            bot=bool(settings.TELEGRAM_BOT_TOKEN),
            variables={"DATA_DIR": str(settings.DATA_DIR)},
        )
        self.url = url_of(plan)
        signals_interrupt()
        try:
            self.run(plan)
        except embedded.EngineError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.say("", "Stopped.")

    def run(self, plan: stack.Plan) -> None:
        """Hold the data directory, start, watch, and end all of it whatever happens."""
        plan.layout.prepare()
        lock = embedded.DirectoryLock.take(plan.layout.lock_file("up"), note=self.url)
        engines = None
        try:
            stack.check_port(plan.host, plan.port)
            if settings.ENV.embedded:
                self.say("engines", f"starting PostgreSQL and Valkey in {plan.layout.root}")
                engines = embedded.start(settings.DATA_DIR)
            self.migrate()
            self.serve(plan, engines.children if engines else ())
        finally:
            connection.close()
            if engines:
                engines.stop()
            lock.release()

    def migrate(self) -> None:
        """Bring the database up to date; forget heartbeats of the last time, so that ready means ready."""
        try:
            executor = MigrationExecutor(connection)
            # `migrate` with nothing to do still goes over every model: the second start should take seconds.
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                call_command("migrate", interactive=False, verbosity=0)
            for source, why in without_secret():
                self.say("webhooks", f"{source.name}: {why} (/settings/sources/{source.pk}/)")
            if lost := people_erased.lost():
                self.say("people", LOST.format(lost))
            if settings.ENV.embedded:
                Heartbeat.objects.all().delete()
        except DatabaseError as error:
            raise CommandError(f"The database could not be brought up to date: {error}".strip()) from error
        finally:
            connection.close()

    def serve(self, plan: stack.Plan, engines: tuple[embedded.Child, ...]) -> None:
        """Start the programs and watch over them; returns only by an exception."""
        programs = stack.children(plan)
        self.supervisor = Supervisor(engines, programs, self.say)
        try:
            self.say("", f"Starting {', '.join(child.name for child in programs)} …")
            for child in programs:
                child.start()
            missing = self.wait_ready(plan)
            self.prepare_data()
            self.announce(plan, missing)
            self.follow()
            late = Latecomers(plan)
            while late.waiting:
                self.supervisor.watch(until=late)
                for make in late.take():
                    self.supervisor.add(make(plan))
            self.supervisor.watch()
        finally:
            self.say("", "Stopping … (Ctrl-C again does not wait for what is being done)")
            self.supervisor.stop()

    def wait_ready(self, plan: stack.Plan) -> list[str]:
        """Watch until /api/health says ok; the parts that are not by then, as `name: state`."""
        deadline = time.monotonic() + READY_SECONDS
        found: dict[str, str] = {}

        def ready_or_late() -> bool:
            found.clear()
            found.update(stack.health(plan, host_header()))
            is_ready = "database" in found and all(state == "ok" for state in found.values())
            return is_ready or time.monotonic() > deadline

        self.supervisor.watch(until=ready_or_late)
        return [f"{name}: {state}" for name, state in found.items() if state != "ok"]

    def prepare_data(self) -> None:
        """For `demo`: runs once everything answers, before the ready line."""

    def follow(self) -> None:
        """For `demo`: runs after the ready line; may watch until something has happened."""

    def announce(self, plan: stack.Plan, missing: list[str]) -> None:
        """The line that people and scripts wait for."""
        if missing:
            self.say("", f"Running at {self.url}, but not all is well: {', '.join(missing)}.")
            self.say("", f"Look into {plan.layout.logs}, or ask: manage.py doctor")
        else:
            self.say("", f"Ready: {self.url}")
        self.say("", f"Logs in {plan.layout.logs}. Ctrl-C stops everything.")

    def say(self, who: str, text: str) -> None:
        """One line for a person, with the part that speaks in front."""
        self.stdout.write(f"{who:>9} | {text}" if who else text)
        self.stdout.flush()


class Latecomers:
    """Programs that are worth their memory only where a source names something for them: a bot, a mailbox.

    Asks the database now and then whether one is; what is found is to be taken, and waits no more.
    """

    def __init__(self, plan: stack.Plan) -> None:
        self.waiting: dict[Callable[[stack.Plan], embedded.Child], Callable[[], bool]] = {
            **({} if plan.bot else {stack.bot: bots.is_any_wanted}),
            stack.mail: accounts.is_any_wanted,
            stack.discord: discord_accounts.is_any_wanted,
        }
        self._found: list[Callable[[stack.Plan], embedded.Child]] = []
        self._ask_at = 0.0

    def __call__(self) -> bool:
        """Whether there is one to be taken."""
        if time.monotonic() < self._ask_at:
            return False
        self._ask_at = time.monotonic() + LATE_LOOK_SECONDS
        try:
            self._found = [make for make, is_wanted in self.waiting.items() if is_wanted()]
        except DatabaseError:
            return False  # the parts that need the database all the time say so
        finally:
            connection.close()
        return bool(self._found)

    def take(self) -> list[Callable[[stack.Plan], embedded.Child]]:
        """What makes the programs that were found."""
        found, self._found = self._found, []
        for make in found:
            del self.waiting[make]
        return found


def url_of(plan: stack.Plan) -> str:
    """Where a browser on this machine finds it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(plan.host, plan.host)  # noqa: S104 (compared, not bound)
    return f"http://{host}:{plan.port}/"


def host_header() -> str:
    """A Host that ALLOWED_HOSTS lets in."""
    first = settings.ALLOWED_HOSTS[0].lstrip(".")
    return "localhost" if first == "*" else first
