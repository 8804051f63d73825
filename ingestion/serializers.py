"""Messages and sources as the API gives and takes them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ingestion.drafts import MessageDraft, PersonDraft
from ingestion.mail.accounts import address_of, server_of
from ingestion.mail.servers import check_server
from ingestion.models import Message, Source
from ingestion.source_config import wrong_config
from ingestion.source_filters import clean_filters
from ingestion.source_secrets import CALLED, is_ours_to_make, new_secret
from ingestion.source_upkeep import FIELDS, LONGEST_RETENTION, is_bot_token, save_source
from ingestion.tidy import api_channel
from tasktracker.core.enums import Verdict
from tasktracker.core.errors import Invalid
from tasktracker.core.models import User


class ReadersField(serializers.SlugRelatedField[User]):
    """Members of the caller's workspace, by user name."""

    def get_queryset(self) -> Any:
        view = self.context.get("view")
        if view is None:
            return User.objects.none()
        return User.objects.filter(memberships__workspace=view.access.workspace)


class SourceSerializer(serializers.ModelSerializer[Source]):
    """A source; its secret goes in and never comes out."""

    secret = serializers.CharField(write_only=True, required=False, allow_blank=True, trim_whitespace=True)
    end_previous_secret = serializers.BooleanField(
        write_only=True,
        required=False,
        help_text="With a new `secret`: the one before is over at once. Else it stays valid for a day.",
    )
    has_secret = serializers.BooleanField(read_only=True)
    readers = ReadersField(many=True, slug_field="username", required=False, queryset=User.objects.none())

    class Meta:
        model = Source
        fields = [
            "id",
            "name",
            "kind",
            "config",
            "secret",
            "end_previous_secret",
            "has_secret",
            "is_active",
            "local_only",
            "restricted",
            "readers",
            "filters",
            "retention_days",
            "last_error",
            "last_error_at",
            "created_at",
        ]
        read_only_fields = ["last_error", "last_error_at", "created_at"]
        extra_kwargs: ClassVar = {"retention_days": {"min_value": 1, "max_value": LONGEST_RETENTION}}

    def validate_filters(self, given: Any) -> dict[str, Any]:
        try:
            return clean_filters(given)
        except Invalid as error:
            raise serializers.ValidationError(error.detail) from None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        now = self.instance
        kind = attrs.get("kind", getattr(now, "kind", ""))
        config = attrs.get("config", getattr(now, "config", {}))
        if {"kind", "config"} & attrs.keys():
            if wrong := wrong_config(kind, config):
                raise serializers.ValidationError({"config": wrong})
            check_server(*address_of(kind, config))
        is_called = kind in CALLED and not address_of(kind, config)[0]
        if now is None and is_called and attrs.get("secret") == "" and attrs.get("is_active", True):
            raise serializers.ValidationError({"secret": "An empty secret signs nothing: leave it out, or enter it."})
        if kind == Source.Kind.TELEGRAM and attrs.get("secret") and not is_bot_token(attrs["secret"]):
            raise serializers.ValidationError({"secret": "This is no bot token: a number, a colon, and letters."})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Source:
        source = Source(workspace=validated_data["workspace"], kind=validated_data["kind"])
        given = validated_data.pop("secret", "")
        if not given and is_ours_to_make(_as_written(source, validated_data)):
            given = new_secret()
        return _written(source, validated_data, given)

    def update(self, instance: Source, validated_data: dict[str, Any]) -> Source:
        given = validated_data.pop("secret", None)
        if given == "":
            instance.set_secret("")
        elif given is None and server_of(instance) and is_ours_to_make(_as_written(instance, validated_data)):
            given = new_secret()  # of a mailbox; one that nobody knows, until it is rotated
        return _written(instance, validated_data, given or "")


def _as_written(source: Source, values: Mapping[str, Any]) -> Source:
    """Kind and config alone, as they will be."""
    kind, config = (values.get(name, getattr(source, name)) for name in ("kind", "config"))
    return Source(kind=kind, config=config)


def _written(source: Source, values: Mapping[str, Any], secret: str) -> Source:
    kept = {name: values[name] for name in FIELDS if name in values}
    return save_source(
        source=source,
        values=kept,
        readers=values.get("readers"),
        secret=secret,
        end_previous=values.get("end_previous_secret", False),
    )


class AuthorSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class VerdictSerializer(serializers.Serializer[Any]):
    score = serializers.FloatField()
    reason = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # "class" is the contract's word, and a keyword of Python.
        return {"class": serializers.ChoiceField(Verdict.choices), **super().get_fields()}


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message as scripts read it."""

    # The fields are what the schema tells; `to_representation` makes the body.
    author = AuthorSerializer(allow_null=True, read_only=True)
    verdict = VerdictSerializer(read_only=True)
    url = serializers.CharField(read_only=True)

    class Meta:
        model = Message
        fields = [
            "id",
            "source",
            "channel",
            "external_id",
            "kind",
            "author",
            "text",
            "sent_at",
            "edited_at",
            "deleted_at",
            "reply_to",
            "thread",
            "verdict",
            "category",
            "url",
            "metadata",
        ]
        read_only_fields = fields

    def to_representation(self, message: Message) -> dict[str, Any]:
        """Written out: a field object for each value cost more than storing the message did."""
        author = message.author
        return {
            "id": message.pk,
            "source": message.source_id,
            "channel": message.channel_id,
            "external_id": message.external_id,
            "kind": message.kind,
            "author": {"id": author.pk, "name": author.name} if author else None,
            # Gone from sight at once; the words themselves follow a moment later.
            "text": "" if message.deleted_at else message.text,
            "sent_at": as_iso(message.sent_at),
            "edited_at": as_iso(message.edited_at),
            "deleted_at": as_iso(message.deleted_at),
            "reply_to": message.reply_to,
            "thread": message.thread,
            "verdict": {
                "class": message.verdict,
                "score": message.verdict_score,
                "reason": message.verdict_reason,
            },
            "category": message.category,
            "url": message.url,
            "metadata": message.metadata,
        }


def as_iso(moment: datetime | None) -> str | None:
    """A time as the API gives it: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "object"}]})
class PersonField(serializers.Field[Any, Any, Any, Any]):
    """A name, or `{"id", "name"}` with the platform's own id."""

    def to_internal_value(self, data: Any) -> PersonDraft:
        if isinstance(data, str) and data.strip():
            return PersonDraft(data.strip(), data.strip())
        if isinstance(data, dict) and str(data.get("id") or data.get("name") or "").strip():
            name = data.get("name", data.get("id"))
            return PersonDraft(str(data.get("id") or data["name"]), str(name), bool(data.get("is_bot", False)))
        raise serializers.ValidationError('Give a name, or {"id": …, "name": …}.')

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}]})
class NameOrIdField(serializers.Field[Any, Any, Any, Any]):
    """A row by its number or by its name."""

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, bool) or not isinstance(data, str | int) or not str(data).strip():
            raise serializers.ValidationError("Give an id or a name.")
        return str(data).strip()

    def to_representation(self, value: Any) -> Any:
        return value


class MessageInSerializer(serializers.Serializer[Any]):
    """`POST /api/messages`: one message of a source, known by (channel, external_id)."""

    source: Any = NameOrIdField()
    external_id = serializers.CharField(max_length=255)
    author = PersonField()
    text = serializers.CharField(max_length=200_000, trim_whitespace=False)
    sent_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(required=False, allow_null=True)
    channel = serializers.CharField(required=False, allow_blank=True, max_length=255)
    thread = serializers.CharField(required=False, allow_blank=True, max_length=255)
    reply_to = serializers.CharField(required=False, allow_blank=True, max_length=255)
    metadata = serializers.DictField(required=False)

    def validate_text(self, text: str) -> str:
        if not text.strip():
            raise serializers.ValidationError("A message needs a text.")
        return text


@cache
def posted() -> MessageInSerializer:
    """One to validate with, by `run_validation(data)`: that keeps nothing, so the fields are made only once."""
    return MessageInSerializer()


def draft_of(data: Mapping[str, Any], source: Source) -> MessageDraft:
    """A validated message as a draft; its channel is the one named, or one for the whole source."""
    channel = data.get("channel", "")
    return MessageDraft(
        channel=api_channel(source.pk, channel, channel or source.name),
        external_id=data["external_id"],
        author=data["author"],
        text=data["text"],
        sent_at=data["sent_at"],
        edited_at=data.get("edited_at"),
        thread=data.get("thread", ""),
        reply_to=data.get("reply_to", ""),
        metadata=data.get("metadata", {}),
    )


class VerdictInSerializer(serializers.Serializer[Any]):
    """`{"class": "noise" | "weak" | "signal"}`."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"class": serializers.ChoiceField(Verdict.choices)}
