"""The text of a Telegram Desktop message: a string, an array of strings and entities, a poll or a to-do list."""

from typing import Any

from ingestion.text import Cleaned, clean_text


def plain_text(value: object) -> str:
    """Text from a string, an array that mixes strings and `{type, text, …}`, or one such object.

    Entities of any type, known or not, give their text; a link gives `label (href)` when the label hides it.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _entity_text(value)
    if isinstance(value, list):
        return "".join([plain_text(part) for part in value if not isinstance(part, list)])
    return ""


def message_text(record: dict[str, Any]) -> Cleaned:
    """What was said: the text or caption, then the poll or the to-do list, if there is one, on lines of its own."""
    entities = record.get("text_entities")
    text = plain_text(entities) if isinstance(entities, list) and entities else plain_text(record.get("text"))
    parts = [text]
    if "poll" in record or "todo_list" in record:
        parts += [_choices(record.get("poll"), "question"), _choices(record.get("todo_list"), "title")]
    return clean_text("\n".join([part for part in parts if part.strip()]))


def starts_with_command(record: dict[str, Any]) -> bool:
    """Whether Telegram marked the first word as a command to a bot."""
    for key in ("text_entities", "text"):
        parts = record.get(key)
        if isinstance(parts, list) and parts:
            first = parts[0]
            if first in ("", " "):
                first = next((part for part in parts if part not in ("", " ")), None)
            return isinstance(first, dict) and first.get("type") == "bot_command"
    return False


def _entity_text(entity: dict[str, Any]) -> str:
    text, href = entity.get("text"), entity.get("href")
    label = text if isinstance(text, str) else plain_text(text) if isinstance(text, list) else ""
    if entity.get("type") != "text_link" or not isinstance(href, str) or not href.strip():
        return label
    if _bare(href) == _bare(label):
        return label
    return f"{label} ({href.strip()})" if label.strip() else href.strip()


def _bare(address: str) -> str:
    return address.strip().removeprefix("https://").removeprefix("http://").removeprefix("mailto:").rstrip("/").lower()


def _choices(value: object, heading: str) -> str:
    """A poll or to-do list as its heading and one line for each answer."""
    if not isinstance(value, dict):
        return ""
    answers = value.get("answers")
    lines = [plain_text(value.get(heading))]
    for item in answers if isinstance(answers, list) else []:
        lines.append(f"- {plain_text(item.get('text') if isinstance(item, dict) else item)}")
    return "\n".join(lines).strip()
