"""The API of what review has taught, and of approval by policy."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from proposals import learning, services, watching
from proposals.models import AutoApproval
from tasktracker.core.api import CrudViewSet
from tasktracker.core.enums import Role
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.permissions import access_for


class OutcomesSerializer(serializers.Serializer[Any]):
    """What became of one engine's proposals of a kind; `acceptance` is null where nothing was decided."""

    agent = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    prompt_version = serializers.CharField()
    kind = serializers.CharField()
    decided = serializers.IntegerField()
    approved_unedited = serializers.IntegerField()
    approved_edited = serializers.IntegerField()
    rejected = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField())
    merged = serializers.IntegerField()
    undone = serializers.IntegerField()
    auto = serializers.IntegerField(help_text="Approved by a policy; in no other number.")
    acceptance = serializers.FloatField(allow_null=True)


class BinSerializer(serializers.Serializer[Any]):
    """Decisions with a confidence from `low` to below `high`; the share approved and its 95 % interval."""

    low = serializers.FloatField()
    high = serializers.FloatField()
    decided = serializers.IntegerField()
    approved = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True)
    share = serializers.FloatField(allow_null=True)
    share_low = serializers.FloatField(allow_null=True)
    share_high = serializers.FloatField(allow_null=True)


class CurveSerializer(serializers.Serializer[Any]):
    """Ten bins of one kind, or of `all`; `error` is the expected calibration error."""

    kind = serializers.CharField()
    decided = serializers.IntegerField()
    error = serializers.FloatField(allow_null=True)
    bins = BinSerializer(many=True)


class WhatIfSerializer(serializers.Serializer[Any]):
    """What a policy from `threshold` up would have approved, and what people did with the same."""

    kind = serializers.CharField()
    threshold = serializers.FloatField()
    approved = serializers.IntegerField()
    unedited = serializers.IntegerField()
    edited = serializers.IntegerField()
    rejected = serializers.IntegerField()
    merged = serializers.IntegerField()
    wrong = serializers.IntegerField(help_text="Rejected or merged.")


class SampleSerializer(serializers.Serializer[Any]):
    """What people said of those that a policy kept for them."""

    kind = serializers.CharField()
    sampled = serializers.IntegerField()
    decided = serializers.IntegerField()
    unedited = serializers.IntegerField()
    edited = serializers.IntegerField()
    rejected = serializers.IntegerField()
    merged = serializers.IntegerField()


class LearningSerializer(serializers.Serializer[Any]):
    """Counted from decisions of people that stand."""

    by_version = OutcomesSerializer(many=True)
    calibration = CurveSerializer(many=True, source="curves")
    what_if = WhatIfSerializer(many=True)
    samples = SampleSerializer(many=True)


class LearningView(APIView):
    """What review has taught."""

    @extend_schema(responses=LearningSerializer, operation_id="stats_learning_retrieve")
    def get(self, request: Request) -> Response:
        """Outcomes by agent, version, prompt and kind; the calibration of confidence; what a policy would have done."""
        return Response(LearningSerializer(learning.learning(access_for(request).workspace)).data)


class AutoApprovalSerializer(serializers.ModelSerializer[AutoApproval]):
    """A policy. `would_have` is what it would have done so far; to turn it on comes after having seen that.

    `missing` says what keeps it from being turned on, "" where nothing does.
    """

    set_by = serializers.CharField(source="set_by.username", default=None, read_only=True)
    engine = serializers.SerializerMethodField(help_text="Whose proposals it is about.")
    resting = serializers.SerializerMethodField(help_text="Approves nothing until people decide on its sample.")
    missing = serializers.SerializerMethodField()
    would_have = serializers.SerializerMethodField()

    class Meta:
        model = AutoApproval
        fields = [
            *("id", "kind", "threshold", "sample_rate", "is_active", "set_by", "set_at"),
            *("stopped", "stopped_at", "engine", "resting", "missing", "would_have"),
        ]
        read_only_fields = ["set_at", "stopped", "stopped_at"]

    def to_representation(self, instance: AutoApproval) -> dict[str, Any]:
        self.standing = watching.standing(instance)
        return super().to_representation(instance)

    def get_engine(self, row: AutoApproval) -> str:
        return self.standing.engine

    def get_resting(self, row: AutoApproval) -> bool:
        return watching.is_resting(row)

    def get_missing(self, row: AutoApproval) -> str:
        return "" if row.is_active else self.standing.missing

    @extend_schema_field(WhatIfSerializer)
    def get_would_have(self, row: AutoApproval) -> dict[str, Any]:
        return dict(WhatIfSerializer(self.standing.would_have).data)

    def validate_kind(self, value: str) -> str:
        if self.instance is not None and value != self.instance.kind:
            raise serializers.ValidationError("A policy stays with its kind.")
        return value

    def create(self, validated_data: dict[str, Any]) -> AutoApproval:
        workspace, kind = validated_data["workspace"], validated_data["kind"]
        if AutoApproval.objects.filter(workspace=workspace, kind=kind).exists():
            raise Conflict(f"There is a policy for {kind} already.", code="exists")
        return self._save(AutoApproval(workspace=workspace, kind=kind), validated_data)

    def update(self, instance: AutoApproval, validated_data: dict[str, Any]) -> AutoApproval:
        return self._save(instance, validated_data)

    def _save(self, row: AutoApproval, values: dict[str, Any]) -> AutoApproval:
        by = access_for(self.context["request"]).user
        threshold = values.get("threshold", row.threshold)
        wanted = values.get("is_active")
        if wanted and (row.pk is None or threshold != row.threshold):
            raise Invalid(
                "See first what it would have done: save it turned off, read would_have, then turn it on.",
                code="see_first",
            )
        rate = values.get("sample_rate", row.sample_rate)
        if row.pk is None or (threshold, rate) != (row.threshold, row.sample_rate):
            row = services.save_policy(
                workspace=row.workspace, kind=row.kind, threshold=threshold, sample_rate=rate, by=by
            )
        if wanted is None:
            return row
        return services.turn_on(policy=row, by=by) if wanted else services.turn_off(policy=row, by=by)


class AutoApprovalViewSet(CrudViewSet):
    """Approval without a person, by kind; off until it is turned on, for managers."""

    queryset = AutoApproval.objects.select_related("workspace", "set_by").order_by("id")
    serializer_class = AutoApprovalSerializer
    ordering = ("id",)
    write_role: ClassVar[Role] = Role.MANAGER

    def perform_destroy(self, instance: AutoApproval) -> None:  # type: ignore[override]
        services.delete_policy(policy=instance)
