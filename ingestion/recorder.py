"""Many messages at once: a batch of drafts into the tables, in one transaction with one event."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from operator import itemgetter
from typing import Any

from django.conf import settings
from django.db import transaction

from ingestion import people_erased
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.models import Channel, Message, Participant, Source
from ingestion.storage import Placed, insert_new, take_edit
from ingestion.taking import why_left_out
from ingestion.tidy import Judged, is_newer, judge, tidy
from tasktracker.core.errors import Invalid
from tasktracker.core.events import MessagesImported, emit

REASONS_KEPT = 20


@dataclass(slots=True)
class ImportReport:
    """What became of the records of an import; `reasons` names the first `kept` that were skipped or in error.

    A reason is `where: why`. `notes` has what a person should know of the file as a whole.
    """

    seen: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    errors: int = 0
    reasons: list[str] = field(default_factory=list)
    kept: int = REASONS_KEPT
    notes: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """The six figures that scripts read."""
        return {name: value for name, value in asdict(self).items() if name not in ("reasons", "kept", "notes")}

    def note(self, reason: str) -> None:
        """Keep a reason for the report, up to a limit."""
        if len(self.reasons) < self.kept:
            self.reasons.append(reason)

    def add(self, part: "ImportReport") -> None:
        """Take in the figures and reasons of a part."""
        for name, value in part.counts().items():
            setattr(self, name, getattr(self, name) + value)
        for reason in part.reasons:
            self.note(reason)


def prepare(
    drafts: Iterable[MessageDraft], report: ImportReport, filters: Mapping[str, Any] | None = None
) -> list[Judged]:
    """The drafts as they will be stored, each with its verdict, and with what a source's `filters` say of it.

    One without an id is an error of the report. Pure.
    """
    limit = settings.MESSAGE_TEXT_LIMIT
    judged: list[Judged] = []
    for draft in drafts:
        try:
            clean = tidy(draft, limit=limit)
        except Invalid as error:
            report.errors += 1
            report.note(f"{draft.external_id or 'a message without an id'}: {error.detail}")
        else:
            judged.append(Judged(clean, judge(clean), why_left_out(filters, clean) if filters else ""))
    return judged


class Recorder:
    """Stores batches of drafts for one source, remembering the channels and people that it has met."""

    def __init__(self, source: Source, report: ImportReport) -> None:
        self.source = source
        self.report = report
        self._channels: dict[tuple[str, str], int] = {}
        self._people: dict[tuple[str, str], int] = {}
        self._erased: set[tuple[str, str]] = set()

    @transaction.atomic(savepoint=False)
    def record(self, batch: list[Judged]) -> dict[tuple[int, str], int]:
        """Store what `prepare` gave in one transaction, with one event; returns key → id of the new messages."""
        batch = self._taken(batch)
        if not batch:
            return {}
        # The last copy within a batch is the newest one in every format.
        unique = {place.key: place for place in self._place(batch)}
        self.report.unchanged += len(batch) - len(unique)
        workspace_id = self.source.workspace_id
        new = insert_new(list(unique.values()), workspace_id=workspace_id, source_id=self.source.pk)
        self.report.created += len(new)
        known = [place for key, place in unique.items() if key not in new]
        updated = self._take_edits(known)
        self.report.updated += updated
        self.report.unchanged += len(known) - updated
        if new:
            emit(
                MessagesImported(
                    workspace_id=workspace_id,
                    object_id=self.source.pk,
                    count=len(new),
                    first=min(new.values()),
                    last=max(new.values()),
                )
            )
        return new

    def _taken(self, batch: list[Judged]) -> list[Judged]:
        """Without what the source leaves out; what is here already goes on being followed."""
        left_out = [judged.draft for judged in batch if judged.left_out]
        if not left_out:
            return batch
        found = Message.objects.filter(
            workspace=self.source.workspace_id,
            channel__platform__in={draft.channel.platform for draft in left_out},
            channel__external_id__in={draft.channel.external_id for draft in left_out},
            external_id__in=[draft.external_id for draft in left_out],
        )
        here = set(found.values_list("channel__platform", "channel__external_id", "external_id"))
        taken = []
        for judged in batch:
            draft = judged.draft
            known = (draft.channel.platform, draft.channel.external_id, draft.external_id) in here
            if known or not judged.left_out:
                taken.append(judged)
            else:
                self.report.skipped += 1
                self.report.note(f"{draft.external_id}: {judged.left_out}")
        return taken

    def _place(self, batch: list[Judged]) -> list[Placed]:
        self._meet([judged.draft for judged in batch])
        channels, people = self._channels, self._people
        if self._erased:
            batch = [self._heard(judged) for judged in batch]
        return [
            Placed(
                draft,
                channels[draft.channel.platform, draft.channel.external_id],
                people[draft.channel.platform, draft.author.external_id] if draft.author else None,
                verdict,
            )
            for draft, verdict, _ in batch
        ]

    def _heard(self, judged: Judged) -> Judged:
        author = judged.draft.author
        if author is None or (judged.draft.channel.platform, author.external_id) not in self._erased:
            return judged
        return Judged(people_erased.silenced(judged.draft), people_erased.VERDICT)

    def _meet(self, drafts: list[MessageDraft]) -> None:
        """Make sure of the rows of the channels and people that were not met before; the last name stays."""
        channels: dict[tuple[str, str], ChannelDraft] = {}
        people: dict[tuple[str, str], PersonDraft] = {}
        for draft in drafts:
            channel, author = draft.channel, draft.author
            if (key := (channel.platform, channel.external_id)) not in self._channels:
                channels[key] = channel
            if author is not None and (key := (channel.platform, author.external_id)) not in self._people:
                people[key] = author
        # In one order everywhere: two imports that meet the same people must not wait for each other in a ring.
        if channels:
            self._add_channels(sorted(channels.items(), key=itemgetter(0)))
        if people:
            self._add_people(sorted(people.items(), key=itemgetter(0)))

    def _add_channels(self, drafts: list[tuple[tuple[str, str], ChannelDraft]]) -> None:
        rows = Channel.objects.bulk_create(
            [
                Channel(workspace_id=self.source.workspace_id, platform=platform, external_id=native, title=draft.title)
                for (platform, native), draft in drafts
            ],
            update_conflicts=True,
            unique_fields=["workspace", "platform", "external_id"],
            update_fields=["title", "updated_at"],
        )
        self._channels |= {(row.platform, row.external_id): row.pk for row in rows}

    def _add_people(self, drafts: list[tuple[tuple[str, str], PersonDraft]]) -> None:
        gone = people_erased.find(workspace_id=self.source.workspace_id, people=[key for key, _ in drafts])
        if gone:
            self._people |= {key: row.pk for key, row in gone.items()}
            self._erased |= gone.keys()
            drafts = [(key, draft) for key, draft in drafts if key not in gone]
        rows = Participant.objects.bulk_create(
            [
                Participant(
                    workspace_id=self.source.workspace_id,
                    platform=platform,
                    external_id=native,
                    name=draft.name,
                    is_bot=draft.is_bot,
                )
                for (platform, native), draft in drafts
            ],
            update_conflicts=True,
            unique_fields=["workspace", "platform", "external_id"],
            update_fields=["name", "updated_at"],
        )
        self._people |= {(row.platform, row.external_id): row.pk for row in rows}

    def _take_edits(self, known: list[Placed]) -> int:
        edits = {place.key: place.draft for place in known if place.draft.edited_at is not None}
        if not edits:
            return 0
        stored = Message.objects.select_for_update().filter(
            channel_id__in={channel for channel, _ in edits}, external_id__in={key for _, key in edits}
        )
        updated = 0
        for message in stored.order_by("pk"):
            draft = edits.get((message.channel_id, message.external_id))
            if draft is not None and is_newer(draft.edited_at, message.edited_at):
                updated += take_edit(message=message, draft=draft)
        return updated
