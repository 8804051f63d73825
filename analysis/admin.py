"""Admin pages of what models think."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.decorators import method_decorator

from analysis import agents, providers
from analysis import schedule_admin as schedule_admin  # registers its pages
from analysis.addresses import check_address
from analysis.models import (
    Agent,
    AgentVersion,
    AnalysisRun,
    Assignment,
    Finding,
    Provider,
    TaskConfig,
    Window,
    WindowMessage,
)
from analysis.task_fields import schema_error
from tasktracker.core.adminsite import ReadOnlyInline, ScopedAdmin, ScopedForm
from tasktracker.core.enums import Role
from tasktracker.core.errors import Invalid
from tasktracker.core.stepup import filled, proven


class ProviderForm(ScopedForm):
    """The key goes in and never comes out; a new host clears it, so that no address can collect a saved key."""

    api_key = forms.CharField(
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Sealed when saved; empty leaves it as it is. Another host in the base URL clears it.",
    )
    requests_per_minute = forms.IntegerField(required=False, min_value=0, max_value=1_000_000)
    tokens_per_minute = forms.IntegerField(required=False, min_value=0, max_value=1_000_000_000)

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
            "requests_per_minute",
            "tokens_per_minute",
            "local",
            "is_active",
        ]

    def clean_requests_per_minute(self) -> int:
        return self.cleaned_data["requests_per_minute"] or 0

    def clean_tokens_per_minute(self) -> int:
        return self.cleaned_data["tokens_per_minute"] or 0


def typed(form: Any) -> dict[str, Any]:
    """What the form holds, for a service; the workspace is that of the row."""
    return {name: value for name, value in form.cleaned_data.items() if name != "workspace"}


@admin.register(Provider)
@method_decorator(proven(filled("api_key")), name="changeform_view")
class ProviderAdmin(ScopedAdmin):
    form = ProviderForm
    change_role = Role.ADMIN
    list_display = ["name", "kind", "default_model", "base_url", "local", "is_active", "is_default", "has_key"]
    list_filter = ["kind", "is_active", "local"]
    search_fields = ["name", "base_url"]

    @admin.display(boolean=True, description="key")
    def has_key(self, provider: Provider) -> bool:
        return provider.has_key

    def changeform_view(
        self, request: Any, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Django opens a transaction for the whole of it: the name of the address is resolved before."""
        if request.method == "POST" and self.has_add_permission(request):
            request.checked_address = request.POST.get("base_url", "").strip()
            check_address(request.checked_address)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: Any, obj: Provider, form: Any, change: bool) -> None:
        values = typed(form)
        if not values["api_key"]:
            del values["api_key"]
        if values["base_url"] != request.checked_address:
            raise Invalid("Write the address as https://host/path.", code="address_refused")
        providers.store_provider(provider=obj, values=values)

    def delete_model(self, request: HttpRequest, obj: Provider) -> None:
        providers.delete_provider(provider=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Provider]) -> None:
        for provider in queryset:
            providers.delete_provider(provider=provider)


@admin.register(Agent)
class AgentAdmin(ScopedAdmin):
    change_role = Role.ADMIN
    list_display = ["name", "purpose", "provider", "model", "temperature", "version"]
    list_filter = ["purpose", "provider"]
    search_fields = ["name", "model"]
    list_select_related = ["provider"]
    readonly_fields = ["version"]

    def save_model(self, request: Any, obj: Agent, form: Any, change: bool) -> None:
        agents.save_agent(agent=obj, values=typed(form), by=request.user)


@admin.register(AgentVersion)
class AgentVersionAdmin(ScopedAdmin):
    read_only = True
    workspace_path = "agent__workspace"
    list_display = ["agent", "number", "provider_name", "model", "at", "by"]
    list_filter = ["purpose"]
    search_fields = ["name", "model"]
    list_select_related = ["agent", "by"]
    ordering = ["-at"]


class TaskConfigForm(ScopedForm):
    """The schema is checked as the API checks it."""

    def clean_schema(self) -> Any:
        schema = self.cleaned_data["schema"]
        error = schema_error(schema)
        if error:
            raise forms.ValidationError(error)
        return schema


@admin.register(TaskConfig)
class TaskConfigAdmin(ScopedAdmin):
    form = TaskConfigForm
    list_display = ["name", "project", "is_active", "updated_at"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    list_select_related = ["project"]


class AssignmentForm(ScopedForm):
    """An agent serves the purpose that it was made for."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        agent = cleaned.get("agent")
        if agent is not None and agent.purpose != cleaned.get("purpose"):
            self.add_error("agent", f"This agent is for {agent.purpose}.")
        return cleaned


@admin.register(Assignment)
class AssignmentAdmin(ScopedAdmin):
    form = AssignmentForm
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
