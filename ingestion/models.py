"""What was said: sources, channels, people, messages, checked passages, raw deliveries."""

import re
import uuid
from datetime import timedelta
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from ingestion.bot_models import BotCall, BotContact, LinkCode, LinkedChat
from ingestion.lesson_models import NoiseLesson
from ingestion.people_models import Erasure, PersonJoin
from ingestion.upload_models import Upload
from tasktracker.core import crypto, walls
from tasktracker.core.enums import MessageCategory, Verdict
from tasktracker.core.fields import ObjectField
from tasktracker.core.models import TimeStamped, Workspace

__all__ = [
    "BotCall",
    "BotContact",
    "Channel",
    "Delivery",
    "Erasure",
    "LinkCode",
    "LinkedChat",
    "Message",
    "MessageRevision",
    "NoiseLesson",
    "Participant",
    "PersonJoin",
    "Quote",
    "Source",
    "Upload",
]

# How Slack names a message in its channel: seconds and microseconds.
SLACK_TIME = re.compile(r"\d{10}\.\d{6}", re.ASCII)
# What stands before ".slack.com" in a team's address.
SLACK_TEAM = re.compile(r"[a-z0-9][a-z0-9-]{0,79}(\.enterprise)?", re.ASCII)
SLACK_TOLD = "slack_team"  # in a source's state: {"domain", "token": a digest of the bot token that it was told to}
FORGES = ("github", "gitlab")


class Source(TimeStamped):
    """How messages came: a bot, an import, a webhook. Identity of a message never depends on it."""

    class Kind(models.TextChoices):
        TELEGRAM = "telegram"
        SLACK = "slack"
        EMAIL = "email"
        WEBHOOK = "webhook"
        DISCORD = "discord"
        MATTERMOST = "mattermost"
        IMPORT = "import"
        API = "api"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="sources")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False, help_text="Binds the secret to this row.")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind)
    config = ObjectField(default=dict, blank=True)
    sealed_secret = models.TextField(blank=True, editable=False)
    sealed_previous_secret = models.TextField(blank=True, default="", db_default="", editable=False)
    previous_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    is_active = models.BooleanField(default=True)
    local_only = models.BooleanField(default=False, help_text="Its messages never reach a remote model.")
    restricted = models.BooleanField(
        default=False,
        db_default=False,  # what was written before the column was there goes on
        help_text="Only its readers, and managers, see its messages and what rests on them alone.",
    )
    readers = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="readable_sources")
    filters = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="Which channels, authors and patterns are taken or left out."
    )
    retention_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Messages older than this are deleted; empty: they are kept."
    )
    state = models.JSONField(
        default=dict, db_default={}, blank=True, editable=False, help_text="What a poller remembers: its position."
    )
    last_error = models.CharField(max_length=300, blank=True, default="", db_default="", editable=False)
    last_error_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="source_name_once"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["telegram", "slack", "email", "webhook", "discord", "mattermost", "import", "api"]
                ),
                name="source_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_secret(self) -> bool:
        return bool(self.sealed_secret)

    def set_secret(self, value: str, *, keep_previous: timedelta | None = None) -> None:
        """Seal `value` into the row (not saved); an empty value clears it.

        With `keep_previous` the one before stays valid that long, so that a sender has time to change. Without, it is
        over at once.
        """
        kept = keep_previous is not None and bool(value)
        self.sealed_previous_secret = self.sealed_secret if kept else ""
        self.previous_secret_until = timezone.now() + keep_previous if keep_previous and kept else None
        self.sealed_secret = crypto.seal(value, bind=self._bind) if value else ""

    def open_secret(self) -> str:
        """The secret in clear, or "" when there is none; raises `DecryptionError` when no key opens it."""
        return crypto.unseal(self.sealed_secret, bind=self._bind) if self.sealed_secret else ""

    def open_secrets(self) -> list[str]:
        """Every secret that is valid now, the newest first; raises as `open_secret`."""
        valid = [self.sealed_secret]
        if self.previous_secret_until is not None and self.previous_secret_until > timezone.now():
            valid.append(self.sealed_previous_secret)
        return [crypto.unseal(sealed, bind=self._bind) for sealed in valid if sealed]

    @property
    def _bind(self) -> str:
        return f"source.secret:{self.uid}"


