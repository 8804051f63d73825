"""Taking findings in: each becomes a proposal, or strengthens, updates or is kept away by what is there. Once."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Prefetch

from analysis.models import AnalysisRun, Finding
from ingestion.models import Quote
from knowledge import desk
from knowledge.kinds import Item
from proposals import origins, payloads, suggesting, transitions
from proposals.diffs import as_payload, diff_of
from proposals.intakeworld import World
from proposals.models import Evidence, Intake, Proposal
from proposals.ranking import rank_of
from proposals.support import independent
from proposals.uniting import UNITED, both_lists
from tasktracker.core.enums import Recommendation
from tasktracker.core.events import ProposalCreated, emit_all
from tasktracker.core.journal import Journal
from tasktracker.core.rows import planned_cursor

BATCH = 250  # findings a transaction: reviewers of the workspace wait that long at most
NEW_VOICES = 2  # independent messages that bring back what was rejected
TRIES = 3
# By hand: what bulk_update makes of it (a WHEN for each row) was two fifths of the whole intake.
RANK = """
UPDATE proposals_proposal p SET rank = made.rank
FROM unnest(%b::bigint[], %b::float8[]) AS made(id, rank) WHERE p.id = made.id
"""
Outcome = Intake.Outcome
S = Proposal.Status


def take_in(*, run_id: int) -> dict[str, int]:
    """Take in every finding of the run that was not yet: how many by outcome.

    Idempotent, and safe beside itself and beside reviewers: an Intake row for each finding is written in the
    transaction that acts on it, under the workspace's desk.
    """
    workspace_id = AnalysisRun.objects.values_list("workspace_id", flat=True).get(pk=run_id)
    counts: Counter[str] = Counter()
    while True:
        done = _batch(run_id, workspace_id)
        counts.update(done)
        if not done:
            return dict(counts)


def _batch(run_id: int, workspace_id: int) -> Counter[str]:
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                desk.hold(workspace_id)
                findings = list(waiting().filter(run_id=run_id)[:BATCH])
                return Batch(World(workspace_id, findings)).take(findings) if findings else Counter()
        except IntegrityError:
            # Somebody opened a proposal of the same fingerprint without holding the desk: read the world again.
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def waiting() -> Any:
    """Findings that were not taken in, oldest first, with their quotes and messages."""
    quotes = Prefetch("quotes", queryset=Quote.objects.select_related("message"))
    return Finding.objects.filter(intake=None).select_related("run").prefetch_related(quotes).order_by("id")


@dataclass
class Batch:
    """One transaction's findings against the world as it is; rows are written together at the end."""

    world: World
    new: list[Proposal] = field(default_factory=list)
    touched: dict[int, Proposal] = field(default_factory=dict)
    evidence: list[tuple[Proposal, Quote, Finding]] = field(default_factory=list)
    taken: list[tuple[Finding, str, Proposal | None]] = field(default_factory=list)

    def take(self, findings: list[Finding]) -> Counter[str]:
        """Take each in, then write; the counts by outcome."""
        for finding in findings:
            outcome, proposal = self._one(finding)
            self.taken.append((finding, outcome, proposal))
        self._write()
        return Counter(outcome for _, outcome, _ in self.taken)

    def _one(self, finding: Finding) -> tuple[str, Proposal | None]:
        world = self.world
        said = payloads.from_finding(finding.kind, finding.title, finding.payload)
        item = world.item_for(finding)
        waits = world.open_for(finding, item)
        if waits is not None:
            return self._repeat(waits, finding, said, item)
        rejected = world.rejected_for(finding)
        earlier: list[Finding] = []
        if rejected is not None:
            earlier = world.kept_away(finding)
            messages = [quote.message for one in (*earlier, finding) for quote in one.quotes.all()]
            if independent(messages, seen=rejected) < NEW_VOICES:
                world.keep_away(finding)
                return Outcome.REMEMBERED, None
        if item is not None:
            return self._about_known(finding, said, item, earlier)
        return Outcome.PROPOSED, self._propose(finding, said, earlier)

    def _repeat(
        self, proposal: Proposal, finding: Finding, said: dict[str, Any], item: Item | None
    ) -> tuple[str, Proposal]:
        """One that waits already: more evidence, more rank; what a person wrote into it stays."""
        payload = dict(proposal.payload)
        for key in UNITED[proposal.kind]:
            payload[key] = both_lists(said.get(key), payload.get(key))
        if item is not None and "diff" in payload:
            grown = diff_of(proposal.kind, payload, said)
            mine = {key for key, who in proposal.origins.items() if who in origins.PEOPLE}
            for key in grown.keys() - mine:
                before = payload["diff"].get(key, grown[key])["before"]
                payload["diff"] = {**payload["diff"], key: {"before": before, "after": grown[key]["after"]}}
                payload[key] = grown[key]["after"]
        proposal.payload = payload
        self._support(proposal, finding)
        return Outcome.REPEATED, proposal

    def _about_known(
        self, finding: Finding, said: dict[str, Any], item: Item, earlier: list[Finding]
    ) -> tuple[str, Proposal | None]:
        """One that people have approved: an update of it where new words say something new, else nothing."""
        new_words = {quote.message_id for quote in finding.quotes.all()} - self.world.messages_of(item)
        now = as_payload(item)
        diff = diff_of(finding.kind, now, said) if new_words else {}
        if not diff and (not new_words or finding.kind == Finding.Kind.TOPIC):
            return Outcome.KNOWN, self.world.maker_of(item)
        payload = {**said, **now, **{key: change["after"] for key, change in diff.items()}, "diff": diff}
        advice = finding.payload.get("recommendation")
        merge = advice == Recommendation.MERGE
        proposal = self._propose(finding, payload, earlier)
        proposal.recommendation = Recommendation.MERGE if merge else Recommendation.UPDATE_EXISTING
        proposal.target_id = item.pk
        self.world.opened(proposal)
        return Outcome.PROPOSED, proposal

    def _propose(self, finding: Finding, payload: dict[str, Any], earlier: list[Finding]) -> Proposal:
        topic_id = finding.payload.get("topic_id")
        if isinstance(topic_id, int):
            payload["topic_id"] = topic_id
        quoted = any(one.quotes.all() for one in (finding, *earlier))
        advice = finding.payload.get("recommendation")
        ruled: set[str] = set()
        if finding.kind == Finding.Kind.TASK and "diff" not in payload:  # a new one; what is known has its own fields
            words = [quote.text for one in (*earlier, finding) for quote in one.quotes.all()]
            ruled = suggesting.fill(self.world.adviser, payload, given=finding.payload, quotes=words)
        proposal = Proposal(
            workspace_id=finding.workspace_id,
            kind=finding.kind,
            status=S.PENDING if quoted and not finding.unproven else S.NEEDS_EVIDENCE,
            fingerprint=finding.fingerprint,
            title=payloads.title_of(finding.kind, payload),
            payload=payload,
            origins=dict.fromkeys(payloads.KINDS[finding.kind].model_fields, origins.AI)
            | dict.fromkeys(ruled, origins.RULES),
            recommendation=advice if advice == Recommendation.REJECT else Recommendation.NEW_TASK,
            confidence=finding.confidence,
            reasoning=finding.reasoning,
            run_id=finding.run_id,
            project=self.world.project_for(payload),
        )
        self.new.append(proposal)
        self.world.opened(proposal)
        for one in (*earlier, finding):
            self._support(proposal, one)
        return proposal

    def _support(self, proposal: Proposal, finding: Finding) -> None:
        self.evidence.extend((proposal, quote, finding) for quote in finding.quotes.all())
        if proposal.pk is not None:
            self.touched[proposal.pk] = proposal

    def _write(self) -> None:
        Proposal.objects.bulk_create(self.new)
        rows = {(p.pk, q.pk): Evidence(proposal=p, quote=q, finding=f) for p, q, f in reversed(self.evidence)}
        Evidence.objects.bulk_create(reversed(rows.values()), ignore_conflicts=True)
        changed = [*self.new, *self.touched.values()]
        voices = _voices([proposal.pk for proposal in changed])
        for proposal in changed:
            proposal.rank = rank_of(proposal, voices.get(proposal.pk, ()))
        with planned_cursor() as cursor:
            cursor.execute(RANK, [[proposal.pk for proposal in changed], [proposal.rank for proposal in changed]])
        Proposal.objects.bulk_update(self.touched.values(), ["payload"], batch_size=500)
        Intake.objects.bulk_create(
            Intake(finding=finding, outcome=outcome, proposal=proposal) for finding, outcome, proposal in self.taken
        )
        for proposal in self.touched.values():
            if proposal.status == S.NEEDS_EVIDENCE and voices.get(proposal.pk):
                transitions.go(proposal, to=S.PENDING, by=None, journal=Journal(), note="a quote was found")
        emit_all(
            [
                ProposalCreated(
                    workspace_id=proposal.workspace_id,
                    object_id=proposal.pk,
                    proposal_kind=proposal.kind,
                    status=proposal.status,
                    run=proposal.run_id,
                )
                for proposal in self.new
            ]
        )


def _voices(proposals: list[int]) -> dict[int, list[Any]]:
    """(author, time) of all evidence, by proposal."""
    found: dict[int, list[Any]] = {}
    rows = Evidence.objects.filter(proposal__in=proposals)
    for pk, author, at in rows.values_list("proposal_id", "quote__message__author_id", "quote__message__sent_at"):
        found.setdefault(pk, []).append((author, at))
    return found
