"""Proposals as the API gives them, and the bodies of the verbs."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from proposals import selectors
from proposals.bulk import VERBS
from proposals.identity import Target
from proposals.models import Evidence, Proposal
from proposals.origins import ALL
from proposals.payloads import KINDS
from tasktracker.core.enums import RejectReason
from tasktracker.core.paths import is_number

Anything = serializers.Field[Any, Any, Any, Any]


class ObjectSerializer(serializers.Serializer[Any]):
    """Something by its kind and id."""

    kind = serializers.CharField()
    id = serializers.IntegerField()


class SimilarSerializer(ObjectSerializer):
    title = serializers.CharField()
    score = serializers.FloatField()
    method = serializers.CharField()
    same = serializers.BooleanField(
        allow_null=True, help_text="What a model said of the two; null where none was asked."
    )


class EvidenceSerializer(serializers.ModelSerializer[Evidence]):
    """A quote with the id of its message; who said it and when stand beside it."""

    message = serializers.IntegerField(source="quote.message_id")
    quote = serializers.CharField(source="quote.text")
    start = serializers.IntegerField(source="quote.start")
    end = serializers.IntegerField(source="quote.end")
    stale = serializers.BooleanField(source="quote.is_stale")
    author = serializers.CharField(source="quote.message.author.name", default=None)
    sent_at = serializers.DateTimeField(source="quote.message.sent_at")
    channel = serializers.IntegerField(source="quote.message.channel_id")
    url = serializers.CharField(source="quote.message.url")

    class Meta:
        model = Evidence
        fields = ["id", "message", "quote", "start", "end", "stale", "author", "sent_at", "channel", "url"]
        read_only_fields = fields


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    """A proposal as a list shows it. `payload` has the keys of its kind; `diff` is what an update would change."""

    tier = serializers.CharField(read_only=True)
    payload = serializers.SerializerMethodField()
    origins = serializers.DictField(
        child=serializers.ChoiceField(choices=ALL),
        read_only=True,
        help_text="Who filled each key of the payload last: edited is a person over what a machine had filled.",
    )
    diff = serializers.SerializerMethodField()
    evidence = EvidenceSerializer(many=True, read_only=True)
    decided_by = serializers.CharField(source="decided_by.username", default=None, read_only=True)
    created_object = serializers.SerializerMethodField()
    target = serializers.SerializerMethodField()

    class Meta:
        model = Proposal
        fields = [
            "id",
            "kind",
            "status",
            "title",
            "payload",
            "origins",
            "diff",
            "confidence",
            "tier",
            "rank",
            "recommendation",
            "target",
            "reasoning",
            "run",
            "project",
            "evidence",
            "snoozed_until",
            "reject_reason",
            "note",
            "merged_into",
            "decided_by",
            "decided_at",
            "created_object",
            "created_at",
        ]
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_payload(self, proposal: Proposal) -> dict[str, Any]:
        known = KINDS[proposal.kind].model_fields
        return {key: value for key, value in proposal.payload.items() if key in known}

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_diff(self, proposal: Proposal) -> dict[str, Any] | None:
        diff: dict[str, Any] | None = proposal.payload.get("diff")
        return diff

    @extend_schema_field(ObjectSerializer(allow_null=True))
    def get_created_object(self, proposal: Proposal) -> dict[str, Any] | None:
        if proposal.created_id is None:
            return None
        return {"kind": proposal.created_kind, "id": proposal.created_id}

    @extend_schema_field(ObjectSerializer(allow_null=True))
    def get_target(self, proposal: Proposal) -> dict[str, Any] | None:
        return {"kind": proposal.kind, "id": proposal.target_id} if proposal.target_id is not None else None


class ProposalDetailSerializer(ProposalSerializer):
    """One proposal, with what is most like it and what people did to it."""

    similar = serializers.SerializerMethodField()
    history = serializers.SerializerMethodField()

    class Meta(ProposalSerializer.Meta):
        fields = [*ProposalSerializer.Meta.fields, "similar", "history"]
        read_only_fields = fields

    @extend_schema_field(SimilarSerializer(many=True))
    def get_similar(self, proposal: Proposal) -> list[dict[str, Any]]:
        return [SimilarSerializer(one).data for one in selectors.similar(proposal)]

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_history(self, proposal: Proposal) -> list[dict[str, Any]]:
        return [
            {
                "verb": action.verb,
                "by": action.by.get_username() if action.by else None,
                "at": action.at,
                "edited": action.edited,
                "auto": action.auto,
                "action_id": str(action.batch),
                "undone_by": action.undone_by.get_username() if action.undone_by else None,
                "undone_at": action.undone_at,
            }
            for action in selectors.history_of(proposal)
        ]


@extend_schema_field({"oneOf": [{"type": "integer"}, {"$ref": "#/components/schemas/Object"}, {"type": "string"}]})
class TargetField(Anything):
    """A proposal's id, `{"kind", "id"}` of a proposal, topic, atom or task, or the same as `task-12`."""

    def to_internal_value(self, data: Any) -> Target:
        kind: Any = "proposal"
        number = data
        if isinstance(data, dict):
            kind, number = data.get("kind"), data.get("id")
        elif isinstance(data, str) and "-" in data:
            kind, _, number = data.partition("-")
        if kind not in ("proposal", *KINDS) or isinstance(number, bool) or not is_number(str(number)):
            raise serializers.ValidationError('Give a proposal\'s id, or {"kind": …, "id": …}.')
        return Target(str(kind), int(number))

    def to_representation(self, value: Any) -> Any:
        return value