class Channel(TimeStamped):
    """A chat, room or mailbox folder, one row however its messages came."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="channels")
    platform = models.CharField(max_length=20)
    external_id = models.CharField(max_length=255)
    title = models.CharField(max_length=255)

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "platform", "external_id"], name="channel_identity_once")
        ]

    def __str__(self) -> str:
        return self.title or self.external_id


class Participant(TimeStamped):
    """An author as a platform knows them; `user` when they also log in here.

    Several that are one person point at the first of them by `same_as`; that one points at none. Who was erased keeps
    the row, under a digest for an id, so that no import makes them anew.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="participants")
    platform = models.CharField(max_length=20)
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    is_bot = models.BooleanField(default=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="participants"
    )
    same_as = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="others"
    )
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "platform", "external_id"], name="participant_identity_once"),
            models.CheckConstraint(condition=~Q(same_as=F("id")), name="participant_not_same_as_itself"),
        ]
        # the page of people, by name
        indexes = [models.Index(fields=["workspace", "name", "id"], name="participant_by_name")]

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    """One message, unique by (channel, external id); `text` is the newest version, cleaned, plain."""

    class Kind(models.TextChoices):
        MESSAGE = "message"
        SERVICE = "service"
        STICKER = "sticker"
        MEDIA = "media"
        POLL = "poll"

    class VerdictBy(models.TextChoices):
        RULE = "rule"
        MODEL = "model"
        PERSON = "person"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="messages")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="messages")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(Participant, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages")
    external_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MESSAGE)
    text = models.TextField(blank=True)
    sent_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    reply_to = models.CharField(max_length=255, blank=True, help_text="External id of the message answered to.")
    thread = models.CharField(max_length=255, blank=True, help_text="External id of the thread's root.")
    thread_title = models.CharField(max_length=255, blank=True)
    forwarded_from = models.CharField(max_length=255, blank=True)
    is_own = models.BooleanField(default=False, help_text="Posted by this product's own bot: never extracted from.")
    verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.WEAK)
    verdict_reason = models.CharField(max_length=40, blank=True)
    verdict_score = models.FloatField(default=0.5)
    verdict_by = models.CharField(max_length=10, choices=VerdictBy, default=VerdictBy.RULE)
    category = models.CharField(max_length=12, choices=MessageCategory, blank=True)
    metadata = models.JSONField(default=dict, blank=True)

    WALL = walls.Words("source")
    objects = walls.Manager["Message"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="message_identity_once"),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="message_verdict_known"),
            models.CheckConstraint(
                condition=Q(edited_at__isnull=True) | Q(edited_at__gte=F("sent_at")), name="message_edited_after_sent"
            ),
        ]
        indexes = [
            # the message list, newest first, by keyset
            models.Index(fields=["workspace", "-sent_at", "-id"], name="message_list"),
            # a conversation in order: windows, "five before, five after"
            models.Index(fields=["channel", "sent_at", "id"], name="message_in_channel"),
            # one author's messages, newest first
            models.Index(fields=["author", "-sent_at"], name="message_by_author"),
            # one source's messages, newest first
            models.Index(fields=["source", "-sent_at", "-id"], name="message_by_source"),
            # what was deleted, for the sweep that takes its words out
            models.Index(fields=["id"], name="message_deleted", condition=Q(deleted_at__isnull=False)),
            # words in messages: the same expression as in the query, so nothing is stored twice
            GinIndex(SearchVector("text", config="simple"), name="message_fulltext"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} in channel {self.channel_id}"

    @property
    def url(self) -> str:
        """The message at its platform (t.me/c/…), or "" where the platform has no such address."""
        platform, chat = self.channel.platform, self.channel.external_id
        if platform == "telegram" and chat.startswith("-100"):
            return f"https://t.me/c/{chat[4:]}/{self.external_id}"
        if platform == "slack" and chat and SLACK_TIME.fullmatch(self.external_id) and self._slack_team:
            # The archive's own form, which opens in the app of whoever is logged in; the thread is found by itself.
            at = self.external_id.replace(".", "")
            return f"https://{self._slack_team}.slack.com/archives/{quote(chat)}/p{at}"
        if platform in FORGES:
            return _at_forge(self.metadata.get("url"), chat)
        return ""

    @property
    def _slack_team(self) -> str:
        """The domain of the team, as Slack told it to the source; "" where nobody knows it: no address is guessed.

        Nor where the source is not at hand: no page asks for each row's source for a link.
        """
        if not Message.source.is_cached(self):
            return ""
        told = self.source.state.get(SLACK_TOLD)
        team = told.get("domain") if isinstance(told, dict) else self.source.config.get("team_domain")
        return team if isinstance(team, str) and SLACK_TEAM.fullmatch(team) else ""


def _at_forge(address: object, channel: str) -> str:
    """An address that a forge gave for what it sent, where it is https and of the forge itself ("host/id")."""
    if not isinstance(address, str):
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    here = parts.scheme == "https" and "@" not in parts.netloc and parts.hostname == channel.partition("/")[0]
    return address if here and address.isprintable() else ""


class MessageRevision(models.Model):
    """A text that a newer edit replaced."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="revisions")
    text = models.TextField(blank=True)
    edited_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(default=timezone.now)

    WALL = walls.Words("message__source")
    objects = walls.Manager["MessageRevision"]()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"earlier text of message {self.message_id}"


class Quote(models.Model):
    """A checked passage: code points `start` to `end` of the message's text at the time, with that text.

    `is_stale` when the message was edited since and no longer has these words there.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="quotes")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="quotes")
    start = models.IntegerField()
    end = models.IntegerField()
    text = models.TextField()
    is_stale = models.BooleanField(default=False)

    WALL = walls.Words("message__source")
    objects = walls.Manager["Quote"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "start", "end", "text"], name="quote_once"),
            models.CheckConstraint(condition=Q(start__gte=0) & Q(end__gt=F("start")), name="quote_has_extent"),
        ]

    def __str__(self) -> str:
        return f"{self.start}–{self.end} of message {self.message_id}"


