"""Admin pages of what people have accepted."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from knowledge import services
from knowledge.kinds import kind_of
from knowledge.models import (
    Atom,
    AtomLink,
    Confirmation,
    Edit,
    Embedding,
    ExternalLink,
    Memory,
    Project,
    ProjectVersion,
    Task,
    Topic,
)
from tasktracker.core.adminsite import ReadOnlyInline, ScopedAdmin


class ProjectVersionInline(ReadOnlyInline):
    model = ProjectVersion
    fields = ["number", "part", "at", "by"]
    ordering = ["-id"]
    show_change_link = False


@admin.register(ProjectVersion)
class ProjectVersionAdmin(ScopedAdmin):
    read_only = True
    workspace_path = "project__workspace"
    list_display = ["project", "number", "part", "at", "by"]
    list_filter = ["part"]
    search_fields = ["project__name", "number"]
    list_select_related = ["project", "by"]


@admin.register(Project)
class ProjectAdmin(ScopedAdmin):
    list_display = ["name", "language", "version", "manager", "default_assignee"]
    search_fields = ["name", "description"]
    list_select_related = ["manager", "default_assignee"]
    readonly_fields = ["version"]
    inlines = [ProjectVersionInline]

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        """Through the services, which raise the version that runs keep."""
        user: Any = request.user
        values = {name: form.cleaned_data[name] for name in form.changed_data if name != "workspace"}
        if change:
            services.change_project(project_id=obj.pk, values=values, by=user)
        else:
            obj.pk = services.create_project(workspace=obj.workspace, values=values, by=user).pk

    def delete_model(self, request: HttpRequest, obj: Project) -> None:
        user: Any = request.user
        services.delete_project(project_id=obj.pk, by=user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        self.each(request, queryset, lambda row: self.delete_model(request, row), "removed")


class KnowledgeAdmin(ScopedAdmin):
    """Status is moved by decisions, and what is approved is made by approving: neither is typed in here."""

    readonly_fields = ["status", "quotes", "created_at", "updated_at"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the service, whose history says who changed what; relations of the form as well."""
        user: Any = request.user
        values = {name: form.cleaned_data[name] for name in form.changed_data if name != "workspace"}
        kind = kind_of(obj)
        if values:
            getattr(services, f"change_{kind}")(**{f"{kind}_id": obj.pk}, by=user, values=values)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """`save_model` wrote the relations of the form; the rows below it are for reading."""
        for formset in formsets:
            self.save_formset(request, form, formset, change=change)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Topic)
class TopicAdmin(KnowledgeAdmin):
    list_display = ["name", "project", "status", "updated_at"]
    list_filter = ["status", "project"]
    search_fields = ["name", "description"]
    list_select_related = ["project"]
    readonly_fields = [*KnowledgeAdmin.readonly_fields, "merged_into"]


class LinksOutInline(ReadOnlyInline):
    model = AtomLink
    fk_name = "from_atom"
    fields = ["type", "to_atom"]
    verbose_name_plural = "links to others"


class LinksInInline(ReadOnlyInline):
    model = AtomLink
    fk_name = "to_atom"
    fields = ["from_atom", "type"]
    verbose_name_plural = "links from others"


@admin.register(Atom)
class AtomAdmin(KnowledgeAdmin):
    list_display = ["title", "type", "status", "valid_from", "valid_to"]
    list_filter = ["type", "status"]
    search_fields = ["title", "content"]
    readonly_fields = [*KnowledgeAdmin.readonly_fields, "merged_into"]
    inlines = [LinksOutInline, LinksInInline]


@admin.register(AtomLink)
class AtomLinkAdmin(ScopedAdmin):
    list_display = ["from_atom", "type", "to_atom", "created_at"]
    list_filter = ["type"]
    search_fields = ["from_atom__title", "to_atom__title"]
    list_select_related = ["from_atom", "to_atom"]

    def save_model(self, request: HttpRequest, obj: AtomLink, form: Any, change: bool) -> None:
        """Through the services, as in the API: the atom's history has it."""
        user: Any = request.user
        if change:
            values = {name: form.cleaned_data[name] for name in form.changed_data if name != "workspace"}
            services.change_link(link_id=obj.pk, by=user, **values)
        else:
            ends = {"from_atom": obj.from_atom, "to_atom": obj.to_atom}
            obj.pk = services.link_atoms(workspace=obj.workspace, kind=obj.type, by=user, **ends).pk

    def delete_model(self, request: HttpRequest, obj: AtomLink) -> None:
        user: Any = request.user
        services.unlink_atoms(link_id=obj.pk, by=user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AtomLink]) -> None:
        self.each(request, queryset, lambda row: self.delete_model(request, row), "removed")


class ExternalLinkInline(ReadOnlyInline):
    model = ExternalLink
    fields = ["tracker", "external_id", "url"]


@admin.register(Task)
class TaskAdmin(KnowledgeAdmin):
    list_display = ["title", "status", "priority", "category", "assignee", "due", "project"]
    list_filter = ["status", "priority", "category", "project"]
    search_fields = ["title", "description"]
    list_select_related = ["assignee", "project"]
    readonly_fields = [*KnowledgeAdmin.readonly_fields, "atoms"]
    inlines = [ExternalLinkInline]


@admin.register(ExternalLink)
class ExternalLinkAdmin(ScopedAdmin):
    read_only = True
    workspace_path = "task__workspace"
    list_display = ["task", "tracker", "external_id", "url"]
    list_filter = ["tracker"]
    search_fields = ["external_id", "task__title"]
    list_select_related = ["task"]


@admin.register(Memory)
class MemoryAdmin(ScopedAdmin):
    read_only = True
    list_display = ["kind", "fingerprint", "other", "reason", "by", "at"]
    list_filter = ["kind", "reason"]
    search_fields = ["fingerprint", "other"]
    list_select_related = ["by"]


@admin.register(Embedding)
class EmbeddingAdmin(ScopedAdmin):
    read_only = True
    list_display = ["kind", "object_id", "model", "dim", "made_at"]
    list_filter = ["kind", "model"]
    search_fields = ["=object_id"]
    exclude = ["vector"]


@admin.register(Edit)
class EditAdmin(ScopedAdmin):
    read_only = True
    list_display = ["verb", "kind", "object_id", "by", "at", "undone_at"]
    list_filter = ["verb", "kind"]
    search_fields = ["=object_id"]
    list_select_related = ["by"]
    exclude = ["changes"]


@admin.register(Confirmation)
class ConfirmationAdmin(ScopedAdmin):
    read_only = True
    list_display = ["kind", "object_id", "quote", "edited_at"]
    list_filter = ["kind"]
    search_fields = ["=object_id"]
    list_select_related = ["quote"]
