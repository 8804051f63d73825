"""People who write to the bot, heard and answered in the test's own process: no poller, only Telegram is played."""

import json
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ingestion import inbox
from ingestion.models import Source
from tasktracker.telegram_answering import hear
from tasktracker.telegram_sending import send_waiting
from tasktracker.tests.fake_bot_api import FakeBotApi, Json

GROUP: Json = {"id": -1001234567890, "type": "supergroup", "title": "Dev"}
BOB: Json = {"id": 12, "is_bot": False, "first_name": "Bob", "language_code": "en"}


@dataclass
class Talk:
    """One bot and whoever speaks to it; `said` are the texts that came back, of the last call first to last."""

    bot: Source
    api: FakeBotApi
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def message(self, text: str, *, person: Json = BOB, chat: Json | None = None, **also: Any) -> Json:
        """A `Message` sent now; in private where no chat is named. A first word with a slash is a command."""
        where = chat or {"id": person["id"], "type": "private", "first_name": person["first_name"]}
        first = text.split()[0] if text else ""
        entities = [{"type": "bot_command", "offset": 0, "length": len(first)}] if first.startswith("/") else []
        message = {"message_id": next(self.numbers), "from": person, "chat": where, "date": int(time.time())}
        return {**message, "text": text, "entities": entities, **also}

    def say(self, text: str, **also: Any) -> list[str]:
        """Somebody writes; the texts that the bot answers."""
        return self.hear({"message": self.message(text, **also)})

    def press(self, data: str, *, under: int, person: Json = BOB) -> list[Json]:
        """Somebody presses a button under a message of the bot's; the calls that followed."""
        chat = {"id": person["id"], "type": "private", "first_name": person["first_name"]}
        message = {"message_id": under, "chat": chat, "date": int(time.time())}
        before = len(self.api.calls)
        self.hear({"callback_query": {"id": "77", "from": person, "message": message, "data": data}})
        return [{"method": call.method, **call.params} for call in self.api.calls[before:]]

    def hear(self, *updates: Json) -> list[str]:
        """Updates as they came by the one way or the other."""
        before = len(self.api.sent)
        self.store(*updates)
        self.work()
        return [message["text"] for message in self.api.sent[before:]]

    def store(self, *updates: Json) -> None:
        deliveries = []
        for update in updates:
            whole = {"update_id": next(self.numbers), **update}
            deliveries.append((str(whole["update_id"]), json.dumps(whole).encode()))
        inbox.store(source_id=self.bot.pk, deliveries=deliveries)

    def work(self) -> float | None:
        """What the poller does after it stored, and the worker after a webhook did."""
        while hear(bot_id=self.bot.pk):
            continue
        return send_waiting(bot_id=self.bot.pk)

    @property
    def last(self) -> Json:
        """The last message that the bot sent."""
        return self.api.sent[-1]

    def calls(self, method: str) -> list[dict[str, str]]:
        """The parameters of every call of one method."""
        return [call.params for call in self.api.calls if call.method == method]