class Delivery(models.Model):
    """The inbox: a raw update or webhook body, stored before anything is done with it.

    `external_id` is the platform's own delivery id (Telegram's update_id), so that a second copy changes nothing.
    """

    class Status(models.TextChoices):
        RECEIVED = "received"
        PROCESSED = "processed"
        IGNORED = "ignored"
        UNCLAIMED = "unclaimed", "from a chat that belongs to no workspace yet"
        FAILED = "failed"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="deliveries")
    external_id = models.CharField(max_length=255)
    raw = models.BinaryField()
    status = models.CharField(max_length=10, choices=Status, default=Status.RECEIVED)
    attempts = models.SmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    processed_at = models.DateTimeField(null=True)
    to_answer = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="A command or a pressed button, not yet heard."
    )
    heard_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(status__in=["received", "processed", "ignored", "unclaimed", "failed"]),
                name="delivery_status_known",
            ),
        ]
        indexes = [
            # what the sweeper still has to do
            models.Index(fields=["id"], name="delivery_waiting", condition=Q(status="received")),
            # a source's deliveries, newest first
            models.Index(fields=["source", "-id"], name="delivery_by_source"),
            # how many of a source failed, and which
            models.Index(fields=["source", "-id"], name="delivery_failed", condition=Q(status="failed")),
            # commands and buttons, in the order in which they came
            models.Index(fields=["source", "id"], name="delivery_to_answer", condition=Q(to_answer=True)),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} from source {self.source_id}"
