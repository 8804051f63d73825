"""How good the models were lately, by what people decided: acceptance by tier, and what confidence has meant."""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from proposals.calibration import HUNDREDTHS, Cell, Curve, curve
from proposals.models import Proposal
from proposals.selectors import JUDGED
from tasktracker.core.enums import Tier
from tasktracker.core.models import Workspace

# The last of them only: it says how good the models are now, and a year of decisions is not read for each visit.
RECENT = 1_000


@dataclass(frozen=True, slots=True)
class Bar:
    """A tier: `part` of `whole` were approved, `width` is that in percent."""

    tier: str
    part: int
    whole: int
    width: float


@dataclass(frozen=True, slots=True)
class Judged:
    """People's last decisions as (confidence, status), at most 1,000 of them."""

    rows: list[tuple[float, str]]

    def by_tier(self) -> dict[str, dict[str, int]]:
        """`{tier: {status: count}}`, only what there is."""
        found: dict[str, dict[str, int]] = {}
        for (tier, status), count in sorted(Counter((Tier.of(c).value, status) for c, status in self.rows).items()):
            found.setdefault(tier, {})[status] = count
        return found

    def bars(self) -> list[Bar]:
        """A bar for each tier, the surest first."""
        counts = self.by_tier()
        return [_bar(tier.value, counts.get(tier.value, {})) for tier in (Tier.HIGH, Tier.MEDIUM, Tier.LOW)]

    def curve(self) -> Curve:
        """The calibration of all kinds together, in the ten bins of the page Learning."""
        found: dict[int, list[tuple[float, str]]] = {}
        for row in self.rows:
            # Rounded first: 0.57 × 100 is 56.99… in floating point.
            found.setdefault(math.floor(round(row[0] * HUNDREDTHS, 4)), []).append(row)
        cells = []
        for hundredths, rows in found.items():
            count = Counter(status for _, status in rows)
            cells.append(
                Cell(
                    kind="all",
                    hundredths=hundredths,
                    new=True,
                    confidence=math.fsum(confidence for confidence, _ in rows),
                    unedited=count["approved"],
                    rejected=count["rejected"],
                    merged=count["merged"],
                )
            )
        return curve("all", cells)


def _bar(tier: str, counts: dict[str, int]) -> Bar:
    part, whole = counts.get("approved", 0), sum(counts.values())
    return Bar(tier, part, whole, round(100 * part / whole, 1) if whole else 0)


def judged(workspace: Workspace, since: datetime | None = None) -> Judged:
    """The last 1,000 decisions that people made, `since` then, and that stand, the newest first. One query."""
    decided = Proposal.objects.filter(JUDGED, workspace=workspace, decided_at__isnull=False)
    if since is not None:
        decided = decided.filter(decided_at__gte=since)
    return Judged(list(decided.order_by("-decided_at").values_list("confidence", "status")[:RECENT]))
