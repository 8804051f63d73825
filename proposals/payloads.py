"""What a proposal says, by kind: the keys of its payload, checked. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ingestion.text import clean_json, clean_text
from tasktracker.core.enums import AtomType, LinkType, Priority, TaskCategory
from tasktracker.core.errors import Invalid


def _clean(value: str) -> str:
    return clean_text(value).text.strip()


def _line(value: str) -> str:
    return " ".join(_clean(value).split())


def _day(value: str) -> str:
    return date.fromisoformat(value).isoformat()


def _unique(values: list[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value]


Title = Annotated[str, AfterValidator(_line), StringConstraints(min_length=1, max_length=200)]
Name = Annotated[str, AfterValidator(_line), StringConstraints(max_length=200)]
Body = Annotated[str, AfterValidator(_clean), StringConstraints(max_length=8000)]
Words = Annotated[
    list[Annotated[str, AfterValidator(_line), StringConstraints(max_length=60)]],
    AfterValidator(_unique),
    Field(max_length=40),
]
Day = Annotated[str, AfterValidator(_day)]


class Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", use_enum_values=True, validate_default=True)


class TopicPayload(Payload):
    name: Title
    description: Body = ""
    keywords: Words = []


class Link(Payload):
    """`to` is the id of an approved atom, or the title of an atom of the same run."""

    to: int | Name
    type: LinkType


class AtomPayload(Payload):
    """`topic` is the id of an approved topic, or a name that one has or will have."""

    type: AtomType
    title: Title
    content: Body = ""
    topic: int | Name | None = None
    links: Annotated[list[Link], Field(max_length=40)] = []


class TaskPayload(Payload):
    """`project` and `assignee` are an id or a name, `atoms` ids of approved atoms, `due` an ISO date."""

    title: Title
    description: Body = ""
    category: TaskCategory = TaskCategory.CHORE
    priority: Priority = Priority.MEDIUM
    project: int | Name | None = None
    assignee: int | Name | None = None
    due: Day | None = None
    labels: Words = []
    fields: dict[str, Any] = {}
    atoms: Annotated[list[int], Field(max_length=200)] = []


KINDS: dict[str, type[Payload]] = {"topic": TopicPayload, "atom": AtomPayload, "task": TaskPayload}
HEADING = {"topic": "name", "atom": "title", "task": "title"}
BODY = {"topic": "description", "atom": "content", "task": "description"}


def title_of(kind: str, payload: Mapping[str, Any]) -> str:
    """The line that stands for the whole."""
    return str(payload[HEADING[kind]])


def checked(kind: str, payload: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` as they may be stored, checked together with the rest of `payload`; raises `Invalid` with `errors`."""
    known = KINDS[kind].model_fields
    rest = {key: value for key, value in payload.items() if key in known}
    if "fields" in fields:
        fields = {**fields, "fields": clean_json(fields["fields"]).value}
    try:
        whole = KINDS[kind].model_validate({**rest, **fields}).model_dump()
    except ValidationError as error:
        errors = {".".join(str(part) for part in e["loc"]) or "payload": e["msg"] for e in error.errors()}
        name, message = next(iter(errors.items()))
        raise Invalid(f"{name}: {message}", errors=errors) from None
    return {key: whole[key] for key in fields}


def from_finding(kind: str, title: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The payload that a model's answer makes: the keys of the kind, each that does not pass left out."""
    model = KINDS[kind]
    values = {key: value for key, value in answer.items() if key in model.model_fields and value is not None}
    if "atoms" in values:
        values["atoms"] = [atom for atom in values["atoms"] if isinstance(atom, int)]
    values.setdefault(HEADING[kind], title)
    try:
        return model.model_validate(values).model_dump()
    except ValidationError as error:
        bad = {str(e["loc"][0]) for e in error.errors() if e["loc"]}
    kept = {key: value for key, value in values.items() if key not in bad}
    kept.setdefault(HEADING[kind], title or "(no title)")
    if kind == "atom":
        kept.setdefault("type", AtomType.INSIGHT)
    return model.model_validate(kept).model_dump()
