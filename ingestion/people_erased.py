"""Who was erased stays so: their accounts are known by a digest, and what comes in of them later is empty."""

from collections.abc import Iterable
from dataclasses import replace

from ingestion.drafts import MessageDraft, PersonDraft
from ingestion.models import Participant
from ingestion.noise import NoiseVerdict
from tasktracker.core import crypto
from tasktracker.core.enums import Verdict

NAME = "Erased person"
PREFIX = "erased:"
SALT = "ingestion.people_erased"
REASON = "erased"
VERDICT = NoiseVerdict(Verdict.NOISE, 0.0, REASON)


def digests(*, workspace_id: int, platform: str, external_id: str) -> list[str]:
    """What stands for the id of an account that was erased, by each key; the first is what is written now.

    Nobody without our keys finds out whose it was, so a lost key can't be replaced: those of before have to be kept.
    Each names its key (see `lost`); the first ones that were written did not.
    """
    found = crypto.digests(SALT, f"{workspace_id}:{platform}:{external_id}")
    named = [f"{PREFIX}{name}:{one}" for name, one in zip(crypto.key_names(), found, strict=True)]
    return [*named, *(f"{PREFIX}{one}" for one in found)]


def lost() -> int:
    """How many accounts were erased under a SECRET_KEY that is not among ours: an import would bring them back."""
    ours = f"^{PREFIX}({'|'.join(crypto.key_names())}):"
    named = Participant.objects.filter(erased_at__isnull=False, external_id__regex=f"^{PREFIX}[0-9a-f]{{8}}:")
    return named.exclude(external_id__regex=ours).count()


def find(*, workspace_id: int, people: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Participant]:
    """Of accounts (platform, id) that were not met yet: those that were erased. A key of before still finds them."""
    wanted = {
        one: (platform, native)
        for platform, native in people
        for one in digests(workspace_id=workspace_id, platform=platform, external_id=native)
    }
    rows = Participant.objects.filter(
        workspace_id=workspace_id,
        platform__in={platform for platform, _ in wanted.values()},
        external_id__in=list(wanted),
        erased_at__isnull=False,
    )
    return {wanted[row.external_id]: row for row in rows}


def silenced(draft: MessageDraft) -> MessageDraft:
    """What is stored of a message whose author was erased: that there was one, and when."""
    author = PersonDraft(draft.author.external_id, NAME, draft.author.is_bot) if draft.author else None
    return replace(draft, author=author, text="", forwarded_from="", metadata={})
