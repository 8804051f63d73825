"""What the card says a finding has cost: the run's average, and honest about what is not known."""

from decimal import Decimal
from typing import Any

import pytest

from analysis.models import AnalysisRun
from proposals.prices import price_of
from proposals.tests.factories import make_proposal, make_run
from tasktracker.core.models import LLMCall, Workspace
from tasktracker.core.tests.factories import Person
from tasktracker.tests.pages import Page

pytestmark = pytest.mark.django_db


def ask(workspace: Workspace, run: AnalysisRun, cost: str | None, **more: Any) -> None:
    """A call of the run in the ledger."""
    LLMCall.objects.create(
        **{"workspace": workspace, "subject": f"run:{run.pk}", "purpose": "extract_knowledge", "provider": "p",
           "provider_kind": "openai", "model": "m", "prompt_name": "n", "prompt_version": "1", "duration_ms": 1,
           "outcome": "ok", "cost": Decimal(cost) if cost is not None else None, **more},
    )  # fmt: skip


def paid_run(workspace: Workspace) -> AnalysisRun:
    run = make_run(workspace)
    run.provider.kind = "openai"
    run.provider.save(update_fields=["kind"])
    return run


def test_it_is_the_runs_average_and_says_so(rita: Person) -> None:
    run = paid_run(rita.workspace)
    for cost in ("0.0020", "0.0040", None):
        ask(rita.workspace, run, cost)
    found = price_of(run)
    assert found is not None
    assert found.short == "≈ $0.0030 a call"
    assert found.told == (
        f"The average of the 2 calls of run #{run.pk} with a known price. A call reads several conversations, so what "
        "this proposal alone has cost is not known. 1 more has no known price."
    )
    card = Page.of(rita.browser.get(f"/review/?at={make_proposal(rita.workspace, run=run).pk}"))
    assert card.one("span", class_="price").attrs["title"] == found.told


def test_a_price_that_nobody_knows_is_not_called_nothing(rita: Person) -> None:
    run = paid_run(rita.workspace)
    assert price_of(run) is None
    ask(rita.workspace, run, None)
    found = price_of(run)
    assert found is not None
    assert (found.short, found.told) == ("price unknown", f"Nobody has told what the 1 call of run #{run.pk} cost.")


def test_what_the_offline_engine_found_is_free(rita: Person) -> None:
    run = make_run(rita.workspace)
    assert run.provider.kind == "offline"
    ask(rita.workspace, run, None, provider_kind="offline")
    found = price_of(run)
    assert found is not None
    assert found.short == "free"
    assert "offline engine" in found.told


def test_a_call_of_another_run_or_room_is_not_counted(rita: Person, stranger: Person) -> None:
    run, other = paid_run(rita.workspace), make_run(rita.workspace)
    ask(rita.workspace, run, "0.0020")
    ask(rita.workspace, other, "5")
    ask(stranger.workspace, run, "5")
    found = price_of(run)
    assert found is not None
    assert found.short == "≈ $0.0020 a call"


def test_without_a_run_there_is_no_price() -> None:
    assert price_of(None) is None
