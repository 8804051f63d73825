"""A quote that a person adds to a proposal."""

from ingestion import quotes
from ingestion import services as ingestion
from ingestion.models import Message, Quote
from proposals import transitions
from proposals.decisions import S, Verb, require_open, seat
from proposals.models import Evidence, Proposal
from proposals.ranking import rank_of
from tasktracker.core.errors import Invalid, NotFound
from tasktracker.core.models import User


def add_evidence(*, proposal_id: int, by: User, message_id: int, quote: str) -> Proposal:
    """Support an open proposal with words of a message; one that needed evidence waits like any other now.

    The words are checked against the message as a model's are, and the message's own passage is stored.
    Raises `NotFound` for a message of another workspace, `Invalid` (`not_in_message`) for words that are not there.
    """
    with seat(proposal_id, by=by) as at:
        proposal, journal = at.proposal, at.journal
        require_open(proposal)
        message = Message.objects.filter(pk=message_id, workspace_id=proposal.workspace_id, deleted_at=None).first()
        if message is None:
            raise NotFound(f"There is no message {message_id}.")
        passage = quotes.locate(quote, message.text)
        if passage is None:
            raise Invalid("These words are not in that message. Quote it word for word.", code="not_in_message")
        known = set(Quote.objects.filter(message=message).values_list("pk", flat=True))
        found = ingestion.quote_passage(message=message, start=passage.start, end=passage.end)
        if found.pk not in known:
            journal.made(found)
        if proposal.evidence.filter(quote=found).exists():
            return proposal
        journal.create(Evidence, proposal=proposal, quote=found)
        journal.update(proposal, rank=rank_of(proposal))
        if proposal.status == S.NEEDS_EVIDENCE:
            proposal = transitions.go(proposal, to=S.PENDING, by=by, journal=journal).row
        at.keep(Verb.EDIT, edited=True)
        return proposal
