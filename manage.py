#!/usr/bin/env python
"""Django's command line for Task Tracker."""

import os
import sys


def main() -> None:
    """Run one management command; what keeps it from running is one clear line, not a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tasktracker.settings")
    from tasktracker import commandline

    commandline.run(sys.argv)


if __name__ == "__main__":
    main()
