"""What a comparison of two versions goes by: what people decided about past windows, and what a side says of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.fingerprints import evidence_jaccard

SAME_EVIDENCE = 0.8


@dataclass(frozen=True, slots=True)
class PastItem:
    """Something that a window was found to hold, and what people said of it. Messages are those of one finding."""

    kind: str
    fingerprints: frozenset[str]
    evidence: tuple[frozenset[int], ...]
    approved: bool


@dataclass(frozen=True, slots=True)
class PastWindow:
    """A window whose proposals are all decided."""

    window_id: int
    run_id: int
    items: tuple[PastItem, ...]


@dataclass(frozen=True, slots=True)
class NewItem:
    """What a side says that a window holds."""

    kind: str
    fingerprint: str
    messages: frozenset[int]

    def is_again(self, past: PastItem) -> bool:
        """By its words, or by what it rests on."""
        if self.kind != past.kind:
            return False
        return self.fingerprint in past.fingerprints or any(
            evidence_jaccard(self.messages, one) >= SAME_EVIDENCE for one in past.evidence
        )


@dataclass(slots=True)
class Side:
    """What one version makes of the windows, and its bill: `cost` in USD, None where a price is not known.

    `windows` were answered, `failed` ones got no good answer; `error` says why the others were not asked. `found` items
    have evidence that was checked, `unproven` ones none; `refused` counts references and quotes that the check dropped,
    `invalid` the items that were not valid at all. `seconds` are by the clock on the wall.
    """

    label: str
    subject: str
    windows: int = 0
    failed: int = 0
    found: int = 0
    unproven: int = 0
    refused: int = 0
    invalid: int = 0
    approved_again: int = 0
    rejected_again: int = 0
    seconds: float = 0.0
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = 0.0
    error: str = ""

    def count(self, past: PastWindow, items: Sequence[NewItem], refused: int) -> None:
        """Take in the answer for one window."""
        proven = [item for item in items if item.messages]
        self.windows += 1
        self.refused += refused
        self.found += len(proven)
        self.unproven += len(items) - len(proven)
        for known in past.items:
            if any(item.is_again(known) for item in proven):
                self.approved_again += known.approved
                self.rejected_again += not known.approved


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides, and what there was to find."""

    windows: int
    approved: int
    rejected: int
    sides: tuple[Side, ...]
