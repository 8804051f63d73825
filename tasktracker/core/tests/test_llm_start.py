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


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=os.environ.copy(), check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.long
def test_a_started_process_has_none_of_them() -> None:
    assert run(PROBE) == "[]"


def test_a_callback_that_somebody_added_stops_every_call() -> None:
    libraries = live.load()
    libraries.litellm.success_callback.append("somewhere")
    try:
        with pytest.raises(RuntimeError, match="success_callback"):
            live.load()
    finally:
        libraries.litellm.success_callback.clear()
