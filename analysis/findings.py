"""From an answer to Findings: references become rows, quotes become passages, the rest is kept as it was given.

The payload of a finding is the engine's item, with references resolved:

- `known`: `{"kind", "id"}` of the approved topic, atom or task that it repeats or updates; null when it is new
- `topic` of an atom: a name; with `topic_id` where that is an approved topic
- `links` of an atom: `[{"to", "type"}]`, where `to` is the id of an approved atom or the title of another atom
- `atoms` of a task: ids of approved atoms
- `fields` of a task: those that a task configuration knows and whose values keep its rule; the others are left out
- `evidence`: as the engine gave it; what was found in the messages is in the finding's quotes
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.evidence import CheckedItem, Proof
from analysis.fingerprints import fingerprint
from analysis.inputs import Loaded
from analysis.known import KnownRow
from analysis.models import AnalysisRun, Finding
from analysis.prompts.answers import AtomItem, Item, TaskItem, TopicItem
from analysis.results import Answered
from analysis.task_configs import properties_for
from analysis.task_fields import fitting
from ingestion.models import Message, Quote
from ingestion.text import clean_json, clean_name, clean_text

Key = tuple[int, int, int, str]  # what a Quote is unique by


def write(*, run: AnalysisRun, answers: Sequence[Answered]) -> None:
    """Store the findings of windows with their quotes, in the caller's transaction, in a few statements."""
    answers = _without_deleted(answers)
    has_fields = any(isinstance(one.item, TaskItem) and one.item.fields for answer in answers for one in answer.items)
    rules = properties_for(run.workspace_id) if has_fields else {}
    drafts = [
        (answer.loaded, checked, _finding(run, answer.loaded, ordinal, checked, rules))
        for answer in answers
        for ordinal, checked in enumerate(answer.items)
    ]
    Finding.objects.bulk_create(finding for _, _, finding in drafts)
    quotes = _quotes(run, (_key(loaded, proof) for loaded, checked, _ in drafts for proof in checked.proofs))
    links = {
        (finding.pk, quotes[_key(loaded, proof)]) for loaded, checked, finding in drafts for proof in checked.proofs
    }
    through = Finding.quotes.through
    through.objects.bulk_create(through(finding_id=finding, quote_id=quote) for finding, quote in sorted(links))


def _without_deleted(answers: Sequence[Answered]) -> list[Answered]:
    """What was deleted while the model thought is no evidence any more; an item that stood on nothing else goes."""
    shown = {message.pk for answer in answers for message in answer.loaded.messages.values()}
    gone = set(Message.objects.filter(pk__in=shown, deleted_at__isnull=False).values_list("pk", flat=True))
    if not gone:
        return list(answers)

    def left(answer: Answered) -> Iterator[CheckedItem]:
        refs = {ref for ref, message in answer.loaded.messages.items() if message.pk in gone}
        for checked in answer.items:
            proofs = tuple(proof for proof in checked.proofs if proof.ref not in refs)
            if proofs or not checked.proofs:
                yield replace(checked, proofs=proofs)

    return [replace(answer, items=tuple(left(answer))) for answer in answers]


def _quotes(run: AnalysisRun, keys: Iterable[Key]) -> dict[Key, int]:
    """Ids of the passages, made where they are missing, whoever else makes them at the same time."""
    wanted = sorted(set(keys))
    Quote.objects.bulk_create(
        (
            Quote(workspace_id=run.workspace_id, message_id=message, start=start, end=end, text=text)
            for message, start, end, text in wanted
        ),
        ignore_conflicts=True,
    )
    rows = Quote.objects.filter(message__in={key[0] for key in wanted})
    found = rows.values_list("message_id", "start", "end", "text", "pk")
    return {(message, start, end, text): pk for message, start, end, text, pk in found}


def _key(loaded: Loaded, proof: Proof) -> Key:
    message, passage = loaded.messages[proof.ref], proof.passage
    return (message.pk, passage.start, passage.end, message.text[passage.start : passage.end])


def _finding(run: AnalysisRun, loaded: Loaded, ordinal: int, checked: CheckedItem, rules: Mapping[str, Any]) -> Finding:
    item = checked.item
    kind, title, extra = identity(item)
    return Finding(
        workspace_id=run.workspace_id,
        run=run,
        window_id=loaded.window_id,
        ordinal=ordinal,
        kind=kind,
        title=title,
        payload=_payload(item, loaded, rules),
        fingerprint=fingerprint(kind, title, extra),
        confidence=item.confidence,
        reasoning=clean_text(item.reasoning).text,
        unproven=checked.unproven,
    )


def identity(item: Item) -> tuple[str, str, str]:
    """Kind, title, and what else tells two findings of one title apart."""
    if isinstance(item, TopicItem):
        return "topic", clean_name(item.name), ""
    if isinstance(item, AtomItem):
        return "atom", clean_name(item.title), item.type
    if isinstance(item, TaskItem):
        return "task", clean_name(item.title), ""
    raise TypeError(f"{type(item).__name__} is no item of an answer")


def _payload(item: Item, loaded: Loaded, rules: Mapping[str, Any]) -> dict[str, Any]:
    values = item.model_dump(mode="json")
    # A model may put anything into a string, also what the database does not take.
    payload: dict[str, Any] = clean_json(values).value
    row = loaded.known.get(str(values.get("known")))
    payload["known"] = {"kind": row.kind, "id": row.id} if row else None
    if isinstance(item, AtomItem):
        topic = _topic(item, loaded)
        if topic is not None:
            payload |= {"topic": topic.title, "topic_id": topic.id}
        payload["links"] = [
            {"to": known.id if known else link.to, "type": link.type.value}
            for link in item.links
            for known in [loaded.known.get(link.to)]
            if known is None or known.kind == "atom"
        ]
    if isinstance(item, TaskItem):
        payload["fields"] = fitting(payload["fields"], rules)
        payload["atoms"] = [loaded.atoms[ref].pk for ref in item.atoms if ref in loaded.atoms]
    return payload


def _topic(item: AtomItem, loaded: Loaded) -> KnownRow | None:
    """The approved topic that an atom names, by reference or by its very name."""
    wanted = item.topic or ""
    row = loaded.known.get(wanted)
    if row is not None:
        return row if row.kind == "topic" else None
    return next((row for row in loaded.known.values() if row.kind == "topic" and row.title == wanted), None)
