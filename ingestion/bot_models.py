"""What a bot has to remember: codes that link, linked chats, people that it writes to, what is still to be sent."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tasktracker.core.models import Workspace


class LinkCode(models.Model):
    """A code that was made on a page and is said to a bot, once: it links a person or a chat to a workspace.

    Only its digest is stored. One for a person links whoever says it to `made_by`.
    """

    class For(models.TextChoices):
        PERSON = "person", "my account"
        CHAT = "chat", "a chat"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="link_codes")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    purpose = models.CharField(max_length=10, choices=For)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="link_codes")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(purpose__in=["person", "chat"]), name="linkcode_for_known")]

    def __str__(self) -> str:
        return f"code for {self.get_purpose_display()}"


class LinkedChat(models.Model):
    """A chat whose messages a bot hands to `source`: its own, or that of another workspace which it serves too."""

    bot = models.ForeignKey("ingestion.Source", on_delete=models.CASCADE, related_name="linked_chats")
    external_id = models.CharField(max_length=255)
    title = models.CharField(max_length=255, blank=True)
    source = models.ForeignKey("ingestion.Source", on_delete=models.CASCADE, related_name="+")
    linked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    linked_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["title", "id"]
        constraints = [models.UniqueConstraint(fields=["bot", "external_id"], name="linkedchat_once")]

    def __str__(self) -> str:
        return self.title or self.external_id


class BotContact(models.Model):
    """A person whom a bot may write to in private: they wrote to it first, and are linked to a login.

    `stopped` says why it no longer does, such as that they have blocked it.
    """

    participant = models.OneToOneField("ingestion.Participant", on_delete=models.CASCADE, related_name="contact")
    bot = models.ForeignKey("ingestion.Source", on_delete=models.CASCADE, related_name="contacts")
    notify = models.BooleanField(default=True, help_text="Tell them what becomes of their messages.")
    language = models.CharField(max_length=5, default="en")
    stopped = models.CharField(max_length=120, blank=True)
    since = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"contact of participant {self.participant_id}"


class BotCall(models.Model):
    """Something to say to Telegram, sent once or not at all; `params` are emptied when that is over.

    `key` makes it one, however often it is asked for. Whoever sends it sets `taken_at` first: what was taken and has
    no end is never sent again, since nobody knows whether it arrived.
    """

    bot = models.ForeignKey("ingestion.Source", on_delete=models.CASCADE, related_name="bot_calls")
    method = models.CharField(max_length=40)
    chat_id = models.CharField(max_length=40, blank=True, help_text="Empty: what is no message, and needs no pace.")
    params: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    about: "models.JSONField[Any, Any]" = models.JSONField(default=dict, help_text="Ids of what it is about.")
    key = models.CharField(max_length=120, null=True)  # noqa: DJ001  # unique where there is one
    contact = models.ForeignKey(BotContact, null=True, on_delete=models.CASCADE, related_name="calls")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    not_before = models.DateTimeField(default=timezone.now)
    taken_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["bot", "key"], name="botcall_key_once")]
        indexes = [
            # what is still to be sent, in order
            models.Index(fields=["bot", "id"], name="botcall_waiting", condition=Q(taken_at=None, done_at=None)),
            # how much a chat was told lately
            models.Index(fields=["bot", "chat_id", "-created_at"], name="botcall_pace"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.pk}"
