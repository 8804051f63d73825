"""What stands in chats of proposals and tasks, when words that it shows are gone: it is to be rewritten there."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ingestion.models import BotCall
from proposals.shown_models import ShownProposal
from tasktracker.core.events import announce

UNDER_WAY = timedelta(hours=1)  # longer than that no bot waits to say something
STALE = "stale"  # in a call's `about`: words that it shows are gone; False where that was said since
# In its `about`, too: the task that was made and is acknowledged, or that somebody was told of.
MADE, TOLD = "task", "told"


def words_gone(*, workspace_id: int, proposal_ids: Sequence[int]) -> None:
    """Inside the transaction that takes the words out, the proposals locked: cards that show them say so after it.

    One that is just being sent is met too: who notes where it stands takes the same lock before.
    """
    if not proposal_ids:
        return
    for call in BotCall.objects.filter(
        about__proposal__in=list(proposal_ids), created_at__gt=timezone.now() - UNDER_WAY
    ):
        BotCall.objects.filter(pk=call.pk).update(about={**call.about, STALE: True})
    cards = ShownProposal.objects.filter(proposal__in=proposal_ids)
    cards.update(told="")
    for proposal_id in sorted(set(cards.values_list("proposal", flat=True))):
        # No event: nobody has decided anything. A poke that is lost is made up for by the sweep.
        transaction.on_commit(partial(announce, "proposal.redacted", workspace_id, proposal_id))


def task_words_gone(*, workspace_id: int, task_ids: Sequence[int]) -> None:
    """The same for what bots said of tasks, as acknowledgements and as news; the tasks were written to before."""
    if not task_ids:
        return
    about = Q(**{f"about__{MADE}__in": list(task_ids)}) | Q(**{f"about__{TOLD}__in": list(task_ids)})
    touched = set()
    for call in BotCall.objects.select_for_update(of=("self",)).filter(about, method="sendMessage").order_by("pk"):
        call.about[STALE] = True
        call.save(update_fields=["about"])
        touched.add(call.about.get(MADE) or call.about[TOLD])
    for task_id in sorted(touched):
        transaction.on_commit(partial(announce, "task.redacted", workspace_id, task_id))
