"""The libraries of the gateway are heavy: nobody has them who does not ask a model."""

import os
import subprocess
import sys

import pytest

from tasktracker.core.llm import live

PROBE = """
import django, sys
django.setup()
import tasktracker.core.llm, tasktracker.core.llm.live
print([name for name in ("litellm", "instructor", "openai", "tiktoken") if name in sys.modules])
"""

OFFLINE_PROBE = """
import django, os, socket, sys
django.setup()
def refuse(*args):
    raise SystemExit(f"connected to {args[1:]}")
socket.socket.connect = refuse
from tasktracker.core.llm import live
libraries = live.load()
lists = ("callbacks", "input_callback", "success_callback", "failure_callback", "service_callback")
print([name for name in lists if getattr(libraries.litellm, name)], libraries.litellm.suppress_debug_info)
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=os.environ.copy(), check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_started_process_has_none_of_them() -> None:
    assert run(PROBE) == "[]"


def test_loading_them_connects_to_nobody_and_leaves_no_callback() -> None:
    assert run(OFFLINE_PROBE) == "[] True"


def test_a_callback_that_somebody_added_stops_every_call() -> None:
    libraries = live.load()
    libraries.litellm.success_callback.append("somewhere")
    try:
        with pytest.raises(RuntimeError, match="success_callback"):
            live.load()
    finally:
        libraries.litellm.success_callback.clear()
