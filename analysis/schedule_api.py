"""The API of what starts runs by itself, and of what a day may cost."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analysis import schedules
from analysis.models import Provider, Schedule, SpendingCap
from analysis.provider_serializers import ScopedKey
from ingestion.models import Source
from tasktracker.core.api import CrudViewSet
from tasktracker.core.enums import Role
from tasktracker.core.permissions import access_for


class ScheduleSerializer(serializers.ModelSerializer[Schedule]):
    """`cron` (in the workspace's time zone) or `at_least` new messages say when."""

    source = ScopedKey(queryset=Source.objects.all(), required=False, allow_null=True)  # type: ignore[assignment]
    provider = ScopedKey(queryset=Provider.objects.all(), required=False, allow_null=True)

    class Meta:
        model = Schedule
        fields = [
            *("id", "name", "stage", "source", "provider", "cron", "at_least", "is_active"),
            *("next_at", "last_run", "last_error"),
        ]
        read_only_fields = ["id", "next_at", "last_run", "last_error"]
        # Whether the name is taken is for the service to say.
        validators: list[Any] = []

    def create(self, validated_data: dict[str, Any]) -> Schedule:
        return schedules.save_schedule(schedule=Schedule(), values=validated_data)

    def update(self, instance: Schedule, validated_data: dict[str, Any]) -> Schedule:
        return schedules.save_schedule(schedule=instance, values=validated_data)


class ScheduleViewSet(CrudViewSet):
    """Runs that start by themselves."""

    queryset = Schedule.objects.order_by("id")
    serializer_class = ScheduleSerializer
    ordering = ("id",)
    write_role = Role.MANAGER


class SpendingCapSerializer(serializers.ModelSerializer[SpendingCap]):
    """Null is no cap."""

    cost = serializers.DecimalField(
        max_digits=10, decimal_places=4, min_value=Decimal(0), required=False, allow_null=True, coerce_to_string=False
    )

    class Meta:
        model = SpendingCap
        fields = ["calls", "tokens", "cost"]


class SpendingCapView(APIView):
    """What all runs of the workspace may use in a day."""

    write_role = Role.ADMIN

    @extend_schema(responses=SpendingCapSerializer)
    def get(self, request: Request) -> Response:
        """The caps of a day."""
        return Response(SpendingCapSerializer(self._cap(request)).data)

    @extend_schema(request=SpendingCapSerializer, responses=SpendingCapSerializer)
    def put(self, request: Request) -> Response:
        """Set all three; one that is left out is no cap."""
        given = SpendingCapSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = {name: given.validated_data.get(name) for name in ("calls", "tokens", "cost")}
        cap, _ = SpendingCap.objects.update_or_create(workspace=access_for(request).workspace, defaults=values)
        return Response(SpendingCapSerializer(cap).data)

    def _cap(self, request: Request) -> SpendingCap:
        workspace = access_for(request).workspace
        return SpendingCap.objects.filter(workspace=workspace).first() or SpendingCap(workspace=workspace)
