"""Topics, atoms, links and tasks as the API gives and takes them."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ingestion.models import Participant, Quote
from ingestion.serializers import MessageSerializer
from knowledge.models import Atom, AtomLink, Project, Task, Topic
from knowledge.staleness import is_open
from tasktracker.core.models import User
from tasktracker.core.paths import is_number

Anything = serializers.Field[Any, Any, Any, Any]


class OwnRelatedField(serializers.PrimaryKeyRelatedField[Any]):
    """A row of the caller's workspace by its id; one of somebody else's does not exist."""

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        view = self.context.get("view")
        return rows.filter(workspace=view.access.workspace) if view is not None else rows.none()


class MemberField(serializers.PrimaryKeyRelatedField[Any]):
    """A user by id, who must be a member of the caller's workspace; who is elsewhere does not exist."""

    def get_queryset(self) -> Any:
        view = self.context.get("view")
        rows = User.objects.filter(is_active=True)
        return rows.filter(memberships__workspace=view.access.workspace) if view is not None else rows.none()


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}], "nullable": True})
class NamedRelatedField(Anything):
    """A row of the caller's workspace by id or by name; given out as its id."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        self.model = model
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            data = data.get("id")
        if isinstance(data, bool) or not isinstance(data, int | str):
            raise serializers.ValidationError("Give an id or a name.")
        text = str(data).replace("\x00", "").strip()
        is_id = is_number(text)
        same = Q(pk=int(text)) if is_id else Q(name__iexact=text.lstrip("@"))
        rows = list(self.model.objects.filter(same, workspace=self.context["view"].access.workspace)[:2])
        if len(rows) != 1:
            raise serializers.ValidationError("There is none, or more than one, of this name.")
        return rows[0]

    def to_representation(self, value: Any) -> int:
        return int(value.pk)


class QuoteSerializer(serializers.ModelSerializer[Quote]):
    """A checked passage with its message."""

    quote = serializers.CharField(source="text", read_only=True)
    stale = serializers.BooleanField(source="is_stale", read_only=True)
    message = MessageSerializer(read_only=True)

    class Meta:
        model = Quote
        fields = ["id", "quote", "start", "end", "stale", "message"]
        read_only_fields = fields


class TopicSerializer(serializers.ModelSerializer[Topic]):
    """`atoms` and `messages` are counts."""

    atoms = serializers.SerializerMethodField()
    messages = serializers.SerializerMethodField()
    project = NamedRelatedField(Project, required=False, allow_null=True)
    status = serializers.ChoiceField(choices=["active", "archived"], required=False)

    class Meta:
        model = Topic
        fields = [
            "id",
            "name",
            "description",
            "keywords",
            "project",
            "atoms",
            "messages",
            "status",
            "merged_into",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["merged_into", "created_at", "updated_at"]

    def get_atoms(self, topic: Topic) -> int:
        return int(getattr(topic, "n_atoms", 0))

    def get_messages(self, topic: Topic) -> int:
        return int(getattr(topic, "n_messages", 0))


class AtomSerializer(serializers.ModelSerializer[Atom]):
    """`stale` when a message that it quotes was changed since, and nobody has said that it still holds."""

    topics = OwnRelatedField(many=True, queryset=Topic.objects.filter(status="active"), required=False)
    quotes = QuoteSerializer(many=True, read_only=True)
    stale = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=["active", "retired"], required=False)

    class Meta:
        model = Atom
        fields = [
            "id",
            "type",
            "title",
            "content",
            "topics",
            "quotes",
            "valid_from",
            "valid_to",
            "stale",
            "status",
            "merged_into",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["merged_into", "created_at", "updated_at"]

    def get_stale(self, atom: Atom) -> bool:
        return any(is_open(quote, "atom", atom.pk) for quote in atom.quotes.all())


class AtomLinkSerializer(serializers.ModelSerializer[AtomLink]):
    from_atom = OwnRelatedField(queryset=Atom.objects.all())
    to_atom = OwnRelatedField(queryset=Atom.objects.all())

    class Meta:
        model = AtomLink
        fields = ["id", "from_atom", "to_atom", "type", "created_at"]
        read_only_fields = ["created_at"]
        validators: list[Any] = []  # the same link again is answered with the one that is there


class TaskSerializer(serializers.ModelSerializer[Task]):
    """`assignee` and `project` are given by id or name; their names stand beside the ids."""

    assignee = NamedRelatedField(Participant, required=False, allow_null=True)
    assignee_name = serializers.CharField(source="assignee.name", default=None, read_only=True)
    project = NamedRelatedField(Project, required=False, allow_null=True)
    project_name = serializers.CharField(source="project.name", default=None, read_only=True)
    atoms = OwnRelatedField(many=True, queryset=Atom.objects.all(), required=False)

    class Meta:
        model = Task
        fields = [
            "id",
            "title",
            "description",
            "status",
            "priority",
            "category",
            "assignee",
            "assignee_name",
            "project",
            "project_name",
            "due",
            "labels",
            "fields",
            "atoms",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["created_at", "updated_at"]


class MergeIntoSerializer(serializers.Serializer[Any]):
    into = serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class SplitSerializer(serializers.Serializer[Any]):
    """The atoms that go into a new topic; with `keep` they stay in the old one as well."""

    name = serializers.CharField(max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    atoms = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), min_length=1, max_length=2_000
    )
    keep = serializers.BooleanField(default=False)


class TakeBackSerializer(serializers.Serializer[Any]):
    edit = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    confirm = serializers.BooleanField(default=False)


class FieldChangeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    old = serializers.CharField()
    new = serializers.CharField()


class HappenedSerializer(serializers.Serializer[Any]):
    """A line of history; `edit` names a change by hand, which `undo` takes back."""

    at = serializers.DateTimeField()
    what = serializers.CharField()
    by = serializers.CharField(allow_null=True)
    note = serializers.CharField()
    edit = serializers.IntegerField(allow_null=True)
    changes = FieldChangeSerializer(many=True)
    undone_by = serializers.CharField(allow_null=True)


class HitSerializer(serializers.Serializer[Any]):
    """`highlight` is safe HTML: text escaped, the words found in <mark>."""

    kind = serializers.CharField()
    id = serializers.IntegerField()
    title = serializers.CharField()
    score = serializers.FloatField()
    highlight = serializers.CharField()


class FoundSerializer(serializers.Serializer[Any]):
    """Hits in the shape of a page; there is only one."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = HitSerializer(many=True)
