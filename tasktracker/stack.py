"""The programs that make up one installation, as children of a supervisor: web, worker, beat and the bot."""

import http.client
import json
import os
import shlex
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tasktracker.embedded import Child, EngineError, Layout

BASE_DIR = Path(__file__).resolve().parent.parent
# Django's checks load every page and endpoint, which neither of them serves: a third of their start.
UNCHECKED = {"CELERY_SKIP_CHECKS": "1"}
CODE_DIRS = ("tasktracker", "ingestion", "knowledge", "analysis", "proposals", "templates")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to run. `variables` are added to the environment of every child."""

    layout: Layout
    host: str = "127.0.0.1"
    port: int = 8000
    concurrency: int = 3  # one more than the lanes of a run: heartbeats and intake must not wait for long calls
    reload: bool = False
    beat: bool = True
    bot: bool = False
    variables: Mapping[str, str]


def children(plan: Plan) -> list[Child]:
    """The children of a plan, not yet started, in the order in which they should be."""
    found = [web(plan), worker(plan)]
    if plan.beat:
        found.append(beat(plan))
    if plan.bot:
        found.append(bot(plan))
    return found


def bot(plan: Plan) -> Child:
    """What polls for Telegram bots: from the start where a token is in the settings, else when a source has one."""
    return _child(plan, "bot", [sys.executable, str(BASE_DIR / "manage.py"), "run_bot"])


def mail(plan: Plan) -> Child:
    """The reader of mailboxes: no part of `children`, because it is worth its memory only where there is a mailbox."""
    return _child(plan, "mail", [sys.executable, str(BASE_DIR / "manage.py"), "run_mail"], {"TT_PROCESS": "mail"})


def discord(plan: Plan) -> Child:
    """What listens at Discord: as with mail, only where a bot of it is named."""
    return _child(
        plan, "discord", [sys.executable, str(BASE_DIR / "manage.py"), "run_discord"], {"TT_PROCESS": "discord"}
    )


def web(plan: Plan) -> Child:
    """uvicorn. Frames of a socket are small; a stop gives open requests 20 s."""
    argv = [
        *(sys.executable, "-m", "uvicorn", "tasktracker.asgi:application"),
        *("--host", plan.host, "--port", str(plan.port), "--lifespan", "off", "--no-access-log"),
        *("--ws-max-size", "65536", "--limit-concurrency", "1500", "--timeout-graceful-shutdown", "20"),
    ]
    if plan.reload:
        argv += ["--reload", *(part for folder in CODE_DIRS for part in ("--reload-dir", folder))]
    return _child(plan, "web", argv, {"TT_PROCESS": "web"}, stop_seconds=25)


def worker(plan: Plan) -> Child:
    """Celery's prefork worker. Its stop is warm (what runs may end), then final: leases bring lost work back."""
    argv = [
        *(sys.executable, "-m", "celery", "--app", "tasktracker", "worker", "--loglevel", "INFO"),
        *("--concurrency", str(plan.concurrency), "--without-gossip", "--without-mingle"),
    ]
    if plan.reload:
        argv = [
            *(sys.executable, "-m", "watchfiles", "--filter", "python", "--sigint-timeout", "20"),
            *(shlex.join(argv), *CODE_DIRS[:-1]),
        ]
    return _child(plan, "worker", argv, {"TT_PROCESS": "worker", **UNCHECKED}, stop_seconds=25)


def beat(plan: Plan) -> Child:
    """Celery's clock. Without a pid file: a stale one would keep it from starting after a crash."""
    argv = [
        *(sys.executable, "-m", "celery", "--app", "tasktracker", "beat", "--loglevel", "INFO", "--pidfile="),
        *("--schedule", str(plan.layout.root / "beat-schedule")),
    ]
    return _child(plan, "beat", argv, {"TT_PROCESS": "beat", **UNCHECKED}, stop_seconds=10)


def check_port(host: str, port: int) -> None:
    """EngineError in one line where the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As uvicorn does: connections of an earlier run that still time out do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise EngineError(f"Port {port} needs root: take one above 1023, with PORT={port + 8000}.") from error
        except OSError as error:
            raise EngineError(
                f"Port {port} on {host} cannot be used ({error.strerror}): choose another with PORT={free_port(host)}."
            ) from error


def health(plan: Plan, host_header: str) -> dict[str, str]:
    """The state of each part as /api/health tells it (`ok`, `degraded`, `down`); no `database` where it is silent."""
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(plan.host, plan.host)  # noqa: S104 (compared, not bound)
    connection = http.client.HTTPConnection(address, plan.port, timeout=10)
    try:
        connection.request("GET", "/api/health", headers={"Host": host_header})
        checks = json.loads(connection.getresponse().read())["checks"]
    except OSError:
        return {"web": "down"}
    except (ValueError, KeyError, TypeError, http.client.HTTPException):
        return {"web": "degraded"}
    finally:
        connection.close()
    return {"web": "ok", **{str(name): str(state) for name, state in checks.items()}}


def _child(
    plan: Plan, name: str, argv: list[str], variables: Mapping[str, str] | None = None, stop_seconds: float = 15
) -> Child:
    return Child(
        name=name,
        argv=argv,
        log=plan.layout.logs / f"{name}.log",
        pid_file=plan.layout.pid_file(name),
        cwd=BASE_DIR,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **plan.variables, **(variables or {})},
        stop_seconds=stop_seconds,
    )


def free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
