"""`/settings/sources/`: how each is doing, its form, its secret shown once, Telegram's webhook, raw deliveries."""

import base64
import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from ingestion import source_upkeep, telegram_hook
from ingestion.models import Delivery, Message, Source
from ingestion.source_secrets import new_secret
from ingestion.webhooks import receiving
from proposals.tests.factories import make_message
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.fake_bot_api import TOKEN as BOT_TOKEN
from tasktracker.tests.fake_bot_api import FakeBotApi, Fault
from tasktracker.tests.pages import Page, submit

SOURCES = "/settings/sources/"
TOKEN = "123456:CANARY-secret-of-a-bot-000000000"


def hook(person: Person, name: str = "hook", **more: Any) -> Source:
    return Source.objects.create(workspace=person.workspace, name=name, kind="webhook", **more)


def test_without_a_source_each_kind_has_its_next_step(admin: Client) -> None:
    page = Page.of(admin.get(SOURCES))
    for words in ("@BotFather", "Event Subscriptions", "IMAP", "post JSON", "Message Content Intent", "A file"):
        assert words in page.text


def test_the_list_tells_in_words_how_each_source_is_doing(admin: Client, owner: Person) -> None:
    now = timezone.now()
    busy, paused = hook(owner, "busy"), hook(owner, "still", is_active=False)
    ill = hook(owner, "ill", last_error="The password is wrong.", last_error_at=now)
    for minutes in range(3):
        make_message(owner.workspace, source=busy, sent_at=now - timedelta(minutes=minutes + 30), received_at=now)
    make_message(owner.workspace, source=paused, sent_at=now - timedelta(days=2))
    for number, status in enumerate(["received", "failed", "failed", "processed"]):
        Delivery.objects.create(source=ill, external_id=str(number), raw=b"{}", status=status)
    rows = {}
    for row in Page.of(admin.get(SOURCES)).all("tr")[1:]:
        name, *cells = [cell.text.strip() for cell in row.inside if cell.name == "td"]
        rows[name] = cells
    told = {
        name: next(cells for key, cells in rows.items() if key.startswith(name)) for name in ("busy", "still", "ill")
    }
    assert [told["busy"][at] for at in (0, 2, 3, 4, 5)] == ["late", "31 min", "3", "0", "0"]
    assert [told["still"][at] for at in (0, 3)] == ["paused", "0"]
    assert [told["ill"][at] for at in (0, 1, 4, 5)] == ["failing", "none yet", "1", "2"]
    assert any("The password is wrong." in name for name in rows)
    with CaptureQueriesContext(connection) as before:
        admin.get(SOURCES)
    for number in range(5):
        hook(owner, f"more {number}")
    with CaptureQueriesContext(connection) as after:
        admin.get(SOURCES)
    assert len(after) == len(before)


def filled(client: Client, address: str, /, **values: Any) -> Any:
    """What comes of the page's own form."""
    page = Page.of(client.get(address))
    form = next(form for form in page.all("form") if [tag for tag in form.inside if tag.attrs.get("name") == "name"])
    form.attrs["action"] = address
    return submit(client, page, form, address, **{"readers": [], **values})


def test_a_source_is_made_changed_paused_and_deleted(admin: Client, owner: Person, colleague: Person) -> None:
    made = filled(
        admin, f"{SOURCES}new/?kind=telegram", name="bot", token=TOKEN, skip_authors="Build bot\n\nCI",
        retention_days="30", restricted="on", readers=[colleague.user.pk],
    )  # fmt: skip
    source = Source.objects.get()
    page = f"{SOURCES}{source.pk}/"
    assert made["Location"] == page
    assert (source.open_secret(), source.config["bot_id"]) == (TOKEN, "123456")
    assert source.filters == {"skip": {"authors": ["Build bot", "CI"]}}
    assert (source.retention_days, source.restricted) == (30, True)
    assert list(source.readers.all()) == [colleague.user]
    assert TOKEN.encode() not in admin.get(page).content
    filled(admin, page, name="the bot", readers=[colleague.user.pk])
    source.refresh_from_db()
    assert (source.name, source.open_secret(), source.retention_days) == ("the bot", TOKEN, 30)
    wrong = filled(admin, page, name="x", token="no token", retention_days="0", skip_patterns="x" * 201)
    assert wrong.status_code == 422
    assert wrong.content.count(b"errorlist") == 3
    hook(owner, "taken")
    assert "already" in filled(admin, page, name="taken").content.decode()
    admin.post(f"{page}pause/")
    assert Source.objects.get(pk=source.pk).is_active is False
    message = make_message(owner.workspace, source=source)
    assert admin.post(f"{page}delete/").status_code == 409
    message.delete()
    assert admin.post(f"{page}delete/")["Location"] == SOURCES
    assert not Source.objects.filter(pk=source.pk).exists()


