"""What stands on a person's words, and the job that takes it away: every message as if its author had deleted it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Cast

from analysis.models import Finding
from ingestion import deleting, erasing, people, people_erased
from ingestion.erasing import Known
from ingestion.models import Erasure, Message, MessageRevision, Participant, Quote, Upload
from knowledge import vectors
from knowledge.models import Atom, Task, Topic
from proposals import redacting
from proposals.models import Proposal
from proposals.redactor import TEXTS, Redactor
from proposals.shown import task_words_gone, words_gone
from tasktracker.core.models import Workspace

LONG_NAME = 8  # letters: a shorter name of one word may be anybody's, or a word of the language
PATHS: dict[type[models.Model], str] = {Finding: "run__workspace"}
VECTORS: dict[type[models.Model], str] = {Topic: "topic", Atom: "atom", Task: "task", Proposal: "proposal"}


@dataclass(frozen=True, slots=True)
class Footprint:
    """What an erasure will touch: figures by what is counted, in the order in which they are shown."""

    counts: dict[str, int]


def footprint(*, workspace: Workspace, participant_id: int) -> Footprint:
    """What stands on the words of a person, all accounts together."""
    rows = list(people.accounts([participant_id]).filter(workspace=workspace))
    said = Message._base_manager.filter(author__in=rows, deleted_at=None)
    quotes = Quote._base_manager.filter(message__author__in=rows)
    ours = quotes.values("pk")
    atoms = Atom._base_manager.filter(quotes__in=ours).distinct()
    tasks = Task._base_manager.filter(Q(quotes__in=ours) | Q(atoms__in=atoms.values("pk"))).distinct()
    known = Known.of(rows)
    return Footprint(
        {
            "messages": said.count(),
            "earlier_texts": MessageRevision._base_manager.filter(message__author__in=rows).count(),
            "quotes": quotes.count(),
            "topics": Topic._base_manager.filter(quotes__in=ours).distinct().count(),
            "atoms": atoms.count(),
            "tasks": tasks.count(),
            "proposals": Proposal._base_manager.filter(evidence__quote__in=ours).distinct().count(),
            "raw_deliveries": erasing.deliveries_about(workspace_id=workspace.pk, known=known),
            "assigned_tasks": Task._base_manager.filter(assignee__in=rows).count(),
        }
    )


def erase(*, erasure_id: int) -> Erasure:
    """Do, or go on with, what an erasure asks for; one that is done stays as it is."""
    erasure = Erasure.objects.get(pk=erasure_id)
    while erasure.finished_at is None and (ids := erasing.words_left(erasure)):
        for message_id in ids:
            with transaction.atomic():
                if not Message.objects.select_for_update(of=("self",)).filter(pk=message_id, deleted_at=None).exists():
                    continue  # another worker's: it is counted once
                deleting.delete_message(message_id=message_id, by=erasure.by)
                redacting.forget_message(message_id=message_id)
                erasing.count(erasure=erasure, messages=1)
    if erasure.finished_at is not None:
        return erasure
    known = erasing.known_to(erasure)
    counts = erasing.wipe_traces(erasure=erasure, known=known)
    counts["named_in"] = _forget_name(erasure.workspace_id, known)
    counts["named_by_others"] = _named_by_others(erasure, known)
    counts["files_waiting"] = Upload.objects.filter(workspace=erasure.workspace_id).exclude(stored="").count()
    return erasing.finish(erasure=erasure, counts=counts)


def go_on() -> int:
    """What a lost worker left of erasures; how many there were."""
    rows = erasing.at_work()
    for row in rows:
        erase(erasure_id=row.pk)
    return len(rows)


class NameRedactor(Redactor):
    """Puts "Erased person" where a name stands: as a value, or as whole words where it is plainly somebody's name."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        plain = [name for name in self._names if " " in name.strip() or len(name.strip()) >= LONG_NAME]
        found = "|".join(re.escape(name) for name in sorted(plain, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<!\w)(?:{found})(?!\w)") if plain else None
        self.marks = sorted(self._names)

    def clean(self, value: Any) -> Any:
        """As of a `Redactor`, with the name instead of the words."""
        if isinstance(value, str):
            if value in self._names:
                return people_erased.NAME
            return self._pattern.sub(people_erased.NAME, value) if self._pattern else value
        return super().clean(value)


@transaction.atomic
def _forget_name(workspace_id: int, known: Known) -> int:
    """The name out of what was written by models and people, and of who was forwarded; how many rows had it."""
    redactor, touched = NameRedactor(known.names), 0
    for model, columns in TEXTS.items():
        ours = model._base_manager.filter(**{PATHS.get(model, "workspace"): workspace_id})
        rows = _naming(ours, known.names, columns)
        written = redactor.write(rows.order_by("pk"))
        touched += len(written)
        if model in VECTORS:
            vectors.forget(VECTORS[model], written)
        if model is Proposal:
            words_gone(workspace_id=workspace_id, proposal_ids=written)
        if model is Task:
            task_words_gone(workspace_id=workspace_id, task_ids=written)
    messages = Message._base_manager.filter(workspace=workspace_id)
    touched += messages.filter(forwarded_from__in=known.names).update(forwarded_from=people_erased.NAME)
    for message in _naming(messages, known.names, ("metadata",)).only("pk", "metadata"):
        cleaned = redactor.clean(message.metadata)
        if cleaned != message.metadata:
            touched += messages.filter(pk=message.pk).update(metadata=cleaned)
    for upload in _naming(Upload.objects.filter(workspace=workspace_id), known.names, ("preview", "report")):
        cleaned_preview, cleaned_report = redactor.clean(upload.preview), redactor.clean(upload.report)
        touched += Upload.objects.filter(pk=upload.pk).update(preview=cleaned_preview, report=cleaned_report)
    return touched


def _naming[M: models.Model](
    rows: models.QuerySet[M], names: Iterable[str], columns: Iterable[str]
) -> models.QuerySet[M]:
    """Rows in which one of the names stands, as text or inside of JSON."""
    said, casts = Q(pk__in=()), {}
    for column in columns:
        casts[f"{column}_text"] = Cast(column, models.TextField())
        for name in names:
            said |= Q(**{f"{column}_text__contains": name})
    found: models.QuerySet[M] = rows.annotate(**casts).filter(said)
    return found


def _named_by_others(erasure: Erasure, known: Known) -> int:
    """How many messages of other people name them: those are theirs, and stay."""
    said = Q(pk__in=())
    for name in known.names:
        said |= Q(text__contains=name)
    rows = Message._base_manager.filter(said, workspace=erasure.workspace_id, deleted_at=None)
    return rows.exclude(author__in=Participant.objects.filter(pk__in=erasure.participants)).count()