class ApproveSerializer(serializers.Serializer[Any]):
    """`edits` are payload keys with a person's own values."""

    edits = serializers.DictField(required=False)


class RejectSerializer(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=RejectReason.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)


class SnoozeSerializer(serializers.Serializer[Any]):
    until = serializers.DateTimeField()


class MergeSerializer(serializers.Serializer[Any]):
    """`choose` says left (this one's), right or both for keys of the payload; right where it says nothing."""

    into = TargetField()
    choose = serializers.DictField(required=False, child=serializers.ChoiceField(choices=["left", "right", "both"]))


class UndoSerializer(serializers.Serializer[Any]):
    confirm = serializers.BooleanField(required=False, default=False)


class NotSameSerializer(serializers.Serializer[Any]):
    other = TargetField()


class EvidenceInSerializer(serializers.Serializer[Any]):
    """Words of a message, as they stand there."""

    message = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    quote = serializers.CharField(max_length=4000)


class BulkSerializer(serializers.Serializer[Any]):
    """`ids` and a verb with what it needs; or verb `undo` with the `action_id` of an earlier bulk."""

    verb = serializers.ChoiceField(choices=sorted(VERBS))
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=1000
    )
    action_id = serializers.UUIDField(required=False)
    edits = serializers.DictField(required=False)
    reason = serializers.ChoiceField(choices=RejectReason.choices, required=False)
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)
    until = serializers.DateTimeField(required=False)
    into = TargetField(required=False)
    confirm = serializers.BooleanField(required=False)

    NEEDS = {"reject": "reason", "snooze": "until", "merge": "into"}
    TAKES = {
        "approve": ("edits",),
        "reject": ("reason", "note"),
        "snooze": ("until",),
        "merge": ("into",),
        "undo": ("confirm",),
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        verb = attrs["verb"]
        needed = self.NEEDS.get(verb)
        if needed and needed not in attrs:
            raise serializers.ValidationError({needed: f"{verb} needs it."})
        if "ids" not in attrs and not (verb == "undo" and "action_id" in attrs):
            raise serializers.ValidationError({"ids": "Give the proposals' ids."})
        attrs["params"] = {name: attrs[name] for name in self.TAKES[verb] if name in attrs}
        return attrs


class BulkResultSerializer(serializers.Serializer[Any]):
    """How many were asked and done, which were skipped and why; `action_id` undoes it."""

    requested = serializers.IntegerField()
    done = serializers.IntegerField()
    ids = serializers.ListField(child=serializers.IntegerField())
    skipped = serializers.ListField(child=serializers.DictField())
    action_id = serializers.UUIDField()
