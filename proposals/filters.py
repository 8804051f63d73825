"""Filters of the proposal list."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from proposals.models import Proposal
from proposals.selectors import TIERS
from proposals.textsearch import saying
from tasktracker.core.enums import Tier
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import workspace_for

ALL, OPEN = "all", "open"


class ProposalFilter(filters.FilterSet):
    """`status` takes several with commas, `open` or `all`."""

    kind = filters.ChoiceFilter(choices=Proposal.Kind.choices)
    status = filters.CharFilter(method="by_status")
    tier = filters.ChoiceFilter(choices=Tier.choices, method="by_tier")
    min_confidence = filters.NumberFilter(field_name="confidence", lookup_expr="gte")
    run = filters.NumberFilter(field_name="run_id")
    project = filters.CharFilter(method="by_project")
    q = filters.CharFilter(method="by_words")

    class Meta:
        model = Proposal
        fields: list[str] = []

    def by_status(self, rows: QuerySet[Proposal], name: str, value: str) -> QuerySet[Proposal]:
        wanted = {one.strip() for one in value.split(",")}
        if ALL in wanted:
            return rows
        return rows.filter(status__in=(wanted - {OPEN}) | (set(Proposal.OPEN) if OPEN in wanted else set()))

    def by_tier(self, rows: QuerySet[Proposal], name: str, value: str) -> QuerySet[Proposal]:
        return rows.filter(TIERS[Tier(value)])

    def by_project(self, rows: QuerySet[Proposal], name: str, value: str) -> QuerySet[Proposal]:
        return rows.filter(project_id=int(value)) if is_number(value) else rows.filter(project__name__iexact=value)

    def by_words(self, rows: QuerySet[Proposal], name: str, value: str) -> QuerySet[Proposal]:
        return saying(rows, value.replace("\x00", ""), workspace_for(self.request))
