"""Runs as the API gives and takes them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analysis import selectors
from analysis.models import AnalysisRun, Window
from tasktracker.core.enums import Stage
from tasktracker.core.models import LLMCall

RANGE_HELP = "ISO 8601 with zone; messages sent from `since` on, before `until`."


class ExtractInSerializer(serializers.Serializer[Any]):
    """What a run goes over. `source` and `provider` are an id or a name."""

    source = serializers.CharField(required=False, allow_null=True)  # type: ignore[assignment]  # a field by that name
    since = serializers.DateTimeField(required=False, allow_null=True, help_text=RANGE_HELP)
    until = serializers.DateTimeField(required=False, allow_null=True)
    provider = serializers.CharField(required=False, allow_null=True)


class CapsSerializer(serializers.Serializer[Any]):
    """Where a run stops by itself."""

    tokens = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10**12)
    cost = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=10**9, help_text="USD")
    calls = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=10**9)


class RunInSerializer(ExtractInSerializer):
    """A run to be made."""

    stage = serializers.ChoiceField(choices=Stage.choices)
    caps = CapsSerializer(required=False, allow_null=True)


class ResumeInSerializer(serializers.Serializer[Any]):
    """New caps for a run that stopped at its budget."""

    caps = CapsSerializer(required=False, allow_null=True)


class RunSerializer(serializers.ModelSerializer[AnalysisRun]):
    """A run of `selectors.with_counts`."""

    provider = serializers.CharField(source="provider.name", read_only=True)
    progress = serializers.SerializerMethodField()
    seconds_left = serializers.SerializerMethodField()
    messages = serializers.IntegerField(source="n_messages", read_only=True)
    windows = serializers.IntegerField(source="n_windows", read_only=True)
    findings = serializers.IntegerField(source="n_findings", read_only=True)
    proposals = serializers.IntegerField(source="n_proposals", read_only=True)
    calls = serializers.IntegerField(source="bill_calls", read_only=True)
    tokens_in = serializers.IntegerField(source="bill_tokens_in", read_only=True)
    tokens_out = serializers.IntegerField(source="bill_tokens_out", read_only=True)
    cost = serializers.SerializerMethodField()

    class Meta:
        model = AnalysisRun
        fields = [
            "id",
            "stage",
            "status",
            "reason",
            "progress",
            "seconds_left",
            "accuracy",
            "messages",
            "windows",
            "findings",
            "proposals",
            "calls",
            "tokens_in",
            "tokens_out",
            "cost",
            "forecast",
            "caps",
            "error",
            "provider",
            "project_versions",
            "source",
            "since",
            "until",
            "created_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_progress(self, run: Any) -> dict[str, int]:
        return {"done": run.n_done, "total": run.n_windows, "failed": run.n_failed}

    @extend_schema_field(OpenApiTypes.NUMBER)
    def get_seconds_left(self, run: Any) -> float | None:
        """At the pace of the last windows; null while nobody can tell."""
        return selectors.seconds_left(run)

    @extend_schema_field(OpenApiTypes.NUMBER)
    def get_cost(self, run: Any) -> float | None:
        """USD; null where calls were made and none of them had a price."""
        if run.bill_cost is None:
            return None if run.bill_calls else 0.0
        return float(run.bill_cost)


class WindowSerializer(serializers.ModelSerializer[Window]):
    """A window of a run, with how many messages and findings it has."""

    messages = serializers.IntegerField(source="n_messages", read_only=True)
    findings = serializers.IntegerField(source="n_findings", read_only=True)

    class Meta:
        model = Window
        fields = [
            "id",
            "ordinal",
            "channel",
            "thread",
            "starts_at",
            "tokens",
            "status",
            "attempt",
            "losses",
            "error",
            "dropped",
            "messages",
            "findings",
            "duration_ms",
            "finished_at",
        ]
        read_only_fields = fields


class CallSerializer(serializers.ModelSerializer[LLMCall]):
    """A row of the ledger."""

    cost = serializers.FloatField(read_only=True, allow_null=True)

    class Meta:
        model = LLMCall
        fields = [
            "id",
            "purpose",
            "provider",
            "model",
            "prompt_name",
            "prompt_version",
            "tokens_in",
            "tokens_out",
            "cost",
            "duration_ms",
            "attempts",
            "outcome",
            "error",
            "items",
            "dropped",
            "at",
        ]
        read_only_fields = fields
