"""May the run make another call? Its caps, and how patient it is with its provider; both read from the ledger."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import takewhile

from analysis import selectors
from analysis.days import DAY, midnight
from analysis.lanes import lanes_of
from analysis.models import AnalysisRun, SpendingCap
from analysis.results import Stop
from analysis.selectors import Bill, subject_of
from tasktracker.core.llm import breaker, limits
from tasktracker.core.llm.budget import estimate_tokens
from tasktracker.core.llm.types import Prompt
from tasktracker.core.models import LLMCall, StatusChange

PATIENCE = 5  # failures of the provider in a row, before the run waits
SIFTING = 8  # calls at once, at most, of a run that is not planned yet


@dataclass(frozen=True, slots=True)
class Cap:
    """Caps on what one bill may hold. `whose` begins the sentence that says it, `note` goes into the history.

    `lanes` is how many calls on that bill may be under way at once.
    """

    key: str
    caps: Mapping[str, float]
    whose: str
    note: str
    lanes: int
    bill: Callable[[], Bill]


def caps_of(run: AnalysisRun) -> list[Cap]:
    """The run's own caps, and those of its workspace for today; without those that cap nothing."""
    mine = _at_once(run)
    found = [Cap(subject_of(run), run.caps, "The run's", "", mine, lambda: selectors.bill(run))]
    day = SpendingCap.objects.filter(workspace_id=run.workspace_id).first()
    if day is not None:
        since = midnight(run.workspace)
        of_day = partial(selectors.bill_of_workspace, run.workspace_id, since=since)
        others = AnalysisRun.objects.filter(workspace_id=run.workspace_id, status="running").exclude(pk=run.pk)
        lanes = mine + sum(_at_once(other) for other in others.select_related("provider"))
        found.append(Cap(f"day:{run.workspace_id}", day.as_caps(), "Today's", DAY, lanes, of_day))
    return [each for each in found if each.caps]


def _at_once(run: AnalysisRun) -> int:
    """How many calls of a run may be under way at once: those of its lanes, or of what looks at messages before."""
    return lanes_of(run) if run.planned_at is not None else max(SIFTING, lanes_of(run))


@contextmanager
def kept(run: AnalysisRun, prompt: Prompt) -> Iterator[None]:
    """Make this call in the `with`: raises `Stop` where it would go over a cap.

    Calls that are under way are not in the ledger yet. While a cap has room for all lanes that does not matter; near
    it, calls go one at a time.
    """
    with ExitStack() as turns:
        for cap in caps_of(run):
            bill = cap.bill()
            _refuse(cap, bill, prompt)
            alone = _is_near(cap, bill, prompt)
            turns.enter_context(limits.turn(cap.key, alone=alone))
            if alone:
                _refuse(cap, cap.bill(), prompt)
        yield


def _refuse(cap: Cap, bill: Bill, prompt: Prompt) -> None:
    if "cost" in cap.caps and bill.calls and bill.cost is None:
        raise Stop(
            "The price of this model is not known, so a cap on cost can't be kept: cap tokens instead.", reason="budget"
        )
    for name, (used, more) in _spending(bill, prompt).items():
        limit = cap.caps.get(name)
        if limit is not None and (used + more > limit or used >= limit):
            raise Stop(f"{cap.whose} cap of {limit:g} {name} is reached.", reason="budget", note=cap.note)


def _is_near(cap: Cap, bill: Bill, prompt: Prompt) -> bool:
    """Whether the lanes together could go over a cap with a call each."""
    if "cost" in cap.caps and not bill.calls:
        return True  # nobody knows yet what a call costs
    return any(
        used + more * cap.lanes > cap.caps[name]
        for name, (used, more) in _spending(bill, prompt).items()
        if cap.caps.get(name) is not None
    )


def _spending(bill: Bill, prompt: Prompt) -> dict[str, tuple[float, float]]:
    """What was spent so far and what this call adds, for each thing that may have a cap."""
    mine = estimate_tokens(prompt.system) + estimate_tokens(prompt.user)
    return {
        "calls": (bill.calls, 1),
        "tokens": (bill.tokens_in + bill.tokens_out, mine),
        "cost": (bill.cost or 0.0, (bill.cost or 0.0) / bill.calls if bill.calls else 0.0),
    }


def streak(run: AnalysisRun) -> breaker.Streak:
    """How the run's provider has failed since a person last let the run go on."""
    return breaker.streak(run.workspace_id, run.provider.name, since=_let_go(run))


def is_refusing(run: AnalysisRun) -> bool:
    """Whether the provider takes nothing of this run: not one call so far, or none of the last PATIENCE."""
    outcomes = _outcomes(run)
    refused = sum(1 for _ in takewhile(lambda outcome: outcome == LLMCall.Outcome.REFUSED, outcomes))
    return refused >= PATIENCE or refused == len(outcomes)


def _outcomes(run: AnalysisRun) -> list[str]:
    """Of the newest calls since the run was last set running, newest first."""
    calls = selectors.calls_of(run)
    started = _let_go(run)
    if started is not None:
        calls = calls.filter(at__gte=started)
    return list(calls.order_by("-id").values_list("outcome", flat=True)[:PATIENCE])


def _let_go(run: AnalysisRun) -> datetime | None:
    """When the run was last set running."""
    changes = StatusChange.objects.filter(kind=run._meta.label_lower, object_id=run.pk, to_status="running")
    return changes.order_by("-id").values_list("at", flat=True).first()
