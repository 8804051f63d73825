"""What manage.py says when a part it needs is not there: one line with what to do, instead of a traceback."""

import sys
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import ConnectionError as ValkeyError

from tasktracker import embedded
from tasktracker.env import EnvError


def run(argv: Sequence[str]) -> None:
    """Run one management command; exits 1 with one line on standard error for a bad environment or a server away."""
    try:
        execute_from_command_line(list(argv))
    except EnvError as error:
        sys.exit(f"tasktracker: {error}")
    except (OperationalError, BrokerError, ValkeyError) as error:
        sys.exit(f"tasktracker: {_where_to_look(error)}")
    except KeyboardInterrupt:
        sys.exit(130)


def _where_to_look(error: Exception) -> str:
    try:
        started_by_us = settings.ENV.embedded
    except (EnvError, ImproperlyConfigured):
        started_by_us = False
    if started_by_us and not embedded.is_running(settings.DATA_DIR):
        return (
            f"the embedded engines of {settings.DATA_DIR} are not running: start them in another terminal with "
            "make demo or manage.py up (or set DATA_DIR to the folder of those that run)."
        )
    what = "the database" if isinstance(error, OperationalError) else "the broker (Valkey or Redis)"
    reason = " ".join(str(error).split())
    return f"{what} cannot be used: {reason}"
