"""What every live channel shares: how it says what a raw delivery holds."""

from dataclasses import dataclass, field

from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft


@dataclass(frozen=True, slots=True)
class Reading:
    """What a raw delivery says: one message, or in `why_not` why there is none to keep.

    `is_own` marks a post of this product's own bot. `moved_to` and `moved_from` are external ids of channels: the
    chat goes on under the one, or went by the other before. `asks` where the bot is spoken to: a command or a button.
    `is_deleted` says that the message in `draft`, without its words, is no longer there. `renamed` is a channel under
    its new title, and `person` an author under a new name, at the platform of the source.
    """

    draft: MessageDraft | None = None
    why_not: str = ""
    is_own: bool = False
    moved_to: str = ""
    moved_from: str = ""
    asks: bool = False
    reactions: "Reactions | None" = None
    is_deleted: bool = False
    renamed: ChannelDraft | None = None
    person: PersonDraft | None = None


@dataclass(frozen=True, slots=True)
class Reactions:
    """What was given to a message: `counts` is all of it, by emoji; without it `change` is what one person changed."""

    channel: ChannelDraft
    external_id: str
    counts: dict[str, int] | None = None
    change: dict[str, int] = field(default_factory=dict)
