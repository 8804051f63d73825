"""The words of a deleted message, out of everything that was made of them.

A deleted message takes its quotes along: open proposals lose it as evidence, and need other evidence where it was
all they had; what was decided keeps the place of the quote, empty. Where its words stand word for word in a finding,
a proposal, a decision's journal or an approved object, a mark stands instead.
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Cast

from analysis.models import AnalysisRun, Finding
from ingestion import deleting
from ingestion.models import Message, Quote
from knowledge import vectors
from knowledge.models import Atom, Edit, Embedding, Task, Topic
from proposals.models import Evidence, Proposal, ReviewAction
from proposals.ranking import rank_of
from proposals.redactor import Redactor
from proposals.shown import task_words_gone, words_gone
from tasktracker.core.models import IdempotentRequest

AT_ONCE = 100


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
    ours = {"quotes__message": message}
    findings = Finding.objects.filter(Q(**ours) | Q(window__places__message=message)).distinct()
    atoms = Atom.objects.filter(**ours).distinct()
    tasks = Task.objects.filter(Q(**ours) | Q(atoms__in=atoms.values("pk"))).distinct()
    topics = Topic.objects.filter(**ours).distinct()
    objects: dict[str, models.QuerySet[Any]] = {"topic": topics, "atom": atoms, "task": tasks}
    touched = Q(evidence__quote__message=message) | Q(intakes__finding__in=findings.values("pk")) | _about(objects)
    # In the order of their ids, as everybody who locks several does.
    keys = Proposal.objects.filter(touched, workspace=message.workspace_id).values("pk")
    locked = list(Proposal.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))
    made = list(tasks)
    redactor = Redactor(_words_of(message, made))
    redactor.write(findings)
    redactor.write(locked)
    redactor.write(ReviewAction.objects.filter(proposal__in=locked))
    runs = AnalysisRun.objects.filter(Q(windows__places__message=message) | Q(proposals__in=locked))
    redactor.write(runs.distinct())
    # Found by their words: a history names what it does not quote, and outlives what it is about.
    redactor.write(_saying(Edit.objects.filter(workspace=message.workspace_id), redactor, "fields", "changes"))
    redactor.write(_saying(IdempotentRequest.objects.filter(workspace=message.workspace_id), redactor, "body"))
    for kind, rows in objects.items():
        vectors.forget(kind, redactor.write(list(rows)))
    vectors.forget(Embedding.Kind.PROPOSAL, [row.pk for row in locked])
    _drop_evidence(message, [row for row in locked if row.is_open])
    words_gone(workspace_id=message.workspace_id, proposal_ids=[row.pk for row in locked])
    task_words_gone(workspace_id=message.workspace_id, task_ids=[task.pk for task in made])
    vectors.forget(Embedding.Kind.MESSAGE, [message.pk])
    deleting.wipe(message=message)


def _words_of(message: Message, tasks: Iterable[Task]) -> list[str]:
    """All that it ever said; its first line or the lines after it, too, where a task is named or described by those.

    So does /task, which cuts long ones short. Other pieces of what was said may be anybody's words.
    """
    said = deleting.words_of(message)
    cut = [text.strip().partition("\n") for text in said]
    parts = set()
    for task in tasks:
        title, is_cut = task.title.removesuffix("…"), task.title.endswith("…")
        for first, _, rest in cut:
            line = " ".join(first.split())
            if line == title or (is_cut and line.startswith(title)):
                parts.add(title)
            if rest.strip() == task.description:
                parts.add(task.description)
    return sorted({*said, *parts} - {""}, key=len, reverse=True)


def _about(objects: dict[str, models.QuerySet[Any]]) -> Q:
    """Proposals that made, would change or were taken in by one of these: they hold what it says, or said before."""
    found = Q(pk__in=())
    for kind, rows in objects.items():
        found |= Q(kind=kind, target_id__in=rows.values("pk"))
        found |= Q(created_kind=kind, created_id__in=rows.values("pk"))
    return found


def _saying[M: models.Model](rows: models.QuerySet[M], redactor: Redactor, *columns: str) -> models.QuerySet[M]:
    """The rows whose JSON columns may hold the words; what is short enough to be anybody's is not looked for."""
    if not redactor.marks:
        return rows.none()
    names = {f"{column}_text": Cast(column, models.TextField()) for column in columns}
    said = [Q(**{f"{name}__icontains": mark}) for name in names for mark in redactor.marks]
    found: models.QuerySet[M] = rows.annotate(**names).filter(reduce(or_, said))
    return found


def _drop_evidence(message: Message, proposals: Iterable[Proposal]) -> None:
    """Open proposals stand on other words from now on; those that have none are set aside by the sweep of the desk."""
    for proposal in proposals:
        gone, _ = Evidence.objects.filter(proposal=proposal, quote__message=message).delete()
        if gone:
            Proposal.objects.filter(pk=proposal.pk).update(rank=rank_of(proposal))
