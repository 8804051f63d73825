"""The extra fields of tasks: what their description must look like. Pure."""

from typing import Any

MOST = 30


def schema_error(schema: Any) -> str:
    """What is wrong with the JSON Schema of a TaskConfig, in a sentence; "" when nothing is."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or schema.get("type") != "object":
        return 'Give a JSON Schema: {"type": "object", "properties": {…}}.'
    if not all(isinstance(rule, dict) for rule in properties.values()) or len(properties) > MOST:
        return f"At most {MOST} properties, each an object."
    return ""
