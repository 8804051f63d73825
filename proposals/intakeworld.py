"""What a batch of findings meets: proposals that wait, approved things, memories. Read in a fixed number of queries."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Prefetch
from django.db.models.functions import Lower

from analysis.models import Finding
from ingestion.models import Quote
from knowledge.kinds import MODELS, Item, kind_of
from knowledge.models import Atom, Memory, Project, Task, Topic
from proposals.identity import partners
from proposals.models import Intake, Proposal
from proposals.payloads import BODY, HEADING
from proposals.resolving import item_of, outcome_of
from proposals.suggesting import Adviser

Key = tuple[str, str]  # kind, fingerprint


class World:
    """The workspace as far as `findings` touch it; it learns of what the batch itself adds."""

    def __init__(self, workspace_id: int, findings: list[Finding]) -> None:
        self.workspace_id = workspace_id
        own = {finding.fingerprint for finding in findings}
        self._same = partners(workspace_id, own, Memory.Kind.SAME)
        wanted = own.union(*self._same.values()) if self._same else own
        self._known: dict[Key, Item] = {}
        self._makers: dict[tuple[str, int], Proposal] = {}
        self._open: dict[Key, Proposal] = {}
        self._updates: dict[tuple[str, int], Proposal] = {}
        self._read_proposals(wanted)
        self._read_named(findings)
        self._read_memories(wanted)
        self._messages: dict[tuple[str, int], set[int]] = {}
        self._read_messages()
        self._projects = [(project, _words_of(project)) for project in Project.objects.filter(workspace=workspace_id)]
        self.adviser = Adviser(project for project, _ in self._projects)

    # --- asked by the batch -----------------------------------------------------------------------------------------
    def open_for(self, finding: Finding, item: Item | None) -> Proposal | None:
        """The open proposal that the finding repeats: by fingerprint, by what a person called the same, by target."""
        for fingerprint in self._prints(finding):
            if (finding.kind, fingerprint) in self._open:
                return self._open[finding.kind, fingerprint]
        return self._updates.get((finding.kind, item.pk)) if item is not None else None

    def item_for(self, finding: Finding) -> Item | None:
        """The approved object that the finding repeats, or that the model said it is about."""
        for fingerprint in self._prints(finding):
            if (finding.kind, fingerprint) in self._known:
                return self._known[finding.kind, fingerprint]
        reference = _reference(finding)
        named = self._named.get((finding.kind, reference)) if reference else None
        return named or self._titled.get((finding.kind, finding.title.lower()))

    def rejected_for(self, finding: Finding) -> set[int] | None:
        """The messages that had been seen when it was rejected; None when it never was."""
        found = [self._rejected[one] for one in self._prints(finding) if one in self._rejected]
        return set().union(*found) if found else None

    def kept_away(self, finding: Finding) -> list[Finding]:
        """Earlier findings that were kept away for the same reason."""
        return [one for key in self._prints(finding) for one in self._away[finding.kind, key]]

    def keep_away(self, finding: Finding) -> None:
        self._away[finding.kind, finding.fingerprint].append(finding)

    def opened(self, proposal: Proposal) -> None:
        self._open[proposal.kind, proposal.fingerprint] = proposal
        if proposal.target_id is not None:
            self._updates[proposal.kind, proposal.target_id] = proposal

    def maker_of(self, item: Item) -> Proposal | None:
        """The decided proposal through which the object is known, where there is one."""
        return self._makers.get((kind_of(item), item.pk))

    def messages_of(self, item: Item) -> set[int]:
        """The messages that the object rests on already."""
        return self._messages.get((kind_of(item), item.pk), set())

    def project_for(self, payload: Mapping[str, Any]) -> Project | None:
        """The project that the payload names, or the only one whose words it uses most."""
        named = payload.get("project")
        if named:
            same = [p for p, _ in self._projects if p.name.casefold() == str(named).casefold() or p.pk == named]
            return same[0] if same else None
        keys = {*HEADING.values(), *BODY.values()}
        text = " ".join(str(payload[key]) for key in keys if payload.get(key)).casefold()
        scores = [(sum(bool(word.search(text)) for word in words), project) for project, words in self._projects]
        best = max((score for score, _ in scores), default=0)
        top = [project for score, project in scores if score == best]
        return top[0] if best and len(top) == 1 else None

    # --- read once --------------------------------------------------------------------------------------------------
    def _prints(self, finding: Finding) -> Iterable[str]:
        return (finding.fingerprint, *sorted(self._same.get(finding.fingerprint, ())))

    def _read_proposals(self, wanted: set[str]) -> None:
        rows = Proposal.objects.filter(workspace_id=self.workspace_id)
        waiting = rows.filter(status__in=Proposal.OPEN).select_for_update(of=("self",))
        for proposal in waiting.filter(fingerprint__in=wanted).select_related("run"):
            self.opened(proposal)
        for proposal in waiting.filter(target_id__isnull=False):
            self.opened(self._open.get((proposal.kind, proposal.fingerprint), proposal))
        decided = rows.filter(fingerprint__in=wanted, status__in=["approved", "merged"]).select_related("merged_into")
        found = list(decided.order_by("decided_at"))
        ids: dict[str, set[int]] = defaultdict(set)
        for proposal in found:
            if proposal.created_id is not None:
                ids[proposal.created_kind].add(proposal.created_id)
        items = {kind: model._default_manager.in_bulk(ids[kind]) for kind, model in MODELS.items()}
        for proposal in found:
            item: Any = items[proposal.kind].get(proposal.created_id) if proposal.created_id else None
            if item is None or getattr(item, "merged_into_id", None):
                item = outcome_of(proposal)
            if item is not None:
                self._known[proposal.kind, proposal.fingerprint] = item
                self._makers[proposal.kind, item.pk] = proposal

    def _read_named(self, findings: list[Finding]) -> None:
        """Objects that a model referred to, and objects made by hand with the very title."""
        self._named: dict[tuple[str, int], Item] = {}
        self._titled: dict[Key, Item] = {}
        for kind, model in MODELS.items():
            mine = [finding for finding in findings if finding.kind == kind]
            rows: Any = model._default_manager.filter(workspace_id=self.workspace_id)
            for pk, item in rows.in_bulk({ref for one in mine if (ref := _reference(one))}).items():
                living = item_of(kind, pk, self.workspace_id) if getattr(item, "merged_into_id", None) else item
                if living is not None:
                    self._named[kind, pk] = living
            if kind != "task":
                rows = rows.filter(status="active")
            rows = rows.annotate(folded=Lower(HEADING[kind]))
            for item in rows.filter(folded__in={one.title.lower() for one in mine}).order_by("-id"):
                self._titled[kind, item.folded] = item

    def _read_memories(self, wanted: set[str]) -> None:
        rejected = Memory.objects.filter(
            workspace_id=self.workspace_id, kind=Memory.Kind.REJECTED, fingerprint__in=wanted
        ).prefetch_related("messages")
        self._rejected = {row.fingerprint: {message.pk for message in row.messages.all()} for row in rejected}
        self._away: dict[Key, list[Finding]] = defaultdict(list)
        if not self._rejected:
            return
        quotes = Prefetch("quotes", queryset=Quote.objects.select_related("message"))
        earlier = Finding.objects.filter(
            workspace_id=self.workspace_id,
            fingerprint__in=self._rejected,
            intake__outcome=Intake.Outcome.REMEMBERED,
        ).prefetch_related(quotes)
        for finding in earlier.order_by("id"):
            self._away[finding.kind, finding.fingerprint].append(finding)

    def _read_messages(self) -> None:
        for kind, model in (("topic", Topic), ("atom", Atom), ("task", Task)):
            items = {
                item.pk
                for item in (*self._known.values(), *self._named.values(), *self._titled.values())
                if isinstance(item, model)
            }
            rows: Any = model._default_manager.filter(pk__in=items, quotes__isnull=False)
            for pk, message in rows.values_list("pk", "quotes__message_id"):
                self._messages.setdefault((kind, pk), set()).add(message)


def _reference(finding: Finding) -> int | None:
    """The approved object that the model named in `known`, where it is of the finding's kind."""
    known = finding.payload.get("known")
    if isinstance(known, dict) and known.get("kind") == finding.kind and isinstance(known.get("id"), int):
        return int(known["id"])
    return None


def _words_of(project: Project) -> list[re.Pattern[str]]:
    words = {word.casefold() for word in (project.name, *project.keywords, *project.components) if word.strip()}
    return [re.compile(rf"(?<!\w){re.escape(word)}(?!\w)") for word in words]
