"""Admin pages of what people must decide. Decisions go through the services, like everywhere."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from proposals import services
from proposals.desk import Filters
from proposals.models import (
    AutoApproval,
    Digest,
    Duty,
    DutyPlace,
    Evidence,
    Intake,
    Proposal,
    ReviewAction,
    SavedFilter,
    ShownProposal,
)
from tasktracker.core.adminsite import ReadOnlyInline, ScopedAdmin, managed
from tasktracker.core.enums import RejectReason
from tasktracker.core.paths import is_number


class TierFilter(admin.SimpleListFilter):
    title = "tier"
    parameter_name = "tier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("high", "High"), ("medium", "Medium"), ("low", "Low")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> QuerySet[Proposal]:
        if self.value() == "high":
            return queryset.filter(confidence__gt=0.9)
        if self.value() == "medium":
            return queryset.filter(confidence__gte=0.7, confidence__lte=0.9)
        if self.value() == "low":
            return queryset.filter(confidence__lt=0.7)
        return queryset


class OwnSavedFilter(admin.SimpleListFilter):
    """The filters of the desk that the reader saved: the list that the desk would show, by the same code."""

    title = "saved filter"
    parameter_name = "saved"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        self._own = SavedFilter.objects.filter(user_id=request.user.pk, workspace__in=managed(request))
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = list(self._own.select_related("workspace").order_by("name", "pk"))
        several = len({row.workspace_id for row in rows}) > 1
        return [(str(row.pk), f"{row.name}, {row.workspace}" if several else row.name) for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> QuerySet[Proposal]:
        value = self.value()
        if value is None:
            return queryset
        saved = self._own.select_related("workspace").filter(pk=value).first() if is_number(value) else None
        if saved is None:
            return queryset.none()  # not everything: somebody may be about to decide all of the list
        found = Filters.of(QueryDict(saved.query)).matching(saved.workspace)
        return queryset.filter(pk__in=found.order_by().values("pk"))


class EvidenceInline(ReadOnlyInline):
    model = Evidence
    fields = ["words", "author", "message"]
    readonly_fields = ["words", "author", "message"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evidence]:
        rows: QuerySet[Evidence] = super().get_queryset(request)
        return rows.select_related("quote__message__author", "quote__message__channel", "quote__message__source")

    @admin.display(description="quote")
    def words(self, evidence: Evidence) -> str:
        return evidence.quote.text

    @admin.display(description="said by")
    def author(self, evidence: Evidence) -> str:
        message = evidence.quote.message
        return f"{message.author or '—'}, {message.sent_at:%Y-%m-%d %H:%M}"

    @admin.display(description="message")
    def message(self, evidence: Evidence) -> str:
        return evidence.quote.message.url or str(evidence.quote.message_id)


class ActionInline(ReadOnlyInline):
    model = ReviewAction
    fields = ["verb", "by", "auto", "at", "edited", "undone_at", "undone_by"]


@admin.register(Proposal)
class ProposalAdmin(ScopedAdmin):
    read_only = True
    list_display = ["title", "kind", "status", "confidence", "recommendation", "run", "decided_by", "decided_at"]
    list_filter = [OwnSavedFilter, "status", "kind", TierFilter, "recommendation", "reject_reason", "project"]
    search_fields = ["title", "reasoning"]
    list_select_related = ["run", "decided_by"]
    ordering = ["-rank", "-id"]
    inlines = [EvidenceInline, ActionInline]
    actions = ["approve", "reject_as_noise", "reject_as_not_actionable", "undo"]

    @admin.action(description="Approve", permissions=["view"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> None:
        user: Any = request.user
        self.each(request, queryset, lambda row: services.approve(proposal_id=row.pk, by=user), "approved")

    @admin.action(description="Reject: noise", permissions=["view"])
    def reject_as_noise(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> None:
        self._reject(request, queryset, RejectReason.NOISE)

    @admin.action(description="Reject: not actionable", permissions=["view"])
    def reject_as_not_actionable(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> None:
        self._reject(request, queryset, RejectReason.NOT_ACTIONABLE)

    def _reject(self, request: HttpRequest, rows: QuerySet[Proposal], reason: RejectReason) -> None:
        user: Any = request.user
        self.each(request, rows, lambda row: services.reject(proposal_id=row.pk, by=user, reason=reason), "rejected")

    @admin.action(description="Undo the decision", permissions=["view"])
    def undo(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> None:
        user: Any = request.user
        self.each(request, queryset, lambda row: services.undo(proposal_id=row.pk, by=user), "taken back")


@admin.register(Evidence)
class EvidenceAdmin(ScopedAdmin):
    read_only = True
    workspace_path = "proposal__workspace"
    list_display = ["proposal", "quote", "finding"]
    search_fields = ["proposal__title", "quote__text"]
    list_select_related = ["proposal", "quote", "finding"]


@admin.register(Intake)
class IntakeAdmin(ScopedAdmin):
    read_only = True
    workspace_path = "finding__workspace"
    list_display = ["finding", "outcome", "proposal", "at"]
    list_filter = ["outcome"]
    search_fields = ["finding__title"]
    list_select_related = ["finding", "proposal"]


@admin.register(ReviewAction)
class ReviewActionAdmin(ScopedAdmin):
    read_only = True
    list_display = ["proposal", "verb", "by", "auto", "at", "edited", "undone_at", "undone_by"]
    list_filter = ["verb", "edited", "auto"]
    search_fields = ["proposal__title", "by__username"]
    list_select_related = ["proposal", "by", "undone_by"]


@admin.register(AutoApproval)
class AutoApprovalAdmin(ScopedAdmin):
    """To look at only: it is set on the page Learning, which shows first what it would have done."""

    read_only = True
    list_display = ["kind", "threshold", "sample_rate", "is_active", "set_by", "set_at", "stopped"]
    list_filter = ["kind", "is_active"]
    list_select_related = ["set_by"]


@admin.register(SavedFilter)
class SavedFilterAdmin(ScopedAdmin):
    """To look at only: each is its owner's, who keeps it on the desk."""

    read_only = True
    list_display = ["name", "user", "query", "saved_at"]
    list_select_related = ["user"]
    search_fields = ["name", "user__username"]


@admin.register(ShownProposal)
class ShownProposalAdmin(ScopedAdmin):
    """Where a proposal stands in a chat, for whom."""

    read_only = True
    workspace_path = "proposal__workspace"
    list_display = ["proposal", "user", "told", "shown_at"]
    list_select_related = ["proposal", "user"]


class PlaceInline(ReadOnlyInline):
    model = DutyPlace
    fields = ["position", "user", "away_until"]


@admin.register(Duty)
class DutyAdmin(ScopedAdmin):
    """To look at only: it is set on its page, which shows who is on duty then."""

    read_only = True
    list_display = ["workspace", "turn", "weekdays_only", "digest_at", "is_active"]
    list_select_related = ["workspace"]
    inlines = [PlaceInline]


@admin.register(DutyPlace)
class DutyPlaceAdmin(ScopedAdmin):
    workspace_path = "duty__workspace"
    read_only = True
    list_display = ["position", "user", "away_until"]
    list_select_related = ["user"]


@admin.register(Digest)
class DigestAdmin(ScopedAdmin):
    read_only = True
    list_display = ["day", "user", "sent_at", "by_mail", "by_telegram", "attempt", "error"]
    list_filter = ["by_mail", "by_telegram"]
    list_select_related = ["user"]
