"""From an answer to Findings: references become rows, quotes become passages, the rest is kept as it was given.

The payload of a finding is the engine's item, with references resolved:

- `known`: `{"kind", "id"}` of the approved topic, atom or task that it repeats or updates; null when it is new
- `topic` of an atom: a name; with `topic_id` where that is an approved topic
- `links` of an atom: `[{"to", "type"}]`, where `to` is the id of an approved atom or the title of another atom
- `atoms` of a task: ids of approved atoms
- `evidence`: as the engine gave it; what was found in the messages is in the finding's quotes
"""

from collections.abc import Sequence
from typing import Any

from analysis.evidence import CheckedItem
from analysis.fingerprints import fingerprint
from analysis.inputs import Loaded
from analysis.known import KnownRow
from analysis.models import AnalysisRun, Finding
from analysis.prompts.answers import AtomItem, Item, TaskItem, TopicItem
from ingestion import services as ingestion
from ingestion.models import Quote
from ingestion.text import clean_json, clean_name, clean_text


def write(*, run: AnalysisRun, window_id: int, loaded: Loaded, items: Sequence[CheckedItem]) -> None:
    """Store a window's findings with their quotes, in the caller's transaction."""
    findings = Finding.objects.bulk_create(
        _finding(run, window_id, loaded, ordinal, checked) for ordinal, checked in enumerate(items)
    )
    quotes: dict[tuple[str, int, int], Quote] = {}
    links: dict[tuple[int, int], Any] = {}
    for finding, checked in zip(findings, items, strict=True):
        for proof in checked.proofs:
            key = (proof.ref, proof.passage.start, proof.passage.end)
            if key not in quotes:
                quotes[key] = ingestion.quote_passage(
                    message=loaded.messages[proof.ref], start=proof.passage.start, end=proof.passage.end
                )
            pair = (finding.pk, quotes[key].pk)
            links[pair] = Finding.quotes.through(finding_id=pair[0], quote_id=pair[1])
    Finding.quotes.through.objects.bulk_create(links.values())


def _finding(run: AnalysisRun, window_id: int, loaded: Loaded, ordinal: int, checked: CheckedItem) -> Finding:
    item = checked.item
    kind, title, extra = _identity(item)
    return Finding(
        workspace_id=run.workspace_id,
        run=run,
        window_id=window_id,
        ordinal=ordinal,
        kind=kind,
        title=title,
        payload=_payload(item, loaded),
        fingerprint=fingerprint(kind, title, extra),
        confidence=item.confidence,
        reasoning=clean_text(item.reasoning).text,
        unproven=checked.unproven,
    )


def _identity(item: Item) -> tuple[str, str, str]:
    """Kind, title, and what else tells two findings of one title apart."""
    if isinstance(item, TopicItem):
        return "topic", clean_name(item.name), ""
    if isinstance(item, AtomItem):
        return "atom", clean_name(item.title), item.type
    if isinstance(item, TaskItem):
        return "task", clean_name(item.title), ""
    raise TypeError(f"{type(item).__name__} is no item of an answer")


def _payload(item: Item, loaded: Loaded) -> dict[str, Any]:
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
        payload["atoms"] = [loaded.atoms[ref].pk for ref in item.atoms if ref in loaded.atoms]
    return payload


def _topic(item: AtomItem, loaded: Loaded) -> KnownRow | None:
    """The approved topic that an atom names, by reference or by its very name."""
    wanted = item.topic or ""
    row = loaded.known.get(wanted)
    if row is not None:
        return row if row.kind == "topic" else None
    return next((row for row in loaded.known.values() if row.kind == "topic" and row.title == wanted), None)
