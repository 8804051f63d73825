"""The raw delivery of a deleted message is emptied, though the message goes by an id that does not stand in it."""

import json
from typing import Any

import pytest

from ingestion import deleting, inbox
from ingestion.models import Delivery, LinkedChat, Message, Source
from tasktracker.core.models import Workspace
from tasktracker.core.services import ensure_workspace
from tasktracker.tests.support import LONG

# To empty the database costs more than such a test: in make test it is rolled back.
pytestmark = pytest.mark.django_db(transaction=LONG)

CANARY = "quokka"
NEIGHBOUR = "wombat"


@pytest.fixture
def workspace() -> Workspace:
    return ensure_workspace(slug="default")


def delivered(source: Source, bodies: dict[str, Any]) -> None:
    pairs = [(key, body if isinstance(body, bytes) else json.dumps(body).encode()) for key, body in bodies.items()]
    inbox.store(source_id=source.pk, deliveries=pairs)
    inbox.work_off(source_id=source.pk)


def post(text: str, number: int) -> dict[str, Any]:
    who = {"team_domain": "acme", "channel_name": "dev", "user_name": "ann"}
    return {**who, "timestamp": 1_700_000_000_000 + number, "text": text, "post_id": f"msg_{number}"}


BODIES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a post of Mattermost, called by a digest": (
        "mattermost", post(CANARY, 1), post(NEIGHBOUR, 2),
    ),
    "a body without an id": ("webhook", {"text": CANARY}, {"text": NEIGHBOUR}),
}  # fmt: skip


@pytest.mark.parametrize("what", BODIES)
def test_by_whatever_the_message_is_called(what: str, workspace: Workspace) -> None:
    kind, body, other = BODIES[what]
    source = Source.objects.create(workspace=workspace, name="In", kind=kind)
    delivered(source, {"msg_1": body, "msg_2": other})
    message = Message.objects.get(text=CANARY)
    deleting.delete_message(message_id=message.pk)
    deleting.wipe(message=message)
    left = b"".join(bytes(raw) for raw in Delivery.objects.values_list("raw", flat=True))
    assert CANARY.encode() not in left
    assert NEIGHBOUR.encode() in left


def test_that_came_by_the_bot_of_another_workspace(workspace: Workspace) -> None:
    bot = Source.objects.create(workspace=ensure_workspace(slug="other"), name="Bot", kind="telegram")
    home = Source.objects.create(workspace=workspace, name="Here", kind="telegram", config={"through": str(bot.uid)})
    LinkedChat.objects.create(bot=bot, external_id="-5", source=home)
    update = {
        "update_id": 1,
        "message": {"message_id": 7001, "date": 1_700_000_000, "chat": {"id": -5, "type": "group", "title": "Dev"},
                    "from": {"id": 12, "first_name": "Bob"}, "text": CANARY},
    }  # fmt: skip
    delivered(bot, {"1": update})
    message = Message.objects.get(text=CANARY, source=home)
    deleting.delete_message(message_id=message.pk)
    deleting.wipe(message=message)
    assert bytes(Delivery.objects.get().raw) == b""
