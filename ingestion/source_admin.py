"""Admin pages of sources, and of what came from them as it came."""

import json
from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.decorators import method_decorator

from ingestion import transitions, walls
from ingestion.mail.accounts import address_of, server_of
from ingestion.mail.servers import check_server
from ingestion.models import Delivery, Source
from ingestion.source_config import wrong_config
from ingestion.source_secrets import why_missing
from ingestion.source_upkeep import end_secret_of_other_server, go_on, put_secret
from tasktracker.core.adminsite import ScopedAdmin, ScopedForm, managed
from tasktracker.core.enums import Role
from tasktracker.core.errors import Invalid
from tasktracker.core.stepup import filled, proven


class SourceForm(ScopedForm):
    """The secret goes in and never comes out."""

    secret = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Sealed when saved; empty leaves it as it is.",
    )
    end_previous_secret = forms.BooleanField(
        required=False,
        help_text="With a new secret: the one before is over at once, as for one that leaked. Else it stays valid for "
        "a day where a platform signs with it.",
    )

    class Meta:
        model = Source
        fields = ["workspace", "name", "kind", "config", "is_active", "local_only", "restricted", "readers"]

    def clean(self) -> dict[str, Any]:
        """No webhook is active without a secret, nor has it a mapping through which nothing comes."""
        cleaned = super().clean()
        if not {"kind", "config"} & self.errors.keys():
            if wrong := wrong_config(cleaned["kind"], cleaned["config"]):
                self.add_error("config", wrong)
            elif why := why_missing(self._typed(cleaned)):
                self.add_error("secret", why)
        return cleaned

    def _typed(self, cleaned: dict[str, Any]) -> Source:
        """The row as `save` would write it."""
        kept = Source.objects.filter(pk=self.instance.pk).first() or Source(uid=self.instance.uid)
        before = server_of(kept)
        for name in ("kind", "config", "is_active"):
            setattr(kept, name, cleaned[name])
        end_secret_of_other_server(kept, before)
        if cleaned.get("secret"):
            kept.set_secret(cleaned["secret"])
        return kept

    def save(self, commit: bool = True) -> Any:
        if self.instance.pk:
            end_secret_of_other_server(self.instance, server_of(Source.objects.get(pk=self.instance.pk)))
        if secret := self.cleaned_data.get("secret"):
            put_secret(self.instance, secret, end_previous=self.cleaned_data["end_previous_secret"])
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

    def changeform_view(
        self, request: Any, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Django opens a transaction for the whole of it: the name of a mail server is resolved before."""
        if request.method == "POST" and self.has_add_permission(request):
            with suppress(ValueError, RecursionError):  # what is no JSON the form says
                config = json.loads(request.POST.get("config") or "{}")
                if isinstance(config, dict):
                    request.checked_server = address_of(request.POST.get("kind", ""), config)
                    check_server(*request.checked_server)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: Any, obj: Source, form: Any, change: bool) -> None:
        if address_of(obj.kind, obj.config) not in (("", 0), getattr(request, "checked_server", None)):
            raise Invalid("The mail server could not be checked: write the config as an object.")
        super().save_model(request, obj, form, change)
        go_on(obj)

    @admin.display(boolean=True, description="secret")
    def has_secret(self, source: Source) -> bool:
        return source.has_secret


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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        user: Any = request.user
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return walls.deliveries(rows, user_id=user.pk, administers=managed(request, Role.ADMIN))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What came, as it came, is for admins alone, as on the page of a delivery."""
        names = super().get_readonly_fields(request, obj)
        is_shown = obj is not None and managed(request, Role.ADMIN).filter(pk=obj.source.workspace_id).exists()
        return names if is_shown else [name for name in names if name != "raw_text"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """No address asks about what came: an answer of "one row" or "none" would spell it out."""
        return "raw" not in lookup.split("__") and super().lookup_allowed(lookup, value, request)

    @admin.display(description="as it came")
    def raw_text(self, delivery: Delivery) -> str:
        return bytes(delivery.raw)[:20_000].decode("utf-8", "replace")

    @admin.action(description="Try again", permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        count = transitions.again(list(queryset.values_list("pk", flat=True)))
        self.message_user(request, f"{count} put back into the inbox.")
