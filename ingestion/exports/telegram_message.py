"""One chat of a Telegram Desktop export: its records turned into drafts, one at a time and in order."""

from datetime import tzinfo
from typing import Any

from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft, Skipped
from ingestion.exports.telegram_ids import live_chat_id, live_peer_id, message_id, moment
from ingestion.exports.telegram_media import kind_of, media_facts, reactions, service_facts
from ingestion.exports.telegram_text import message_text, starts_with_command
from ingestion.exports.telegram_threads import TopicMap
from ingestion.text import clean_json, clean_name

PLATFORM = "telegram"
DELETED = "Deleted account"
TITLES = {
    "saved_messages": "Saved Messages",
    "replies": "Replies",
    "verification_codes": "Verification Codes",
    "personal_chat": DELETED,
    "bot_chat": "Deleted bot",
}
_KNOWN_PEOPLE = 20_000
# What a message of text alone has: in most records of a chat there is nothing else to look for.
_TEXT_KEYS = frozenset(
    {"id", "type", "date", "date_unixtime", "edited", "edited_unixtime", "from", "from_id", "reply_to_message_id"}
    | {"text", "text_entities"}
)


class Chat:
    """A chat by its type and bare id; holds its topics and authors while its messages are read."""

    def __init__(self, name: object, chat_type: object, bare_id: int, timezone: tzinfo) -> None:
        self._type = _string(chat_type)
        title = clean_name(_string(name)) or TITLES.get(self._type, "Untitled chat")
        self.channel = ChannelDraft(PLATFORM, live_chat_id(self._type, bare_id), title)
        self._timezone = timezone
        self._topics = TopicMap()
        self._people: dict[tuple[str, str], PersonDraft] = {}
        self._bots: set[str] = set()

    def item(self, record: object, index: int) -> MessageDraft | Skipped:
        """The draft of one record, or why there is none. `index` counts the chat's records from 1."""
        if not isinstance(record, dict):
            return Skipped(f"record {index}", "too large to be a message" if record is None else "not an object")
        key = message_id(record.get("id"))
        if key is None:
            return Skipped(f"record {index}", "no message id")
        if record.get("type") not in ("message", "service"):
            return Skipped(f"message {key}", f"type {clean_name(_string(record.get('type')), 40)!r} has no content")
        sent_at = moment(record, "date", self._timezone)
        if sent_at is None:
            return Skipped(f"message {key}", "no date")
        is_edited = "edited_unixtime" in record or "edited" in record
        edited_at = moment(record, "edited", self._timezone) if is_edited else None
        reply_to, elsewhere = self._reply(record) if "reply_to_message_id" in record else (None, {})
        thread = self._thread(key, reply_to, record)
        text, cut = message_text(record)
        is_text = record["type"] == "message" and record.keys() <= _TEXT_KEYS
        facts = _metadata(record, key, cut, is_text) | elsewhere
        return MessageDraft(
            channel=self.channel,
            external_id=str(key),
            author=self._author(record),
            text=text,
            sent_at=sent_at,
            kind="message" if is_text else kind_of(record),
            edited_at=edited_at if edited_at and edited_at > sent_at else None,  # old exports write 1970
            reply_to="" if reply_to is None or self._topics.is_root(reply_to) else str(reply_to),
            thread="" if thread is None else str(thread),
            thread_title="" if thread is None else self._topics.title(thread),
            forwarded_from=_forwarded_from(record),
            metadata=clean_json(facts).value if facts else facts,
        )

    def _reply(self, record: dict[str, Any]) -> tuple[int | None, dict[str, str]]:
        """The message answered in this chat, or where else it stands."""
        reply_to = message_id(record.get("reply_to_message_id"))
        peer = live_peer_id(record.get("reply_to_peer_id"))
        if reply_to is None or not peer or peer == self.channel.external_id:
            return reply_to, {}
        return None, {"reply_to_channel": peer, "reply_to_message": str(reply_to)}

    def _thread(self, key: int, reply_to: int | None, record: dict[str, Any]) -> int | None:
        action = record.get("action") if record.get("type") == "service" else None
        if action == "topic_created":
            self._topics.create(key, clean_name(_string(record.get("title"))))
            return key
        thread = self._topics.place(key, reply_to)
        # Most versions of the exporter do not say which topic was edited: then the title stays as it was.
        if action == "topic_edit" and thread is not None and (title := clean_name(_string(record.get("new_title")))):
            self._topics.rename(thread, title)
        return thread

    def _author(self, record: dict[str, Any]) -> PersonDraft | None:
        id_key, name_key = ("actor_id", "actor") if record["type"] == "service" else ("from_id", "from")
        given, name = record.get(id_key), _string(record.get(name_key))
        known = self._people.get((given, name)) if type(given) is str else None
        # Only a bot can put buttons under a message of its own; in a chat with a bot, the chat's id is the bot's.
        has_buttons = bool(record.get("inline_bot_buttons")) and not record.get("via_bot")
        if known is not None and known.is_bot is (has_buttons or known.external_id in self._bots):
            return known
        peer, name = live_peer_id(given), clean_name(name)
        if not peer and not name:
            return None
        if peer.isdigit() and (has_buttons or (self._type == "bot_chat" and peer == self.channel.external_id)):
            self._bots.add(peer)
        person = PersonDraft(peer or f"name:{name}", name or DELETED, peer in self._bots)
        if type(given) is str and len(self._people) < _KNOWN_PEOPLE:
            self._people[given, _string(record.get(name_key))] = person
        return person


def _metadata(record: dict[str, Any], key: int, cut: bool, is_text: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {"migrated": key < 0, "cut": cut, "command": starts_with_command(record)}
    if not is_text:
        facts |= service_facts(record) if record["type"] == "service" else media_facts(record)
        facts |= {
            "via_bot": _string(record.get("via_bot")),
            "signature": _string(record.get("author")),
            "reactions": reactions(record),
        }
    return {name: value for name, value in facts.items() if value or name == "included"}


def _forwarded_from(record: dict[str, Any]) -> str:
    if "forwarded_from" not in record:
        return ""
    return clean_name(_string(record["forwarded_from"])) or DELETED


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