def test_a_secret_of_several_parts_is_changed_part_by_part(admin: Client) -> None:
    filled(admin, f"{SOURCES}new/?kind=slack", name="team", signing_secret="first", bot_token="xoxb-1")
    source = Source.objects.get()
    filled(admin, f"{SOURCES}{source.pk}/", bot_token="xoxb-2")
    source.refresh_from_db()
    assert json.loads(source.open_secret()) == {"signing_secret": "first", "bot_token": "xoxb-2"}


@pytest.mark.long
def test_a_mailbox_and_a_mapping_are_kept_in_the_config(admin: Client) -> None:
    filled(
        admin, f"{SOURCES}new/?kind=email", name="box", host="imap.example.com", user="team", password="pw",
        folders="INBOX, Support",
    )  # fmt: skip
    box = Source.objects.get(name="box")
    assert box.config == {
        "host": "imap.example.com", "port": 993, "tls": "tls", "user": "team", "folders": ["INBOX", "Support"],
        "history_days": 90,
    }  # fmt: skip
    filled(admin, f"{SOURCES}new/?kind=webhook", name="hook", map_text="body.words")
    assert Source.objects.get(name="hook").config == {"format": "generic", "mapping": {"text": "body.words"}}
    assert "no expression" in filled(admin, f"{SOURCES}new/?kind=webhook", name="other", map_text="a[").content.decode()


@pytest.mark.long
@pytest.mark.parametrize(
    ("given", "steps"),
    [
        ("github", ("Issue comments", "application/json", "signing secret")),
        ("gitlab", ("Merge request events", "Secret token")),
        ("generic", ("Standard Webhooks", "webhook-signature")),
    ],
)
def test_a_webhook_has_an_address_for_each_format_and_says_what_to_enter_there(
    admin: Client, given: str, steps: tuple[str, ...]
) -> None:
    filled(
        admin, f"{SOURCES}new/?kind=webhook", name="hook", format=given, map_text="a.b" if given == "generic" else "a["
    )
    source = Source.objects.get()
    assert source.config == {"format": given, "mapping": {"text": "a.b"} if given == "generic" else {}}
    page = Page.of(admin.get(f"{SOURCES}{source.pk}/"))
    assert page.one("input", id="address").attrs["value"] == f"http://localhost/webhook/{given}/{source.uid}"
    for words in steps:
        assert words in page.text, words
    hidden = [
        tag.attrs["name"] for tag in page.one("div", **{"data-only-for": "generic"}).inside if "name" in tag.attrs
    ]
    assert "map_text" in hidden  # for generic alone, and nothing else of the form
    assert "format" not in hidden


@pytest.mark.long
def test_a_secret_of_the_platform_s_is_changed_without_a_gap(admin: Client, owner: Person) -> None:
    filled(admin, f"{SOURCES}new/?kind=mattermost", name="team", token="first")
    source = Source.objects.get()
    assert source.open_secrets() == ["first"]
    page = f"{SOURCES}{source.pk}/"
    filled(admin, page, token="second")
    source.refresh_from_db()
    assert source.open_secrets() == ["second", "first"]
    assert "The one before is valid until" in admin.get(page).content.decode()
    filled(admin, page, token="third", end_previous="on")
    source.refresh_from_db()
    assert source.open_secrets() == ["third"]

    def patched(**values: Any) -> list[str]:
        assert owner.api.patch(f"/api/sources/{source.pk}", values, "json").status_code == 200
        source.refresh_from_db()
        return source.open_secrets()

    assert patched(secret="fourth") == ["fourth", "third"]
    assert patched(name="renamed") == ["fourth", "third"]
    assert patched(secret="fifth", end_previous_secret=True) == ["fifth"]

    def administered(**values: Any) -> list[str]:
        form = {"name": "team", "kind": source.kind, "config": json.dumps(source.config), "is_active": "on", **values}
        assert admin.post(f"/admin/ingestion/source/{source.pk}/change/", form).status_code == 302
        source.refresh_from_db()
        return source.open_secrets()

    assert administered(secret="sixth") == ["sixth", "fifth"]
    assert administered() == ["sixth", "fifth"]
    assert administered(secret="seventh", end_previous_secret="on") == ["seventh"]


