"""Runs done by a real worker."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from analysis.models import Finding
from analysis.tests import factories
from tasktracker.tests.support import LiveStack

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]


def test_analyze_waits_for_the_end_and_tells_it_in_one_line(live_stack: LiveStack) -> None:
    workspace = factories.make_workspace("default")
    factories.make_chat(workspace, 6)
    out = StringIO()
    call_command("analyze", "--json", stdout=out)
    told = json.loads(out.getvalue().splitlines()[-1])
    assert told["status"] == "completed"
    assert (told["messages"], told["windows"]) == (30, 6)
    assert told["findings"] == Finding.objects.filter(run=told["run"]).count() > 0
    assert told["proposals"] > 0
    assert (told["calls"], told["tokens_in"], told["tokens_out"], told["cost"]) == (0, 0, 0, 0)
    assert set(told) == {
        *("run", "stage", "status", "messages", "windows", "findings", "proposals", "calls"),
        *("tokens_in", "tokens_out", "cost"),
    }
    again = StringIO()
    call_command("analyze", "--json", stdout=again)
    told = json.loads(again.getvalue().splitlines()[-1])
    assert (told["status"], told["messages"], told["windows"]) == ("completed", 0, 0)
