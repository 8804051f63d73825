#!/usr/bin/env python
"""Django's command line for Task Tracker."""

import os
import sys


def main() -> None:
    """Run one management command; a bad environment is one clear line, not a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tasktracker.settings")
    from django.core.management import execute_from_command_line

    from tasktracker.env import EnvError

    try:
        execute_from_command_line(sys.argv)
    except EnvError as error:
        sys.exit(f"tasktracker: {error}")


if __name__ == "__main__":
    main()
