"""What a workspace may use in a day, and what it has used of it today."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from analysis import selectors
from analysis.days import midnight
from analysis.models import SpendingCap
from tasktracker.core.models import Workspace

NAMES = ("calls", "tokens", "cost")


@dataclass(frozen=True, slots=True)
class Use:
    """Of one thing: what was used today (`cost` in USD, None where a price is not known) and its cap, or None."""

    name: str
    used: float | None
    cap: float | None

    @property
    def share(self) -> int:
        """How full it is, 0 to 100; 0 without a cap."""
        if self.cap is None or self.used is None:
            return 0
        return min(100, round(100 * self.used / self.cap)) if self.cap else 100

    @property
    def is_full(self) -> bool:
        """Whether nothing more is asked today."""
        return self.cap is not None and self.used is not None and self.used >= self.cap


def cap_of(workspace: Workspace) -> SpendingCap:
    """The workspace's caps; one that is not stored caps nothing."""
    return SpendingCap.objects.filter(workspace=workspace).first() or SpendingCap(workspace=workspace)


def used_today(workspace: Workspace, cap: SpendingCap) -> list[Use]:
    """Calls, tokens and cost since the workspace's midnight, from the ledger, each beside its cap."""
    bill = selectors.bill_of_workspace(workspace.pk, since=midnight(workspace))
    used = {"calls": bill.calls, "tokens": bill.tokens_in + bill.tokens_out, "cost": bill.cost}
    caps = {"calls": cap.calls, "tokens": cap.tokens, "cost": None if cap.cost is None else float(cap.cost)}
    return [Use(name, used[name], caps[name]) for name in NAMES]


def save_cap(*, workspace: Workspace, values: Mapping[str, int | Decimal | None]) -> SpendingCap:
    """Set all three caps; None, or one that is left out, is no cap."""
    every = {name: values.get(name) for name in NAMES}
    return SpendingCap.objects.update_or_create(workspace=workspace, defaults=every)[0]
