"""The words of a deleted message, out of everything that was made of them.

A deleted message takes its quotes along: open proposals lose it as evidence, and need other evidence where it was
all they had; what was decided keeps the place of the quote, empty. Where its words stand word for word in a finding,
a proposal, a decision's journal or an approved object, a mark stands instead.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from analysis.models import AnalysisRun, Finding
from ingestion import deleting
from ingestion.models import Message, Quote
from knowledge.models import Atom, Edit, Embedding, Task, Topic
from proposals.models import Evidence, Proposal, ReviewAction
from proposals.ranking import rank_of

MARK = "[deleted]"
SHORTEST = 8  # characters: "ok, done" of somebody else must not go with it
AT_ONCE = 100

# What may hold words of messages, by model. `status` and its companions are no text.
TEXTS: dict[type[models.Model], tuple[str, ...]] = {
    Finding: ("title", "payload", "reasoning"),
    Proposal: ("title", "payload", "reasoning", "judged"),
    ReviewAction: ("changes",),
    AnalysisRun: ("plan",),
    Topic: ("name", "description", "keywords"),
    Atom: ("title", "content"),
    Task: ("title", "description", "labels", "fields"),
    Edit: ("fields", "changes"),
}


class Redactor:
    """Puts `MARK` where any of `passages` stands, whatever the white space and the case."""

    def __init__(self, passages: Iterable[str]) -> None:
        long = [words for words in passages if len(words.strip()) >= SHORTEST]
        found = [r"\s+".join(map(re.escape, words.split())) for words in long]
        self._pattern = re.compile("|".join(found), re.IGNORECASE) if found else None

    def clean(self, value: Any) -> Any:
        """A copy of a JSON value with the words gone; an equal one where they are not in it."""
        if isinstance(value, str):
            return self._pattern.sub(MARK, value) if self._pattern else value
        if isinstance(value, list):
            return [self.clean(one) for one in value]
        if isinstance(value, dict):
            return {name: self.clean(one) for name, one in value.items()}
        return value

    def write(self, rows: Iterable[models.Model]) -> None:
        """Clean the texts of rows and store what changed; a row's times stay, as nobody edited it."""
        for row in rows:
            changed = {}
            for name in TEXTS[type(row)]:
                value = getattr(row, name)
                if (cleaned := self.clean(value)) != value:
                    changed[name] = cleaned
            if changed:
                type(row)._default_manager.filter(pk=row.pk).update(**changed)


def forget_deleted() -> int:
    """Messages that were deleted and have words somewhere yet; how many were worked off."""
    spoken = Exists(Quote.objects.filter(message=OuterRef("pk")).exclude(text__regex=r"^\s*$"))
    held = Exists(Evidence.objects.filter(quote__message=OuterRef("pk"), proposal__status__in=Proposal.OPEN))
    left = Message.objects.filter(~Q(text="") | spoken | held, deleted_at__isnull=False).order_by("pk")
    ids = list(left.values_list("pk", flat=True)[:AT_ONCE])
    for message_id in ids:
        forget_message(message_id=message_id)
    return len(ids)


@transaction.atomic
def forget_message(*, message_id: int) -> None:
    """Take the words of one deleted message out of every table; a message that is not deleted stays as it is."""
    message = (
        Message.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk=message_id, deleted_at__isnull=False)
        .first()
    )
    if message is None:
        return
    redactor = Redactor(deleting.words_of(message))
    ours = {"quotes__message": message}
    findings = Finding.objects.filter(Q(**ours) | Q(window__places__message=message)).distinct()
    supported = Proposal.objects.filter(
        Q(evidence__quote__message=message) | Q(intakes__finding__in=findings.values("pk"))
    ).distinct()
    # In the order of their ids, as everybody who locks several does.
    locked = list(Proposal.objects.select_for_update(of=("self",)).filter(pk__in=supported.values("pk")).order_by("pk"))
    atoms = Atom.objects.filter(**ours).distinct()
    tasks = Task.objects.filter(Q(**ours) | Q(atoms__in=atoms.values("pk"))).distinct()
    redactor.write(findings)
    redactor.write(locked)
    redactor.write(ReviewAction.objects.filter(proposal__in=locked))
    runs = AnalysisRun.objects.filter(Q(windows__places__message=message) | Q(proposals__in=locked))
    redactor.write(runs.distinct())
    topics = Topic.objects.filter(**ours).distinct()
    for kind, rows in (("topic", topics), ("atom", atoms), ("task", tasks)):
        keys = rows.values("pk")
        redactor.write(Edit.objects.filter(Q(object_id__in=keys) | Q(other_id__in=keys), kind=kind))
    redactor.write(topics)
    redactor.write(tasks)
    redactor.write(atoms)
    _drop_evidence(message, [row for row in locked if row.is_open])
    Embedding.objects.filter(kind=Embedding.Kind.MESSAGE, object_id=message.pk).delete()
    deleting.wipe(message=message)


def _drop_evidence(message: Message, proposals: Iterable[Proposal]) -> None:
    """Open proposals stand on other words from now on; those that have none are set aside by the sweep of the desk."""
    for proposal in proposals:
        gone, _ = Evidence.objects.filter(proposal=proposal, quote__message=message).delete()
        if gone:
            Proposal.objects.filter(pk=proposal.pk).update(rank=rank_of(proposal))
