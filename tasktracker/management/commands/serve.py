"""`manage.py serve web|worker|beat`: becomes that one program, for containers and service managers."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from tasktracker import stack
from tasktracker.embedded import Layout
from tasktracker.embedded.layout import make_root

PROGRAMS = {"web": stack.web, "worker": stack.worker, "beat": stack.beat}


class Command(BaseCommand):
    """Settings have been read by now, so a bad environment was one clear line and not a traceback."""

    help = "Run one program with the options that `up` gives it (no supervisor, logs to standard output)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("program", choices=PROGRAMS)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=os.environ.get("PORT") or 8000)
        parser.add_argument("--concurrency", type=int, default=2)

    def handle(self, *args: Any, **options: Any) -> None:
        plan = stack.Plan(
            layout=Layout.of(settings.DATA_DIR),
            host=options["host"],
            port=options["port"],
            concurrency=options["concurrency"],
            variables={},
        )
        child = PROGRAMS[options["program"]](plan)
        make_root(plan.layout.root)  # beat keeps its schedule there
        os.chdir(stack.BASE_DIR)
        os.execve(child.argv[0], list(child.argv), dict(child.env or {}))  # noqa: S606 (our own list, no shell)
