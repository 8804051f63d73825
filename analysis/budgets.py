"""May the run make another call? Its caps, and how patient it is with its provider; both read from the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile

from analysis import selectors
from analysis.lanes import lanes_of
from analysis.models import AnalysisRun
from analysis.results import Stop
from analysis.selectors import Bill, subject_of
from tasktracker.core.llm import limits
from tasktracker.core.llm.budget import estimate_tokens
from tasktracker.core.llm.types import Prompt
from tasktracker.core.models import LLMCall, StatusChange

PATIENCE = 5  # calls in a row that the provider failed, before the run waits for a person
_TROUBLE = (LLMCall.Outcome.DOWN, LLMCall.Outcome.TIMEOUT, LLMCall.Outcome.RATE_LIMITED)


@contextmanager
def kept(run: AnalysisRun, prompt: Prompt) -> Iterator[None]:
    """Make this call in the `with`: raises `Stop` where it would go over a cap of the run.

    Calls that are under way are not in the ledger yet. While the caps have room for all lanes that does not matter;
    near a cap, calls go one at a time.
    """
    if not run.caps:
        yield
        return
    bill = selectors.bill(run)
    _refuse(run, bill, prompt)
    alone = _is_near(run, bill, prompt)
    with limits.turn(subject_of(run), alone=alone):
        if alone:
            _refuse(run, selectors.bill(run), prompt)
        yield


def _refuse(run: AnalysisRun, bill: Bill, prompt: Prompt) -> None:
    if "cost" in run.caps and bill.calls and bill.cost is None:
        raise Stop(
            "The price of this model is not known, so a cap on cost can't be kept: cap tokens instead.", reason="budget"
        )
    for name, (used, more) in _spending(bill, prompt).items():
        cap = run.caps.get(name)
        if cap is not None and (used + more > cap or used >= cap):
            raise Stop(f"The run's cap of {cap:g} {name} is reached.", reason="budget")


def _is_near(run: AnalysisRun, bill: Bill, prompt: Prompt) -> bool:
    """Whether the lanes together could go over a cap with a call each."""
    if "cost" in run.caps and not bill.calls:
        return True  # nobody knows yet what a call costs
    lanes = lanes_of(run)
    return any(
        used + more * lanes > run.caps[name]
        for name, (used, more) in _spending(bill, prompt).items()
        if run.caps.get(name) is not None
    )


def _spending(bill: Bill, prompt: Prompt) -> dict[str, tuple[float, float]]:
    """What was spent so far and what this call adds, for each thing that may have a cap."""
    mine = estimate_tokens(prompt.system) + estimate_tokens(prompt.user)
    return {
        "calls": (bill.calls, 1),
        "tokens": (bill.tokens_in + bill.tokens_out, mine),
        "cost": (bill.cost or 0.0, (bill.cost or 0.0) / bill.calls if bill.calls else 0.0),
    }


def failures_in_a_row(run: AnalysisRun) -> int:
    """How often in a row, since a person last let the run go on, its provider was not there (PATIENCE at most)."""
    return sum(1 for _ in takewhile(lambda outcome: outcome in _TROUBLE, _outcomes(run)))


def is_refusing(run: AnalysisRun) -> bool:
    """Whether the provider takes nothing of this run: not one call so far, or none of the last PATIENCE."""
    outcomes = _outcomes(run)
    refused = sum(1 for _ in takewhile(lambda outcome: outcome == LLMCall.Outcome.REFUSED, outcomes))
    return refused >= PATIENCE or refused == len(outcomes)


def _outcomes(run: AnalysisRun) -> list[str]:
    """Of the newest calls since the run was last set running, newest first."""
    calls = selectors.calls_of(run)
    started = (
        StatusChange.objects.filter(kind=run._meta.label_lower, object_id=run.pk, to_status="running")
        .order_by("-id")
        .values_list("at", flat=True)
        .first()
    )
    if started is not None:
        calls = calls.filter(at__gte=started)
    return list(calls.order_by("-id").values_list("outcome", flat=True)[:PATIENCE])
