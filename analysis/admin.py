"""Admin pages of what models think."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from analysis.models import Agent, AnalysisRun, Assignment, Finding, Provider, TaskConfig, Window, WindowMessage
from tasktracker.core.adminsite import ReadOnlyInline, ScopedAdmin
from tasktracker.core.enums import Role


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]
    """The key goes in and never comes out; a new address clears it, so that no address can collect a saved key."""

    api_key = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Sealed when saved; empty leaves it as it is. Changing the base URL clears it.",
    )

    class Meta:
        model = Provider
        fields = [
            "workspace",
            "name",
            "kind",
            "base_url",
            "default_model",
            "context_tokens",
            "concurrency",
            "timeout_seconds",
            "local",
            "is_active",
        ]

    def save(self, commit: bool = True) -> Any:
        if "base_url" in self.changed_data or "kind" in self.changed_data:
            self.instance.set_api_key("")
        if self.cleaned_data.get("api_key"):
            self.instance.set_api_key(self.cleaned_data["api_key"])
        return super().save(commit)


@admin.register(Provider)
class ProviderAdmin(ScopedAdmin):
    form = ProviderForm
    change_role = Role.ADMIN
    list_display = ["name", "kind", "default_model", "base_url", "local", "is_active", "is_default", "has_key"]
    list_filter = ["kind", "is_active", "local"]
    search_fields = ["name", "base_url"]

    @admin.display(boolean=True, description="key")
    def has_key(self, provider: Provider) -> bool:
        return provider.has_key


@admin.register(Agent)
class AgentAdmin(ScopedAdmin):
    change_role = Role.ADMIN
    list_display = ["name", "purpose", "provider", "model", "temperature", "version"]
    list_filter = ["purpose", "provider"]
    search_fields = ["name", "model"]
    list_select_related = ["provider"]
    readonly_fields = ["version"]

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        if change and form.changed_data:
            obj.version += 1
        super().save_model(request, obj, form, change)


@admin.register(TaskConfig)
class TaskConfigAdmin(ScopedAdmin):
    list_display = ["name", "project", "is_active", "updated_at"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    list_select_related = ["project"]


@admin.register(Assignment)
class AssignmentAdmin(ScopedAdmin):
    change_role = Role.ADMIN
    list_display = ["purpose", "agent", "project"]
    list_filter = ["purpose"]
    search_fields = ["agent__name"]
    list_select_related = ["agent", "project"]


class WindowInline(ReadOnlyInline):
    model = Window
    fields = ["ordinal", "channel", "status", "attempt", "dropped", "error", "duration_ms"]
    ordering = ["ordinal"]
    max_num = 0
    per_page = 50


@admin.register(AnalysisRun)
class AnalysisRunAdmin(ScopedAdmin):
    read_only = True
    list_display = ["id", "stage", "status", "reason", "provider", "created_by", "started_at", "finished_at", "error"]
    list_filter = ["stage", "status", "provider"]
    search_fields = ["=id", "error"]
    list_select_related = ["provider", "created_by"]
    exclude = ["plan"]
    inlines = [WindowInline]


class PlaceInline(ReadOnlyInline):
    model = WindowMessage
    fields = ["position", "message", "context"]


class FindingInline(ReadOnlyInline):
    model = Finding
    fields = ["kind", "title", "confidence", "unproven"]


@admin.register(Window)
class WindowAdmin(ScopedAdmin):
    read_only = True
    workspace_path = "run__workspace"
    list_display = ["run", "ordinal", "channel", "status", "attempt", "losses", "suspect", "dropped", "error"]
    list_filter = ["status", "suspect"]
    search_fields = ["=run__id", "error"]
    list_select_related = ["run", "channel"]
    ordering = ["-run", "ordinal"]
    inlines = [PlaceInline, FindingInline]


@admin.register(WindowMessage)
class WindowMessageAdmin(ScopedAdmin):
    read_only = True
    workspace_path = "window__run__workspace"
    list_display = ["window", "position", "message", "context"]
    list_filter = ["context"]
    search_fields = ["=message__id"]
    list_select_related = ["window", "message"]


@admin.register(Finding)
class FindingAdmin(ScopedAdmin):
    read_only = True
    list_display = ["title", "kind", "confidence", "unproven", "run", "created_at"]
    list_filter = ["kind", "unproven"]
    search_fields = ["title", "fingerprint"]
    list_select_related = ["run"]
    ordering = ["-id"]
