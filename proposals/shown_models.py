"""Where proposals stand in chats."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from ingestion.models import Source


class ShownProposal(models.Model):
    """A message of a bot that shows a proposal to a reviewer, with buttons; it changes when somebody else decides."""

    proposal = models.ForeignKey("proposals.Proposal", on_delete=models.CASCADE, related_name="shown")
    bot = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    chat_id = models.CharField(max_length=40)
    message_id = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Empty where words that it shows are gone since.
    told = models.CharField(max_length=15, default="pending", help_text="What the message says of the proposal.")
    shown_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["bot", "chat_id", "message_id"], name="shownproposal_once")]

    def __str__(self) -> str:
        return f"proposal {self.proposal_id} in a chat"
