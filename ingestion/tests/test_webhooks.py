"""Webhooks at their addresses: what is genuine is stored once, anything else leaves no trace and gets one answer."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from ingestion import inbox, source_upkeep
from ingestion.models import Delivery, Message, Source
from ingestion.webhooks import receiving, views
from tasktracker.core.tests.factories import Person
from tasktracker.core.throttling import counters
from tasktracker.tests.support import count, some

WHSEC = "whsec_" + base64.b64encode(b"k" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()
SECRETS = {"slack": "8f742231b10e8888abcd99yyyzzz85a5", "generic": WHSEC, "mattermost": "token-of-mattermost"}
TS = "1767340860.000200"
KINDS = {"slack": "slack", "generic": "webhook", "github": "webhook", "gitlab": "webhook", "mattermost": "mattermost"}
BODIES: dict[str, dict[str, Any]] = {
    "slack": {
        "type": "event_callback",
        "event_id": "Ev1",
        "event": {"type": "message", "channel": "C1", "user": "U1", "text": "ship it on Monday", "ts": TS},
    },
    "generic": {"external_id": "1", "author": "Ann", "text": "ship it on Monday"},
    "github": {
        "action": "opened",
        "issue": {
            "number": 5,
            "title": "Ship it on Monday",
            "body": None,
            "user": {"id": 1, "login": "ann"},
            "html_url": "https://github.com/o/r/issues/5",
            "created_at": "2026-01-02T08:00:00Z",
        },
        "repository": {"id": 9, "full_name": "o/r", "html_url": "https://github.com/o/r"},
    },
    "gitlab": {
        "object_kind": "issue",
        "user": {"id": 1, "name": "Ann"},
        "project": {"id": 9, "web_url": "https://gitlab.example/o/r", "path_with_namespace": "o/r"},
        "object_attributes": {
            "iid": 5,
            "title": "Ship it on Monday",
            "action": "open",
            "author_id": 1,
            "created_at": "2026-01-02 08:00:00 UTC",
        },
    },
    "mattermost": {
        "token": SECRETS["mattermost"],
        "team_domain": "dev",
        "channel_name": "town-square",
        "user_name": "ann",
        "post_id": "p1",
        "timestamp": 1767340860000,
        "text": "ship it on Monday",
    },
}  # fmt: skip
DOORS = tuple(BODIES)


def made(owner: Person, door: str, secret: str | None = None) -> Source:
    source = Source(workspace=owner.workspace, name=door, kind=KINDS[door], config={"format": door})
    source.set_secret(SECRETS.get(door, "a-long-secret") if secret is None else secret)
    source.save()
    return source


def signed(door: str, body: bytes, secret: str = "", *, key: str = "", at: float | None = None) -> dict[str, str]:
    """The headers of a genuine call."""
    secret, now = secret or SECRETS.get(door, "a-long-secret"), int(time.time() if at is None else at)
    if door == "slack":
        digest = hmac.new(secret.encode(), f"v0:{now}:".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": str(now), "X-Slack-Signature": f"v0={digest}"}
    if door == "generic":
        # Its own library, on the other side.
        said = Webhook(secret).sign(key or "msg_1", datetime.fromtimestamp(now, UTC), body.decode())
        return {"webhook-id": key or "msg_1", "webhook-timestamp": str(now), "webhook-signature": said}
    if door == "github":
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {
            "X-Hub-Signature-256": f"sha256={digest}",
            "X-GitHub-Delivery": key or "d-1",
            "X-GitHub-Event": "issues",
        }
    return {"X-Gitlab-Token": secret, "X-Gitlab-Event-UUID": key or "e-1"} if door == "gitlab" else {}


def post(source: Source, body: bytes, headers: dict[str, str], door: str = "") -> Any:
    address = f"/webhook/{door or source.name}/{source.uid}"
    client = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    return client.post(address, body, content_type="application/json", headers=headers)


def deliver(source: Source, body: dict[str, Any] | bytes, **more: Any) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return post(source, raw, signed(source.name, raw, **more))


pytestmark = pytest.mark.django_db(transaction=True)


each_door = pytest.mark.parametrize("door", DOORS)


class TestEachDoor:
    @each_door
    def test_a_genuine_call_is_stored_raw_and_becomes_a_message(self, owner: Person, door: str) -> None:
        source = made(owner, door)
        answer = deliver(source, BODIES[door])
        assert (answer.status_code, answer.content) == (200, b"")
        assert Delivery.objects.get().status == "received"
        if door != "mattermost":
            assert bytes(Delivery.objects.get().raw) == json.dumps(BODIES[door]).encode()
        inbox.work_off_for(source_id=source.pk)
        assert Delivery.objects.get().status == "processed"
        assert Message.objects.get().text.lower() == "ship it on monday"

    @pytest.mark.parametrize("door", some(DOORS, 2))
    def test_what_comes_while_it_is_paused_is_stored_and_read_when_it_goes_on(self, owner: Person, door: str) -> None:
        source = made(owner, door)
        source_upkeep.set_active(source=source, is_active=False)
        body = json.dumps(BODIES[door]).encode()
        assert deliver(source, body).status_code == 200
        assert post(source, body, signed(door, body, OTHER)).status_code == (200 if door == "mattermost" else 401)
        Delivery.objects.update(received_at=datetime.now(UTC) - timedelta(minutes=1))
        (delivery,) = Delivery.objects.all()
        assert (inbox.sweep(), inbox.work_off(source_id=source.pk), inbox.process(delivery_id=delivery.pk)) == (
            0,
            [],
            None,
        )
        assert not inbox.has_new(source_id=source.pk)
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempts, Message.objects.count()) == ("received", 0, 0)
        receiving.about_to_look(source.pk)
        source_upkeep.set_active(source=source, is_active=True)
        assert counters().exists(receiving._key("work", source.pk))  # a job is on its way
        assert inbox.sweep() == 1
        assert Message.objects.get().text.lower() == "ship it on monday"

    @pytest.mark.parametrize("door", some(DOORS, 2, 1))
    def test_replayed_id_changes_nothing(self, owner: Person, door: str) -> None:
        source = made(owner, door)
        body = json.dumps(BODIES[door]).encode()
        headers = signed(door, body) | {"X-Slack-Retry-Num": "1"}

        def once(_: int) -> int:
            status: int = post(source, body, headers).status_code
            connection.close()
            return status

        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(once, range(count(5, 40)))) == {200}
        assert Delivery.objects.count() == 1

    @each_door
    def test_wrong_secret_or_none_leaves_no_trace(self, owner: Person, door: str) -> None:
        source = made(owner, door)
        body = json.dumps({**BODIES[door], "token": OTHER}).encode()
        wrong = signed(door, body, OTHER)
        nobody = Source(uid=uuid.uuid4(), name=door)
        good = json.dumps(BODIES[door]).encode()
        answers = [
            post(source, body, wrong),
            post(source, body, {}),
            post(source, body, dict.fromkeys(wrong, "ключÿ")),
            post(source, body, dict.fromkeys(wrong, "")),
            post(nobody, good, signed(door, good)),
            *(post(source, good, signed(door, good), door=other) for other in DOORS if other != door),
        ]
        if door not in ("gitlab", "mattermost"):  # where there is a token alone, the body is not signed
            # body altered by one space: what is verified is never a copy that was written anew
            answers.append(post(source, good + b" ", signed(door, good)))
        # One answer for all of them tells nobody what is there.
        assert {(answer.status_code, answer.content) for answer in answers} == {(401, b"")}
        assert not Delivery.objects.exists()
        assert receiving.refusals(source_id=source.pk) >= 4

    @pytest.mark.parametrize("door", some(DOORS, 2))
    def test_second_valid_secret(self, owner: Person, door: str) -> None:
        source = made(owner, door, WHSEC)
        source.set_secret(OTHER, keep_previous=timedelta(hours=1))
        source.save()

        def status(secret: str, key: str) -> int:
            body = json.dumps({**BODIES[door], "token": secret, "event_id": key, "post_id": key}).encode()
            return int(post(source, body, signed(door, body, secret, key=key)).status_code)

        assert (status(OTHER, "new"), status(WHSEC, "old")) == (200, 200)
        Source.objects.filter(pk=source.pk).update(previous_secret_until=datetime.now(UTC))
        assert (status(OTHER, "new-2"), status(WHSEC, "old-2")) == (200, 401)
        assert Delivery.objects.count() == 3

    @each_door
    def test_an_empty_secret_opens_nothing(self, owner: Person, door: str) -> None:
        body = json.dumps({**BODIES[door], "token": ""}).encode()
        for secret in ("", "whsec_", '{"signing_secret": ""}', "{broken"):
            source = made(owner, door, secret)
            digest = hmac.new(b"", f"v0:{int(time.time())}:".encode() + body, hashlib.sha256).hexdigest()
            headers = {
                "X-Slack-Request-Timestamp": str(int(time.time())),
                "X-Slack-Signature": f"v0={digest}",
                "X-Hub-Signature-256": "sha256=" + hmac.new(b"", body, hashlib.sha256).hexdigest(),
                "X-Gitlab-Token": "",
                "webhook-id": "1",
                "webhook-timestamp": str(int(time.time())),
                "webhook-signature": "v1,",
            }
            assert post(source, body, headers).status_code == 401, secret
            source.delete()


@pytest.mark.parametrize("door", ["slack", "generic"])
def test_stale_timestamp(owner: Person, door: str) -> None:
    source, body, now = made(owner, door), json.dumps(BODIES[door]).encode(), time.time()
    for off, expected in ((-302, 401), (302, 401), (-290, 200), (290, 200)):
        assert post(source, body, signed(door, body, at=now + off)).status_code == expected, off
    assert Delivery.objects.count() == 1


def test_slack_s_challenge_is_answered_after_its_signature_only(owner: Person) -> None:
    source = made(owner, "slack")
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"}).encode()
    assert post(source, body, {}).status_code == 401
    answer = post(source, body, signed("slack", body))
    assert (answer.status_code, answer.content) == (200, b"3eZbrw1a")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert not Delivery.objects.exists()


def test_slack_s_own_example_of_a_signature() -> None:
    # From https://docs.slack.dev/authentication/verifying-requests-from-slack
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name="
        b"foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2F"
        b"hooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id="
        b"398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    said = signed("slack", body, at=1531420618)["X-Slack-Signature"]
    assert said == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def test_a_slack_secret_may_have_a_bot_token_beside_it(owner: Person) -> None:
    source = made(owner, "slack", json.dumps({"signing_secret": SECRETS["slack"], "bot_token": "xoxb-1"}))
    assert deliver(source, BODIES["slack"]).status_code == 200


def test_mattermost_s_token_is_not_stored_and_a_form_is_read(owner: Person) -> None:
    source = made(owner, "mattermost")
    client = Client(headers={"host": "localhost"})
    assert client.post(f"/webhook/mattermost/{source.uid}", BODIES["mattermost"]).status_code in (200, 401)
    form = "&".join(f"{name}={value}" for name, value in BODIES["mattermost"].items()).encode()
    answer = client.post(f"/webhook/mattermost/{source.uid}", form, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    (delivery,) = Delivery.objects.all()
    assert SECRETS["mattermost"].encode() not in bytes(delivery.raw)
    inbox.work_off_for(source_id=source.pk)
    assert Message.objects.get().text == "ship it on Monday"


def test_a_body_that_is_too_large_is_refused_unread(owner: Person) -> None:
    source = made(owner, "generic")
    assert deliver(source, b"x" * (views.LARGEST + 1)).status_code == 413
    assert not Delivery.objects.exists()


def test_without_the_database_the_sender_comes_again(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    source = made(owner, "generic")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ingestion_delivery RENAME TO ingestion_delivery_away")
        try:
            assert deliver(source, BODIES["generic"]).status_code == 503
        finally:
            cursor.execute("ALTER TABLE ingestion_delivery_away RENAME TO ingestion_delivery")
    assert deliver(source, BODIES["generic"]).status_code == 200


@pytest.mark.long
def test_with_the_broker_away_it_is_stored_all_the_same(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from redis import Redis

    source = made(owner, "generic")
    monkeypatch.setattr(receiving, "counters", lambda: Redis(port=1, socket_connect_timeout=1))
    assert deliver(source, BODIES["generic"]).status_code == 200
    assert Delivery.objects.count() == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def twisted(body: Any, draw: Callable[..., Any]) -> Any:
    """The body with one of its values replaced by anything."""
    if not isinstance(body, dict) or draw(st.integers(0, 3)) == 0:
        return draw(JSON)
    key = draw(st.sampled_from(sorted(body)))
    return {**body, key: twisted(body[key], draw)}


@pytest.mark.long
@each_door
def test_whatever_comes_is_never_an_error_and_never_lost_in_silence(owner: Person, door: str) -> None:
    source = made(owner, door)

    @settings(max_examples=count(4, 400))
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        Delivery.objects.all().delete()
        if door != "mattermost" and data.draw(st.booleans()):
            raw = data.draw(st.binary(max_size=200))
            if door == "generic":
                raw = raw.decode("utf-8", "ignore").encode()
        else:
            value = twisted(BODIES[door], data.draw)
            if door == "mattermost":
                value = {**(value if isinstance(value, dict) else {}), "token": SECRETS[door]}
            raw = json.dumps(value).encode()
        answer = deliver(source, raw)
        assert answer.status_code == 200
        if answer.content:  # a challenge
            return
        inbox.work_off_for(source_id=source.pk)
        delivery = Delivery.objects.get()
        assert delivery.status in ("processed", "ignored"), delivery.error
        assert (delivery.status == "processed") != bool(delivery.error)

    check()
