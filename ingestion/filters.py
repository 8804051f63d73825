"""Filters of the message list, for the API and the page alike."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from ingestion import selectors
from ingestion.models import Message
from tasktracker.core.enums import MessageCategory, Verdict


class MessageFilter(filters.FilterSet):
    """`source` and `author` take an id or a name; `q` searches words."""

    source = filters.CharFilter(method="by_source")
    author = filters.CharFilter(method="by_author")
    channel = filters.NumberFilter(field_name="channel_id")
    since = filters.IsoDateTimeFilter(field_name="sent_at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="sent_at", lookup_expr="lt")
    q = filters.CharFilter(method="by_words")
    verdict = filters.ChoiceFilter(choices=Verdict.choices)
    category = filters.ChoiceFilter(choices=MessageCategory.choices)

    class Meta:
        model = Message
        fields: list[str] = []

    def by_source(self, rows: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        return selectors.of_source(rows, value)

    def by_author(self, rows: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        return selectors.of_author(rows, value)

    def by_words(self, rows: QuerySet[Message], name: str, value: str) -> QuerySet[Message]:
        return selectors.matching(rows, value)
