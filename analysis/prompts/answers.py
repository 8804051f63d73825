"""The answers that the offline engine and a language model share: product.md's enumerations, items with evidence."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from tasktracker.core.enums import AtomType, LinkType, Priority, Recommendation, TaskCategory

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]
Body = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
Keyword = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


def as_word(value: Any) -> Any:
    """A word of an enumeration however a model writes it: "New task" is new_task."""
    return "_".join(value.lower().replace("-", " ").replace("_", " ").split()) if isinstance(value, str) else value


def bare(ref: str) -> str:
    """A reference without the brackets that it was shown in."""
    return ref.strip("[] ")


def _as_share(value: Any) -> Any:
    """A confidence given as a percentage or as a word."""
    if isinstance(value, str):
        value = {"high": 0.95, "medium": 0.8, "low": 0.5}.get(value.strip().lower(), value.strip().removesuffix("%"))
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    return number / 100 if 1 < number <= 100 else number


MessageRef = Annotated[str, StringConstraints(pattern=r"^\[?m\d{1,5}\]?$"), AfterValidator(bare)]
Confidence = Annotated[float, BeforeValidator(_as_share)]


def _ask_for_evidence(schema: dict[str, Any]) -> None:
    """Models leave out what a schema lets them leave out; an item without evidence is still a valid one for us."""
    schema["required"] = [*schema.get("required", []), "evidence"]


class Item(BaseModel):
    """What every item of an answer carries: evidence by reference and exact words, confidence and a reason."""

    model_config = ConfigDict(extra="ignore", json_schema_extra=_ask_for_evidence)

    evidence: list["EvidenceRef"] = Field(default_factory=list, max_length=20)
    confidence: Confidence = Field(ge=0, le=1, description="how sure you are that a person would accept this, 0 to 1")
    reasoning: Annotated[str, StringConstraints(max_length=600)] = Field(default="", description="at most 3 lines")


class EvidenceRef(BaseModel):
    """A passage: `m` is a message reference such as m3, `quote` its exact words."""

    m: MessageRef
    quote: Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class TopicItem(Item):
    """A subject that the team works on, named as a person would name it."""

    name: Title
    description: Body = ""
    keywords: list[Keyword] = Field(default_factory=list, max_length=12)
    known: str | None = Field(default=None, description="reference such as k2 when this topic is known already")


class LinkItem(BaseModel):
    """A link from an atom to another one: `to` is a known reference (k3) or the title of an atom in this answer."""

    to: str
    type: Annotated[LinkType, BeforeValidator(as_word)]


class AtomItem(Item):
    """One piece of knowledge. `topic` is a name used in `topics`, or a known reference."""

    type: Annotated[AtomType, BeforeValidator(as_word)]
    title: Title
    content: Body = ""
    topic: str | None = None
    known: str | None = None
    links: list[LinkItem] = Field(default_factory=list, max_length=8)


class WindowKnowledge(BaseModel):
    """Stage `knowledge`: what one window holds."""

    window: Annotated[str, AfterValidator(bare)]
    topics: list[TopicItem] = Field(default_factory=list, max_length=8)
    atoms: list[AtomItem] = Field(default_factory=list, max_length=24)


class TaskItem(Item):
    """Stage `tasks`: a task that follows from approved atoms. `atoms` are references such as a1."""

    title: Title
    description: Body = ""
    category: Annotated[TaskCategory, BeforeValidator(as_word)]
    priority: Annotated[Priority, BeforeValidator(as_word)]
    assignee: str | None = None
    due: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    labels: list[Keyword] = Field(default_factory=list, max_length=10)
    atoms: list[str] = Field(default_factory=list, max_length=40)
    recommendation: Annotated[Recommendation, BeforeValidator(as_word)] = Recommendation.NEW_TASK
    known: str | None = Field(default=None, description="reference such as x1 of the task to update or merge into")
    fields: dict[str, str | int | float | bool | None] = Field(default_factory=dict)


class WindowTasks(BaseModel):
    """Stage `tasks`: what one window of approved atoms asks for."""

    window: Annotated[str, AfterValidator(bare)]
    tasks: list[TaskItem] = Field(default_factory=list, max_length=12)


Stage = Literal["knowledge", "tasks"]
