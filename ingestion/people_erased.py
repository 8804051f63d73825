"""Who was erased stays so: their accounts are known by a digest, and what comes in of them later is empty."""

from collections.abc import Iterable
from dataclasses import replace

from django.conf import settings
from django.utils.crypto import salted_hmac

from ingestion.drafts import MessageDraft, PersonDraft
from ingestion.models import Participant
from ingestion.noise import NoiseVerdict
from tasktracker.core.enums import Verdict

NAME = "Erased person"
SALT = "ingestion.people_erased"
REASON = "erased"
VERDICT = NoiseVerdict(Verdict.NOISE, 0.0, REASON)


def digest(*, workspace_id: int, platform: str, external_id: str, secret: str | None = None) -> str:
    """What stands for the id of an account that was erased: nobody without our key finds out whose it was."""
    value = f"{workspace_id}:{platform}:{external_id}"
    return f"erased:{salted_hmac(SALT, value, secret=secret, algorithm='sha256').hexdigest()}"


def find(*, workspace_id: int, people: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Participant]:
    """Of accounts (platform, id) that were not met yet: those that were erased. A key of before still finds them."""
    keys = [None, *getattr(settings, "SECRET_KEY_FALLBACKS", ())]
    wanted = {
        digest(workspace_id=workspace_id, platform=platform, external_id=native, secret=key): (platform, native)
        for platform, native in people
        for key in keys
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
