"""What a Bot API message carries, in the words of Telegram Desktop's export: the importer's own code reads it then."""

from collections.abc import Mapping
from typing import Any

from ingestion.exports.telegram_message import DELETED
from ingestion.text import clean_name

type Record = dict[str, Any]

# In this order: an animation comes with a copy of itself as a document, a venue with its location.
_MEDIA_TYPES = {
    "sticker": "sticker",
    "animation": "animation",
    "video": "video_file",
    "video_note": "video_message",
    "voice": "voice_message",
    "audio": "audio_file",
    "story": "story",
    "dice": "dice",
    "paid_media": "paid_media",
}
_CONTENT = frozenset(
    ("text", "caption", "rich_message", "poll", "checklist", "photo", "live_photo", "document", "venue", "location")
) | {"contact", "invoice", "game", *_MEDIA_TYPES}
_RICH_TEXTS = ("text", "summary", "caption")
_ACTIONS = {
    "forum_topic_created": "topic_created",
    "forum_topic_edited": "topic_edit",
    "forum_topic_closed": "topic_closed",
    "forum_topic_reopened": "topic_reopened",
    "new_chat_members": "invite_members",
    "left_chat_member": "remove_members",
    "new_chat_title": "edit_group_title",
    "new_chat_photo": "edit_group_photo",
    "delete_chat_photo": "delete_group_photo",
    "group_chat_created": "create_group",
    "supergroup_chat_created": "create_group",
    "channel_chat_created": "create_channel",
    "migrate_to_chat_id": "migrate_to_supergroup",
    "migrate_from_chat_id": "migrate_from_group",
    "pinned_message": "pin_message",
    "message_auto_delete_timer_changed": "set_messages_ttl",
    "video_chat_scheduled": "group_call_scheduled",
    "video_chat_started": "group_call",
    "video_chat_ended": "group_call",
    "video_chat_participants_invited": "invite_to_group_call",
    "checklist_tasks_done": "todo_completions",
    "checklist_tasks_added": "todo_append_tasks",
    "boost_added": "boost_apply",
}


def as_record(message: Mapping[str, Any]) -> Record:
    """A Bot API message as a record of `result.json`: type, text, media, poll or to-do list, or the service action."""
    if _CONTENT.isdisjoint(message):
        return {"type": "service", **_service(message)}
    return {"type": "message", "text": _text(message), **_lists(message), **_media(message)}


def person_name(user: Mapping[str, Any]) -> str:
    """First and last name of a user or of a private chat; Telegram empties both when the account is deleted."""
    names = (user.get("first_name"), user.get("last_name"))
    return clean_name(" ".join(name for name in names if isinstance(name, str))) or DELETED


