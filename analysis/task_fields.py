"""The extra fields of tasks: what their description must look like, and which values fit it. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry

MOST = 30
NAME_LENGTH = 60
TYPES = ("string", "number", "integer", "boolean")  # what one field of a card can hold
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


@dataclass(frozen=True, slots=True)
class Field:
    """One extra field as a card or a form shows it. `kind` is choice, number, yes or text."""

    name: str
    kind: str
    told: str
    choices: tuple[Any, ...] = ()
    required: bool = False


def schema_error(schema: Any) -> str:
    """What is wrong with the JSON Schema of a TaskConfig, in a sentence; "" when nothing is."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or schema.get("type") != "object":
        return 'Give a JSON Schema: {"type": "object", "properties": {…}}.'
    if not all(isinstance(rule, dict) for rule in properties.values()) or len(properties) > MOST:
        return f"At most {MOST} properties, each an object."
    if any(key in REFERENCES for key in _keys(schema)):
        return "References ($ref) are not followed: write the rule where it is used."
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = ".".join(str(part) for part in error.absolute_path) or "the schema"
        return f"{where[:120]}: {error.message[:200]}"
    for name, rule in properties.items():
        if not name.strip() or len(name) > NAME_LENGTH:
            return f"A field's name has 1 to {NAME_LENGTH} letters."
        if "enum" not in rule and rule.get("type", "string") not in TYPES:
            return f"{name}: a field holds one value, so its type is {', '.join(TYPES)}."
    return ""


def _keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield key
            yield from _keys(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _keys(value)


def fits(value: Any, rule: Mapping[str, Any]) -> bool:
    """Whether a value may stand in the field that `rule` describes. Nothing is fetched, whatever the rule says."""
    return bool(Draft202012Validator(dict(rule), registry=Registry()).is_valid(value))


def fitting(values: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """The values whose field is known and whose rule they keep; a number given as text becomes one."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        rule = properties.get(name)
        if not isinstance(rule, Mapping) or value is None:
            continue
        for one in (value, as_typed(str(value), rule)):
            if fits(one, rule):
                found[name] = one
                break
    return found


def as_typed(text: str, rule: Mapping[str, Any]) -> Any:
    """What a person or a model wrote, as the rule's type wants it; the text itself where that can't be."""
    kind = rule.get("type")
    for choice in rule.get("enum", ()):
        if text.strip().casefold() == str(choice).casefold():
            return choice
    if kind == "boolean" and text.strip().lower() in ("true", "yes", "false", "no"):
        return text.strip().lower() in ("true", "yes")
    if kind not in ("number", "integer"):
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number


def fields_of(schema: Mapping[str, Any]) -> list[Field]:
    """The fields that a valid schema describes, in its order."""
    required = schema.get("required", ())
    return [
        Field(name, _kind(rule), str(rule.get("description", "")), tuple(rule.get("enum", ())), name in required)
        for name, rule in schema.get("properties", {}).items()
    ]


def _kind(rule: Mapping[str, Any]) -> str:
    if "enum" in rule:
        return "choice"
    return {"number": "number", "integer": "number", "boolean": "yes"}.get(str(rule.get("type")), "text")


def wanted(rule: Mapping[str, Any]) -> str:
    """What may stand in a field, in a sentence."""
    if "enum" in rule:
        return f"One of {', '.join(str(choice) for choice in rule['enum'])} is wanted."
    return {
        "number": "A number that keeps the rule is wanted.",
        "integer": "A whole number that keeps the rule is wanted.",
        "boolean": "Yes or no is wanted.",
    }.get(str(rule.get("type")), "This does not keep the rule of the field.")


def text_of(value: Any) -> str:
    """A field's value as a form shows it."""
    if value is None:
        return ""
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
