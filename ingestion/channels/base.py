"""What every live channel shares: how it says what a raw delivery holds."""

from dataclasses import dataclass

from ingestion.drafts import MessageDraft


@dataclass(frozen=True, slots=True)
class Reading:
    """What a raw delivery says: one message, or in `why_not` why there is none to keep.

    `is_own` marks a post of this product's own bot. `moved_to` and `moved_from` are external ids of channels: the
    chat goes on under the one, or went by the other before.
    """

    draft: MessageDraft | None = None
    why_not: str = ""
    is_own: bool = False
    moved_to: str = ""
    moved_from: str = ""