def parts(text: str, entities: object) -> list[str | Record]:
    """`text` cut at its hidden links and its commands, as the export writes it. Offsets count UTF-16 units."""
    units = text.encode("utf-16-le", "surrogatepass")
    found: list[str | Record] = []
    at = 0
    for start, end, entity in _spans(entities):
        if start < at or end * 2 > len(units):
            continue
        found += [_slice(units, at, start), {**entity, "text": _slice(units, start, end)}]
        at = end
    return [part for part in (*found, _slice(units, at, len(units) // 2)) if part]


def _spans(entities: object) -> list[tuple[int, int, Record]]:
    """Those entities that change what the importer makes of a text, in order, with their bounds."""
    spans: list[tuple[int, int, Record]] = []
    for entity in entities if isinstance(entities, list) else []:
        if not isinstance(entity, dict) or entity.get("type") not in ("text_link", "bot_command"):
            continue
        offset, length = entity.get("offset"), entity.get("length")
        if isinstance(offset, int) and isinstance(length, int) and offset >= 0 and length > 0:
            spans.append((offset, offset + length, {"type": entity["type"], "href": entity.get("url")}))
    return sorted(spans, key=lambda span: span[:2])


def _slice(units: bytes, start: int, end: int) -> str:
    return units[start * 2 : end * 2].decode("utf-16-le", "surrogatepass")


def _text(message: Mapping[str, Any]) -> list[str | Record]:
    for name in ("text", "caption"):
        if isinstance(text := message.get(name), str):
            entities = message.get("entities" if name == "text" else "caption_entities")
            return parts(text, entities)
    rich = message.get("rich_message")
    return ["\n".join(_rich_lines(rich["blocks"]))] if isinstance(rich, dict) and "blocks" in rich else []


def _rich_lines(value: object) -> list[str]:
    """The lines of a rich message: each block's own text, then what stands inside it."""
    if isinstance(value, list):
        return [line for part in value for line in _rich_lines(part)]
    if not isinstance(value, dict):
        return []
    own = [_rich_text(value[name]) for name in _RICH_TEXTS if name in value]
    inner = [_rich_lines(part) for name, part in value.items() if isinstance(part, list) and name not in _RICH_TEXTS]
    return [line for line in (*own, *(line for lines in inner for line in lines)) if line.strip()]


def _rich_text(value: object) -> str:
    if isinstance(value, list):
        return "".join(_rich_text(part) for part in value)
    if isinstance(value, dict):
        return _rich_text(value.get("text"))
    return value if isinstance(value, str) else ""


def _lists(message: Mapping[str, Any]) -> Record:
    """A poll or a checklist, as the export writes them."""
    record: Record = {}
    if isinstance(poll := message.get("poll"), dict):
        question = parts(str(poll.get("question") or ""), poll.get("question_entities"))
        record["poll"] = {"question": question, "answers": poll.get("options")}
    if isinstance(checklist := message.get("checklist"), dict):
        title = parts(str(checklist.get("title") or ""), checklist.get("title_entities"))
        record["todo_list"] = {"title": title, "answers": checklist.get("tasks")}
    return record


def _media(message: Mapping[str, Any]) -> Record:
    for name, media_type in _MEDIA_TYPES.items():
        if name in message:
            return {"media_type": media_type, **_file_facts(message[name])}
    if "document" in message:
        return {"file": None, **_file_facts(message["document"])}
    if "photo" in message or "live_photo" in message:
        sizes = message.get("photo")
        largest = sizes[-1] if isinstance(sizes, list) and sizes else {}
        return {"photo": None, "photo_file_size": largest.get("file_size") if isinstance(largest, dict) else None}
    if isinstance(venue := message.get("venue"), dict):
        return {"location_information": {}, "place_name": venue.get("title"), "address": venue.get("address")}
    for name in ("location", "contact", "invoice"):
        if name in message:
            return {f"{name}_information": {}}
    if "game" in message:
        game = message["game"]
        return {"game_title": game.get("title") if isinstance(game, dict) else ""}
    return {}


def _file_facts(media: object) -> Record:
    if not isinstance(media, dict):
        return {}
    record = {name: media.get(name) for name in ("file_name", "mime_type", "file_size")}
    record["duration_seconds"] = media.get("duration")
    record["sticker_emoji"] = media.get("emoji")
    return {name: value for name, value in record.items() if value is not None}


def _service(message: Mapping[str, Any]) -> Record:
    name = next((name for name in _ACTIONS if name in message), None)
    if name is None:
        return {"action": "unknown"}
    record: Record = {"action": _ACTIONS[name]}
    value = message[name]
    if name == "new_chat_title":
        record["title"] = value
    elif name in ("new_chat_members", "left_chat_member"):
        people = [user for user in (value if isinstance(value, list) else [value]) if isinstance(user, dict)]
        sender = message.get("from")
        came_alone = isinstance(sender, dict) and [user.get("id") for user in people] == [sender.get("id")]
        if name == "new_chat_members" and came_alone:
            return {"action": "join_group_by_link"}
        record["members"] = [person_name(user) for user in people]
    elif isinstance(value, dict):
        record |= _service_details(name, value)
    return record


def _service_details(name: str, value: Record) -> Record:
    users = value.get("users")
    details = {
        "title": value.get("name") if name == "forum_topic_created" else None,
        "new_title": value.get("name") if name == "forum_topic_edited" else None,
        "message_id": value.get("message_id"),
        "period": value.get("message_auto_delete_time"),
        "duration_seconds": value.get("duration"),
        "members": [person_name(user) for user in users if isinstance(user, dict)] if isinstance(users, list) else None,
    }
    return {key: fact for key, fact in details.items() if fact is not None}
