"""Admin pages of what people have accepted."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from knowledge import services
from knowledge.models import Atom, AtomLink, Embedding, ExternalLink, Memory, Project, Task, Topic
from tasktracker.core.adminsite import ReadOnlyInline, ScopedAdmin


@admin.register(Project)
class ProjectAdmin(ScopedAdmin):
    list_display = ["name", "language", "version", "manager", "default_assignee"]
    search_fields = ["name", "description"]
    list_select_related = ["manager", "default_assignee"]
    readonly_fields = ["version"]

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        """A change goes through the service, which raises the version that runs keep."""
        if not change:
            super().save_model(request, obj, form, change)
        elif form.changed_data:
            values = {name: form.cleaned_data[name] for name in form.changed_data}
            services.change_project(project_id=obj.pk, values=values)


class KnowledgeAdmin(ScopedAdmin):
    """Status is moved by decisions, and what is approved is made by approving: neither is typed in here."""

    readonly_fields = ["status", "quotes", "created_at", "updated_at"]

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
