"""Discord's gateway, live: every word once, whatever ends in between; what no session brings is fetched after."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestion import probing
from ingestion.models import Delivery, Message, Source
from tasktracker import discord_listener
from tasktracker.core import services
from tasktracker.core.models import Heartbeat
from tasktracker.management.commands import doctor
from tasktracker.tests.fake_discord import (
    CLOSED,
    GUILD,
    ROOM,
    THREAD,
    TOKEN,
    WORK,
    DiscordProcess,
    FakeDiscord,
    a_message,
    discord_source,
    listening,
    snowflake,
)
from tasktracker.tests.support import count, wait_for

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def fake(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDiscord]:
    monkeypatch.setattr(discord_listener, "NEW_SESSION_PAUSE", (0.01, 0.02))
    with FakeDiscord.started() as fake:
        settings.DISCORD_API_URL = fake.url
        yield fake


def texts() -> list[str]:
    return sorted(Message.objects.filter(deleted_at=None).values_list("text", flat=True))


def words(*numbers: int) -> list[str]:
    return sorted(f"the words of {number}" for number in numbers)


def error_of(source: Source) -> str:
    return Source.objects.values_list("last_error", flat=True).get(pk=source.pk)


def test_messages_edits_deletions_threads_and_names(fake: FakeDiscord) -> None:
    """History from before the first session is not fetched; a bulk deletion is many."""
    fake.messages[ROOM].append(a_message(0))
    source = discord_source()
    with listening(source) as listener:
        wait_for(lambda: listener.state == "listening")
        assert fake.asked(2)[0]["intents"] == 1 | 1 << 9 | 1 << 15
        for number in range(1, 6):
            fake.say(a_message(number))
        fake.say(a_message(6, "see <#710> <@&77>", channel_id=THREAD))
        wait_for(lambda: Message.objects.count() == 6)
        fake.edit(1, "now other words")
        fake.remove(2)
        fake.remove(3, 4)
        fake.tell("CHANNEL_UPDATE", {"id": ROOM, "type": 0, "name": "dev-all", "guild_id": GUILD})
        wait_for(lambda: texts() == ["now other words", "see #release @ops", *words(5)])
        wait_for(lambda: Message.objects.get(external_id=snowflake(5)).channel.title == "dev-all")
    whole = Message.objects.get(external_id=snowflake(6))
    assert (whole.channel.external_id, whole.channel.title) == (THREAD, "dev / release")
    assert whole.author is not None
    assert whole.author.name == "Bob"
    assert Delivery.objects.filter(status=Delivery.Status.FAILED).count() == 0
    assert error_of(source) == ""


@pytest.mark.long
@pytest.mark.parametrize("how", ["cut", "asked", "silent"])
def test_a_broken_connection_is_resumed(fake: FakeDiscord, how: str) -> None:
    """Cut off, asked to come back, or a heartbeat that nobody acknowledges: the session goes on, nothing is fetched."""
    fake.interval = 100 if how == "silent" else 60_000
    with listening(discord_source()) as listener:
        wait_for(lambda: listener.state == "listening")
        fake.say(a_message(1))
        wait_for(lambda: texts() == words(1))
        if how == "cut":
            fake.cut()
        elif how == "asked":
            fake.send(7)
        else:
            fake.is_silent = True
        fake.say(a_message(2))
        wait_for(lambda: fake.asked(6))
        fake.is_silent = False
        fake.say(a_message(3))
        wait_for(lambda: texts() == words(1, 2, 3))
    assert len(fake.asked(2)) == 1
    assert not [path for path in fake.calls if path.startswith("/channels")]
    assert Delivery.objects.count() == 3


@pytest.mark.long
def test_what_no_session_brings_is_fetched(fake: FakeDiscord) -> None:
    """New messages beyond a page, in a channel of before and one made meanwhile; edits and deletions; a 429; no two."""
    source = discord_source()
    with listening(source) as listener:
        wait_for(lambda: listener.state == "listening")
        for number in (1, 2, 3):
            fake.say(a_message(number))
        wait_for(lambda: texts() == words(1, 2, 3))
    fake.forget_sessions()
    fake.edit(1, "now other words")
    fake.remove(2)
    for number in range(10, 135):
        fake.say(a_message(number))
    late = snowflake(9)
    fake.channels.append({"id": late, "type": 0, "name": "late"})
    fake.say(a_message(200, channel_id=late))
    fake.limited = 1
    with listening(source) as listener:
        wanted = sorted(["now other words", *words(3, *range(10, 135), 200)])
        wait_for(lambda: texts() == wanted)
        wait_for(lambda: not Source.objects.get(pk=source.pk).state["discord"]["gap"])
        fake.say(a_message(300))
        wait_for(lambda: texts() == sorted([*wanted, *words(300)]))
        assert listener.state == "listening"
    assert f"/channels/{CLOSED}/messages" in fake.calls, "what is not shown holds up nothing"
    assert f"/channels/{WORK}/messages" not in fake.calls, "a category has no messages"
    assert Message.objects.get(external_id=snowflake(2)).deleted_at is not None
    assert Message.objects.get(external_id=snowflake(200)).channel.title == "late"
    author = Message.objects.get(external_id=snowflake(11)).author
    assert author is not None
    assert author.name == "Bob", "what is fetched does not tell the name in the server: the known one stays"


@pytest.mark.long
def test_an_invalid_session_with_the_connection_open(fake: FakeDiscord) -> None:
    with listening(discord_source()) as listener:
        wait_for(lambda: listener.state == "listening")
        fake.say(a_message(1))
        wait_for(lambda: texts() == words(1))
        fake.messages[ROOM].append(a_message(2))  # said to nobody
        fake.send(9, False)
        wait_for(lambda: texts() == words(1, 2))
        assert len(fake.asked(2)) == 2


@pytest.mark.parametrize(
    ("code", "told"), [(4004, "make a new one on the Bot page"), (4014, "switch on Message Content Intent")]
)
def test_what_only_a_person_can_mend_is_said(fake: FakeDiscord, code: int, told: str) -> None:
    fake.refuses = code
    assert doctor.check_discord().detail == "no bot is named"
    source = discord_source()
    assert doctor.check_discord().state == "down"
    with listening(source) as listener:
        wait_for(lambda: told in error_of(source))
        wait_for(lambda: listener.state == "refused")
    assert len(fake.asked(2)) == 1, "it does not keep on asking"
    services.beat(name="discord", detail={})
    assert told in doctor.check_discord().detail


@pytest.mark.long
def test_a_wrong_token_is_found_by_the_test_and_before_the_gateway(fake: FakeDiscord) -> None:
    source = discord_source(token="another.token")
    with listening(source) as listener:
        wait_for(lambda: listener.state == "refused")
    assert "enter it here" in error_of(source)
    assert fake.asked(2) == []
    assert not probing.probe(source).ok
    source.set_secret(TOKEN)
    source.save()
    assert probing.probe(source).detail.startswith("Connected as tracker")


@pytest.mark.long
def test_the_filters_of_the_source_apply(fake: FakeDiscord) -> None:
    with listening(discord_source(filters={"take": {"channels": ["#release"]}, "skip": {}})) as listener:
        wait_for(lambda: listener.state == "listening")
        fake.say(a_message(1))
        wait_for(lambda: Delivery.objects.filter(status=Delivery.Status.IGNORED).exists())
    assert texts() == []


@pytest.mark.long
def test_kill_9_in_the_middle_loses_none_and_brings_none_twice(fake: FakeDiscord, tmp_path: Path) -> None:
    total = count(60, 300)
    source = discord_source()
    with DiscordProcess.started(tmp_path / "first", DISCORD_API_URL=fake.url) as process:
        process.wait(lambda: "session" in Source.objects.get(pk=source.pk).state.get("discord", {}))
        process.wait(lambda: Heartbeat.objects.filter(name="discord", detail__sources__has_key=str(source.pk)).exists())
        for number in range(total):
            fake.say(a_message(number))
        process.wait(lambda: Delivery.objects.count() > 5)
        process.child.kill()
    for number in range(total, total + 20):
        fake.say(a_message(number))
    with DiscordProcess.started(tmp_path / "second", DISCORD_API_URL=fake.url) as process:
        process.wait(lambda: texts() == words(*range(total + 20)))
        assert TOKEN not in process.log.read_text()
        assert "the words of" not in process.log.read_text()
    assert len(fake.asked(2)) == 1, "the second process resumed"
    assert Delivery.objects.count() == total + 20