def test_a_source_that_goes_on_in_the_administration_has_read_what_came_meanwhile(
    admin: Client, owner: Person, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    source = hook(owner, is_active=False)
    poked: list[int] = []
    monkeypatch.setattr(receiving, "poke", poked.append)
    form = {"name": "hook", "kind": "webhook", "config": "{}", "secret": new_secret()}
    path = f"/admin/ingestion/source/{source.pk}/change/"
    for is_active, expected in (({}, []), ({"is_active": "on"}, [source.pk])):
        with django_capture_on_commit_callbacks(execute=True):
            assert admin.post(path, form | is_active).status_code == 302
        assert poked == expected


@pytest.mark.long
def test_the_token_of_another_bot_ends_the_one_before(admin: Client) -> None:
    filled(admin, f"{SOURCES}new/?kind=telegram", name="bot", token=TOKEN)
    source = Source.objects.get()
    for token, valid in ((f"{TOKEN}1", [f"{TOKEN}1", TOKEN]), (BOT_TOKEN, [BOT_TOKEN])):
        filled(admin, f"{SOURCES}{source.pk}/", token=token)
        source.refresh_from_db()
        assert source.open_secrets() == valid


@pytest.mark.long
def test_a_mailbox_and_posted_mail_never_share_a_secret(admin: Client) -> None:
    new = f"{SOURCES}new/?kind=email"
    assert "Name the server" in filled(admin, new, name="box", way="imap", host="").content.decode()
    filled(
        admin, new, name="box", host="imap.example.com", user="team", password="of the mailbox", address="a@b.example"
    )
    box = Source.objects.get()
    page = f"{SOURCES}{box.pk}/"
    assert box.config["address"] == "a@b.example"
    assert "/webhook/email/" not in admin.get(page).content.decode()
    assert "another server" in filled(admin, page, host="imap.other.example").content.decode()
    posted_to(box, "of the mailbox", 401)

    made = Page.of(filled(admin, page, way="posted"))
    box.refresh_from_db()
    secret = made.one("code", id="secret").text
    assert (box.config, box.open_secrets()) == ({"address": "a@b.example"}, [secret])
    posted_to(box, "of the mailbox", 401)
    made = Page.of(admin.post(f"{page}secret/"))
    secret = made.one("code", id="secret").text
    there = made.one("code", id="with-secret").text
    assert there == f"http://mail:{quote(secret, safe='')}@localhost/webhook/email/{box.uid}"
    assert "Mailgun" in Page.of(admin.get(page)).text
    posted_to(box, secret, 200)

    assert "another server" in filled(admin, page, way="imap", host="imap.example.com").content.decode()
    filled(admin, page, way="imap", host="imap.example.com", user="team", password="of the mailbox")
    box.refresh_from_db()
    assert box.open_secrets() == ["of the mailbox"]
    posted_to(box, secret, 401)
    posted_to(box, "of the mailbox", 401)
    # Over the API the same holds.
    body = json.dumps({"config": {}})
    assert admin.patch(f"/api/sources/{box.pk}", body, content_type="application/json").status_code == 200
    posted_to(box, "of the mailbox", 401)
    filled(admin, page, way="posted", signing_key="of Mailgun")
    box.refresh_from_db()
    assert box.open_secret() == "of Mailgun"


def posted_to(source: Source, password: str, status: int) -> None:
    """A mail posted as Postmark does, with this password in the address."""
    shown = base64.b64encode(f"mail:{password}".encode()).decode()
    answer = Client(headers={"host": "localhost"}).post(
        f"/webhook/email/{source.uid}",
        json.dumps({"MessageID": "1", "From": "a@b.example"}),
        content_type="application/json",
        headers={"Authorization": f"Basic {shown}"},
    )
    assert answer.status_code == status


def test_a_mapping_is_tried_on_a_body_that_is_pasted(admin: Client) -> None:
    def tried(sample: str, **typed: str) -> str:
        typed = {f"map_{name}": expression for name, expression in typed.items()}
        answer = admin.post(f"{SOURCES}mapping/", {"sample": sample, **typed}, headers={"hx-request": "true"})
        return Page.of(answer).text

    body = json.dumps({"event": {"words": "<i>it fails</i>", "by": "Ann"}})
    assert "Paste a body" in tried("")
    assert "Nothing was found for text" in tried(body)
    shown = tried(body, text="event.words", author="event.by")
    assert "<i>it fails</i>" in shown
    assert "Ann" in shown
    assert "not JSON" in tried("{")
    plainly = {"name": "hook", "map_text": "event.words", "sample": body, "try": "1"}
    assert "<i>it fails</i>" in Page.of(admin.post(f"{SOURCES}new/?kind=webhook", plainly)).text
    assert not Source.objects.exists()


@pytest.mark.long
def test_a_new_signing_secret_is_shown_once_and_the_one_before_lasts_a_day(admin: Client, owner: Person) -> None:
    source = hook(owner)
    first = Page.of(admin.post(f"{SOURCES}{source.pk}/secret/")).one("code", id="secret").text
    second = Page.of(admin.post(f"{SOURCES}{source.pk}/secret/")).one("code", id="secret").text
    source.refresh_from_db()
    assert source.open_secrets() == [second, first]
    shown = admin.get(f"{SOURCES}{source.pk}/").content.decode()
    assert "valid until" in shown
    assert second not in shown
    assert f"http://localhost/webhook/generic/{source.uid}" in shown


@pytest.mark.long
def test_telegrams_webhook_is_set_and_checked(admin: Client, owner: Person, settings: Settings) -> None:
    source = Source.objects.create(workspace=owner.workspace, name="bot", kind="telegram")
    address = f"{SOURCES}{source.pk}/telegram/"
    assert "https" in follow(admin, address, "set")
    source.set_secret(BOT_TOKEN)
    source.save()
    there = f"https://localhost/webhook/telegram/{source.uid}"
    with FakeBotApi.started() as api:
        settings.TELEGRAM_API_URL = api.url
        info = {"url": there, "pending_update_count": 2, "last_error_message": "Wrong response", "last_error_date": 1}
        api.fail("getWebhookInfo", *[Fault(200, body=json.dumps({"ok": True, "result": info}).encode())] * 3)
        told = follow(admin, address, "set", secure=True)
        assert "points here" in told
        call = next(call for call in api.calls if call.method == "setWebhook")
        assert (call.params["url"], call.params["secret_token"]) == (there, telegram_hook.secret_token(source))
        assert "points here" in follow(admin, address, "check", secure=True)
        shown = admin.post(address, {"do": "check"}, headers={"hx-request": "true"}).content.decode()
    assert "could not be reached" not in told
    assert BOT_TOKEN not in shown


def follow(client: Client, address: str, do: str, **how: Any) -> str:
    """What the next page tells."""
    return client.post(address, {"do": do}, follow=True, **how).content.decode()


@pytest.mark.long
def test_deliveries_are_listed_shown_as_they_came_and_processed_again(admin: Client, owner: Person) -> None:
    source = hook(owner)
    made = Delivery.objects.bulk_create(
        [
            Delivery(source=source, external_id=f"d{n}", raw=b'{"text": "<b>hi</b>"}', status="processed")
            for n in range(60)
        ]
        + [Delivery(source=source, external_id="bad", raw=b"\xff\x00", status="failed", error="No text.")]
    )
    listed = Page.of(admin.get(f"{SOURCES}{source.pk}/deliveries/"))
    assert "No text." in listed.text
    older = listed.one("a", href="?before=").attrs["href"]
    names = [tag.text for tag in listed.all("a", class_="mono")]
    names += [
        tag.text for tag in Page.of(admin.get(f"{SOURCES}{source.pk}/deliveries/{older}")).all("a", class_="mono")
    ]
    assert sorted(names) == sorted(row.external_id for row in made)
    failed = Page.of(admin.get(f"{SOURCES}{source.pk}/deliveries/?status=failed"))
    assert [tag.text for tag in failed.all("a", class_="mono")] == ["bad"]
    shown = admin.get(f"/settings/deliveries/{made[0].pk}/").content.decode()
    assert "&lt;b&gt;hi&lt;/b&gt;" in shown
    assert admin.get(f"/settings/deliveries/{made[-1].pk}/").status_code == 200
    admin.post(f"/settings/deliveries/{made[-1].pk}/replay/")
    again = Delivery.objects.get(pk=made[-1].pk)
    assert (again.status, again.attempts, again.error) == ("received", 0, "")
    Delivery.objects.filter(pk=made[0].pk).update(raw=b"")
    assert admin.post(f"/settings/deliveries/{made[0].pk}/replay/").status_code == 409


def test_a_manager_sees_health_but_no_raw_body(owner: Person) -> None:
    source = hook(owner)
    delivery = Delivery.objects.create(source=source, external_id="1", raw=b"{}", status="failed")
    client = Client(headers={"host": "localhost"})
    client.force_login(make_person("boss", role="manager").user)
    for address in (SOURCES, f"{SOURCES}{source.pk}/", f"{SOURCES}{source.pk}/deliveries/"):
        assert client.get(address).status_code == 200
    assert client.get(f"/settings/deliveries/{delivery.pk}/").status_code == 403


def test_messages_past_the_days_of_their_source_are_deleted_as_by_their_authors(owner: Person) -> None:
    now = timezone.now()
    brief, forever = hook(owner, "brief", retention_days=7), hook(owner, "forever")
    old = [make_message(owner.workspace, source=brief, sent_at=now - timedelta(days=8 + n)) for n in range(3)]
    kept = [
        make_message(owner.workspace, source=brief, sent_at=now - timedelta(days=6)),
        make_message(owner.workspace, source=forever, sent_at=now - timedelta(days=900)),
    ]
    assert source_upkeep.expire_messages() == 3
    assert source_upkeep.expire_messages() == 0
    gone = Message.objects.exclude(deleted_at=None).values_list("pk", flat=True)
    assert set(gone) == {message.pk for message in old}
    assert not set(gone) & {message.pk for message in kept}
