"""Admin pages of what was said."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.decorators import method_decorator

from ingestion import services, transitions
from ingestion.mail.accounts import server_of
from ingestion.models import (
    BotCall,
    BotContact,
    Channel,
    Delivery,
    Erasure,
    LinkCode,
    LinkedChat,
    Message,
    MessageRevision,
    NoiseLesson,
    Participant,
    PersonJoin,
    Quote,
    Source,
    Upload,
)
from ingestion.source_upkeep import end_secret_of_other_server
from tasktracker.core.adminsite import ReadOnlyInline, ScopedAdmin, ScopedForm
from tasktracker.core.enums import Role, Verdict
from tasktracker.core.stepup import filled, proven


class SourceForm(ScopedForm):
    """The secret goes in and never comes out."""

    secret = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Sealed when saved; empty leaves it as it is.",
    )

    class Meta:
        model = Source
        fields = ["workspace", "name", "kind", "config", "is_active", "local_only", "restricted", "readers"]

    def save(self, commit: bool = True) -> Any:
        if self.instance.pk:
            end_secret_of_other_server(self.instance, server_of(Source.objects.get(pk=self.instance.pk)))
        if self.cleaned_data.get("secret"):
            self.instance.set_secret(self.cleaned_data["secret"])
        return super().save(commit)


@admin.register(Source)
@method_decorator(proven(filled("secret")), name="changeform_view")
class SourceAdmin(ScopedAdmin):
    form = SourceForm
    change_role = Role.ADMIN
    list_display = ["name", "kind", "workspace", "is_active", "local_only", "restricted", "has_secret", "created_at"]
    list_filter = ["kind", "is_active", "local_only", "restricted"]
    search_fields = ["name"]
    list_select_related = ["workspace"]

    @admin.display(boolean=True, description="secret")
    def has_secret(self, source: Source) -> bool:
        return source.has_secret


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


@admin.register(Delivery)
class DeliveryAdmin(ScopedAdmin):
    """The inbox: what came, what became of it, and trying again."""

    read_only = True
    workspace_path = "source__workspace"
    list_display = ["external_id", "source", "status", "attempts", "error", "received_at", "processed_at"]
    list_filter = ["status", "source"]
    search_fields = ["=external_id", "error"]
    list_select_related = ["source"]
    exclude = ["raw"]
    readonly_fields = ["raw_text"]
    ordering = ["-id"]
    actions = ["try_again"]

    @admin.display(description="as it came")
    def raw_text(self, delivery: Delivery) -> str:
        return bytes(delivery.raw)[:20_000].decode("utf-8", "replace")

    @admin.action(description="Try again", permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        count = transitions.again(list(queryset.values_list("pk", flat=True)))
        self.message_user(request, f"{count} put back into the inbox.")


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
