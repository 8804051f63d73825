"""The forms of sources, one for each kind: what it needs beside what every source has."""

from collections.abc import Mapping
from typing import Any

from django import forms

from ingestion import mapping, source_upkeep
from ingestion.mail.accounts import is_mailbox, server_of
from ingestion.mail.servers import check_server
from ingestion.models import Source
from ingestion.source_forms import Group, SourceForm, plain, secret_field
from tasktracker.core.errors import Invalid
from tasktracker.core.models import Workspace

HISTORY_DAYS = 90


class TelegramForm(SourceForm):
    secret_fields = ("token",)

    token = secret_field("Bot token", "From @BotFather, such as 123456:ABC….")

    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"].strip()
        if token and not source_upkeep.is_bot_token(token):
            raise forms.ValidationError("This is no bot token: it is a number, a colon, and letters.")
        return token


class SlackForm(SourceForm):
    secret_fields = ("signing_secret", "bot_token")

    signing_secret = secret_field("Signing secret", "From Basic Information of your Slack app.")
    bot_token = secret_field("Bot token", "From OAuth & Permissions: xoxb-…. For the names of channels and people.")


class EmailForm(SourceForm):
    """A mailbox that is read, or mail that is posted: each has fields of its own, and a secret of its own."""

    config_fields = ("address",)
    mailbox_fields = ("host", "port", "tls", "user", "folders", "history_days")
    secret_fields = ("password", "signing_key")

    way = forms.ChoiceField(
        label="How mail comes",
        choices=[("imap", "we read a mailbox (IMAP)"), ("posted", "Mailgun, Postmark or SendGrid post it to us")],
        help_text="A change ends the stored secret: a mailbox's password opens no address of ours.",
    )
    address = forms.EmailField(
        max_length=255,
        required=False,
        widget=plain(),
        help_text="After which its channel is called. Empty: the user, or where a posted mail was sent to.",
    )
    host = forms.CharField(
        label="IMAP server", max_length=253, required=False, widget=plain(), help_text="Such as imap.example.com."
    )
    port = forms.IntegerField(min_value=1, max_value=65_535, required=False, help_text="Empty: 993.")
    tls = forms.ChoiceField(
        label="Encryption",
        required=False,
        choices=[("tls", "TLS from the start"), ("starttls", "STARTTLS"), ("none", "none: only on this machine")],
    )
    user = forms.CharField(max_length=255, required=False, widget=plain())
    folders = forms.CharField(
        max_length=1_000, required=False, widget=plain(), help_text="With commas between them; empty: INBOX."
    )
    history_days = forms.IntegerField(
        label="Mail from before, days",
        required=False,
        min_value=0,
        max_value=36_500,
        help_text="How far back a folder is read at first. 0: all that it holds; empty: 90.",
    )
    password = secret_field("Password", "One for this program alone, where your provider has such.")
    signing_key = secret_field(
        "Mailgun's signing key",
        "Its HTTP webhook signing key. Postmark and SendGrid have none: leave it empty, and a secret is made.",
    )

    def values_of(self, row: Source) -> dict[str, Any]:
        shown = {name: self.shown(row.config[name]) for name in self.mailbox_fields if name in row.config}
        return super().values_of(row) | shown | {"way": "posted" if row.pk and not is_mailbox(row) else "imap"}

    @property
    def own_fields(self) -> list[Any]:
        return [self["way"], self["address"]]

    @property
    def groups(self) -> list[Group]:
        """What a mailbox needs, and what a post."""
        mailbox = [self[name] for name in (*self.mailbox_fields, "password")]
        return [Group("imap", mailbox), Group("posted", [self["signing_key"]])]

    def clean_folders(self) -> list[str]:
        return [name for part in self.cleaned_data["folders"].split(",") if (name := part.strip())] or ["INBOX"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name, usual in (("port", 993), ("tls", "tls"), ("history_days", HISTORY_DAYS)):
            if cleaned.get(name) in (None, ""):
                cleaned[name] = usual
        if cleaned.get("way") == "imap":
            host = cleaned.get("host", "")
            if not host and "host" not in self.errors:
                self.add_error("host", "Name the server that the mail is read from.")
            elif (
                self.row.has_secret and host.lower() != server_of(self.row) and not cleaned.get("password", "").strip()
            ):
                self.add_error("password", "This is another server: enter the password of the mailbox there.")
            if not {"host", "port"} & self.errors.keys():
                try:
                    check_server(host.strip(), cleaned["port"])
                except Invalid as error:
                    self.add_error("host", error.detail)
        return cleaned

    def config_of(self, values: dict[str, Any]) -> dict[str, Any]:
        ours = (*self.config_fields, *self.mailbox_fields)
        kept = {name: value for name, value in self.row.config.items() if name not in ours}
        if values["address"]:
            kept["address"] = values["address"]
        return kept | ({name: values[name] for name in self.mailbox_fields} if values["way"] == "imap" else {})

    def secret_of(self, values: dict[str, Any]) -> str:
        typed: str = values["password" if values["way"] == "imap" else "signing_key"].strip()
        if values["way"] == "posted" and not typed and (is_mailbox(self.row) or not self.row.has_secret):
            return self.make_secret()  # the password of a mailbox ends with this change
        return typed


class WebhookForm(SourceForm):
    """Of the mapping each field is one here: `map_text`, `map_author` and so on."""

    config_fields = ("format", "mapping")

    format = forms.ChoiceField(
        label="Who sends",
        choices=[("generic", "any program, by a mapping"), ("github", "GitHub"), ("gitlab", "GitLab")],
        help_text="GitHub and GitLab need no mapping: their issues and comments are known. Each has its own address.",
    )

    def __init__(self, row: Source, workspace: Workspace, data: Any = None) -> None:
        super().__init__(row, workspace, data)
        stored = row.config.get("mapping")
        for name in mapping.FIELDS:
            self.fields[f"map_{name}"] = forms.CharField(
                label=name,
                required=False,
                max_length=mapping.LONGEST,
                initial=stored.get(name, "") if isinstance(stored, dict) else "",
                widget=plain(**{"class": "mono", "placeholder": mapping.USUAL[name]}),
            )

    @property
    def own_fields(self) -> list[Any]:
        return [self["format"]]

    def secret_of(self, values: dict[str, Any]) -> str:
        return "" if self.row.has_secret else self.make_secret()

    @property
    def mapping_fields(self) -> list[Any]:
        """The fields of the mapping, for the page."""
        return [self[f"map_{name}"] for name in mapping.FIELDS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["mapping"] = typed_mapping(cleaned) if cleaned.get("format") == "generic" else {}
        for name, why in mapping.mistakes(cleaned["mapping"]).items():
            self.add_error(f"map_{name}", why)
        return cleaned


def typed_mapping(values: Mapping[str, Any]) -> dict[str, str]:
    """The mapping in what a form sent; what is empty is looked for in the usual places."""
    typed = {name: str(values.get(f"map_{name}") or "").strip() for name in mapping.FIELDS}
    return {name: expression for name, expression in typed.items() if expression}


class DiscordForm(SourceForm):
    secret_fields = ("token",)

    token = secret_field("Bot token", "From the Bot page of your application at Discord.")


class MattermostForm(SourceForm):
    secret_fields = ("token",)

    token = secret_field("Token", "Of the outgoing webhook, as Mattermost shows it.")


FORMS: dict[str, type[SourceForm]] = {
    Source.Kind.TELEGRAM: TelegramForm,
    Source.Kind.SLACK: SlackForm,
    Source.Kind.EMAIL: EmailForm,
    Source.Kind.WEBHOOK: WebhookForm,
    Source.Kind.DISCORD: DiscordForm,
    Source.Kind.MATTERMOST: MattermostForm,
}


SECRETS = sorted({name for form in FORMS.values() for name in form.secret_fields})


def form_of(row: Source, workspace: Workspace, data: Any = None) -> SourceForm:
    """The form of the row's kind."""
    return FORMS.get(row.kind, SourceForm)(row, workspace, data)
