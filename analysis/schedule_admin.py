"""Admin pages of what starts runs by itself, and of what a day may cost."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from analysis import schedules
from analysis.models import Schedule, SpendingCap
from tasktracker.core.adminsite import ScopedAdmin, ScopedForm
from tasktracker.core.enums import Role
from tasktracker.core.errors import DomainError


class ScheduleForm(ScopedForm):
    class Meta:
        model = Schedule
        fields = ["workspace", "name", "stage", "source", "provider", "cron", "at_least", "is_active"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors:
            workspace = cleaned.get("workspace") or self.instance.workspace
            try:
                schedules.next_time(Schedule(workspace=workspace, cron=cleaned["cron"]), timezone.now())
            except DomainError as error:
                self.add_error("cron", error.detail)
        return cleaned


@admin.register(Schedule)
class ScheduleAdmin(ScopedAdmin):
    form = ScheduleForm
    list_display = ["name", "stage", "source", "cron", "at_least", "is_active", "next_at", "last_run", "last_error"]
    list_filter = ["stage", "is_active"]
    search_fields = ["name"]
    list_select_related = ["source", "last_run"]
    readonly_fields = ["next_at", "last_run", "last_error"]

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        schedules.save_schedule(schedule=obj, values=form.cleaned_data)


@admin.register(SpendingCap)
class SpendingCapAdmin(ScopedAdmin):
    change_role = Role.ADMIN
    list_display = ["workspace", "calls", "tokens", "cost"]
    search_fields = ["workspace__name"]
