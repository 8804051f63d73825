"""Admin pages of what was said."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ingestion import services
from ingestion import source_admin as source_admin  # registers its pages
from ingestion.models import (
    BotCall,
    BotContact,
    Channel,
    Erasure,
    LinkCode,
    LinkedChat,
    Message,
    MessageRevision,
    NoiseLesson,
    Participant,
    PersonJoin,
    Quote,
    Upload,
)
from tasktracker.core.adminsite import ReadOnlyInline, ScopedAdmin
from tasktracker.core.enums import Verdict


@admin.register(Channel)
class ChannelAdmin(ScopedAdmin):
    list_display = ["title", "platform", "external_id", "workspace"]
    list_filter = ["platform"]
    search_fields = ["title", "external_id"]
    list_select_related = ["workspace"]
    readonly_fields = ["workspace", "platform", "external_id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Participant)
class ParticipantAdmin(ScopedAdmin):
    list_display = ["name", "platform", "external_id", "is_bot", "user"]
    list_filter = ["platform", "is_bot"]
    search_fields = ["name", "external_id"]
    list_select_related = ["user"]
    readonly_fields = ["workspace", "platform", "external_id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(PersonJoin)
class PersonJoinAdmin(ScopedAdmin):
    """Accounts that were joined as one person; they are joined and taken apart on the page of people."""

    read_only = True
    list_display = ["first", "by", "at", "undone_at"]
    list_select_related = ["first", "by"]


@admin.register(NoiseLesson)
class NoiseLessonAdmin(ScopedAdmin):
    """What flips have taught the noise filter; it is taken back on the page of noise."""

    read_only = True
    list_display = ["rule", "author", "flips", "off_at"]
    list_select_related = ["author"]


@admin.register(Erasure)
class ErasureAdmin(ScopedAdmin):
    """People who were erased: figures only."""

    read_only = True
    list_display = ["id", "by", "created_at", "finished_at"]
    list_select_related = ["by"]


class RevisionInline(ReadOnlyInline):
    model = MessageRevision
    fields = ["text", "edited_at", "replaced_at"]


class QuoteInline(ReadOnlyInline):
    model = Quote
    fields = ["text", "start", "end", "is_stale"]


@admin.register(Message)
class MessageAdmin(ScopedAdmin):
    """What was said is not rewritten here; only its verdict is a person's to change."""

    read_only = True
    list_display = ["excerpt", "author", "channel", "sent_at", "verdict", "verdict_reason", "category"]
    list_filter = ["verdict", "verdict_by", "kind", "category", "source"]
    search_fields = ["text"]
    list_select_related = ["author", "channel"]
    ordering = ["-sent_at", "-id"]
    inlines = [QuoteInline, RevisionInline]
    actions = ["mark_noise", "mark_signal"]

    @admin.display(description="text", ordering="text")
    def excerpt(self, message: Message) -> str:
        return message.text[:100] or f"[{message.kind}]"

    @admin.action(description="This is noise", permissions=["view"])
    def mark_noise(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        self._mark(request, queryset, Verdict.NOISE)

    @admin.action(description="This is signal", permissions=["view"])
    def mark_signal(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        self._mark(request, queryset, Verdict.SIGNAL)

    def _mark(self, request: HttpRequest, rows: QuerySet[Message], verdict: Verdict) -> None:
        user: Any = request.user
        self.each(
            request,
            rows,
            lambda row: services.set_verdict(message_id=row.pk, by=user, verdict=verdict),
            f"marked as {verdict.label.lower()}",
        )


@admin.register(MessageRevision)
class MessageRevisionAdmin(ScopedAdmin):
    read_only = True
    workspace_path = "message__workspace"
    list_display = ["message", "edited_at", "replaced_at"]
    search_fields = ["text"]
    list_select_related = ["message"]


@admin.register(Quote)
class QuoteAdmin(ScopedAdmin):
    read_only = True
    list_display = ["text", "message", "start", "end", "is_stale"]
    list_filter = ["is_stale"]
    search_fields = ["text"]
    list_select_related = ["message"]


@admin.register(LinkCode)
class LinkCodeAdmin(ScopedAdmin):
    read_only = True
    list_display = ["purpose", "made_by", "made_at", "expires_at", "used_at"]
    list_filter = ["purpose"]
    list_select_related = ["made_by"]


@admin.register(LinkedChat)
class LinkedChatAdmin(ScopedAdmin):
    read_only = True
    workspace_path = "source__workspace"
    list_display = ["title", "external_id", "source", "linked_by", "linked_at"]
    search_fields = ["title", "=external_id"]
    list_select_related = ["source", "linked_by"]


@admin.register(BotContact)
class BotContactAdmin(ScopedAdmin):
    read_only = True
    workspace_path = "participant__workspace"
    list_display = ["participant", "bot", "notify", "language", "stopped", "since"]
    list_filter = ["notify"]
    list_select_related = ["participant", "bot"]


@admin.register(BotCall)
class BotCallAdmin(ScopedAdmin):
    """What a bot has still to say, and what it said of late; the words are not shown."""

    read_only = True
    workspace_path = "bot__workspace"
    list_display = ["method", "bot", "chat_id", "created_at", "not_before", "done_at", "error"]
    list_filter = ["method"]
    list_select_related = ["bot"]
    exclude = ["params"]
    ordering = ["-id"]


@admin.register(Upload)
class UploadAdmin(ScopedAdmin):
    """Histories that were sent in by a page; what is in them is on their own page."""

    read_only = True
    list_display = ["file_name", "source_name", "status", "format", "size", "by", "created_at", "finished_at"]
    list_filter = ["status", "format"]
    search_fields = ["file_name", "source_name"]
    list_select_related = ["by"]
    exclude = ["preview", "report"]
