"""What became of a proposal, in a sentence on top of its card."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from proposals.models import Proposal
from tasktracker.core.models import User
from tasktracker.core.words import counted_as


@dataclass(frozen=True, slots=True)
class Banner:
    """What became of the proposal, on top of its card."""

    text: str
    tone: str = ""
    icon: str = "info"
    url: str = ""
    link: str = ""


def banner(proposal: Proposal) -> Banner | None:
    """What became of it; None while it waits."""
    who = name_of(proposal.decided_by)
    match proposal.status:
        case "approved":
            address, name = made_address(proposal)
            text = f"Approved by {who}." if proposal.decided_by else "Auto-approved by policy: nobody has looked at it."
            return Banner(text, "good", "check", address, name)
        case "rejected":
            note = f" “{proposal.note}”" if proposal.note else ""
            return Banner(f"Rejected by {who}: {proposal.reject_reason.replace('_', ' ')}.{note}", "", "x")
        case "merged":
            into = proposal.merged_into
            if into is None:  # approved things that no proposal had made
                return Banner(f"Merged by {who}.", "", "merge", *made_address(proposal))
            return Banner(f"Merged by {who} into", "", "merge", f"{reverse('proposals:desk')}?at={into.pk}", into.title)
        case "snoozed":
            assert proposal.snoozed_until is not None  # noqa: S101  # a CHECK constraint says so
            days = max(0, (proposal.snoozed_until - timezone.now()).days)
            when = f"in {counted_as(days, 'day')}" if days else "today"
            return Banner(f"Snoozed: it comes back {when}.", "", "clock")
        case "superseded":
            return Banner("A newer finding has taken its place.", "", "info")
        case "needs_evidence":
            return Banner("Its words were not found in any message. Add a quote before you approve it.", "warn", "warn")
    return None


def made_address(proposal: Proposal) -> tuple[str, str]:
    """The address of what an approval made, and words for it; an atom is shown through its search page."""
    if not proposal.created_id:
        return "", ""
    names = {"topic": "knowledge:topic", "atom": "knowledge:atom", "task": "knowledge:task"}
    return reverse(names[proposal.created_kind], args=[proposal.created_id]), f"See the {proposal.created_kind}"


def name_of(user: User | None) -> str:
    """How a person is called on the pages."""
    return (user.get_full_name() or user.get_username()) if user else "the system"
