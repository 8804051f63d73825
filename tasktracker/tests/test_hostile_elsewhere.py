"""S12 beyond our own pages: in the administration, in the socket's frames and in mails it is text, or not there."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import admin
from django.core import mail
from django.test import Client
from django.urls import get_resolver, reverse

from proposals import digests, services
from proposals.tests.factories import make_proposal
from tasktracker.core import crypto, invitations, inviting_mail, passwords, selectors
from tasktracker.core.enums import Role
from tasktracker.core.models import Event
from tasktracker.core.permissions import access_of
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.everything import fill
from tasktracker.tests.hostile import PAYLOADS
from tasktracker.tests.pages import Page, Tag
from tasktracker.tests.support import count, some

pytestmark = pytest.mark.django_db
assert get_resolver().url_patterns  # the pages are found when the addresses are read
AT_ONCE = count(8, 2)  # payloads in one field
SENDS = {"src", "href", "xlink:href", "action", "formaction", "data", "srcdoc", "hx-get", "hx-post", "data-hx-post"}
NEVER = {"iframe", "object", "embed", "marquee", "math", "mglyph", "animate", "x", "video", "audio", "base", "image"}


def dangers(page: Page) -> list[str]:
    """What of the payloads a browser would run, load or send: the administration has scripts of its own around them."""
    return [f"{tag.name} {tag.attrs}" for tag in page.tags if is_dangerous(tag)]


def is_dangerous(tag: Tag) -> bool:
    if tag.name in NEVER or (tag.name in {"script", "style"} and ("alert(" in tag.text or "evil.example" in tag.text)):
        return True
    return any(
        (name.startswith(("on", "hx-on", "x-on", "@")) and "alert(" in value)
        or (name in SENDS and any(word in value.lower() for word in ("evil.example", "alert(", "javascript:alert")))
        or (name == "style" and "evil.example" in value)
        for name, value in tag.attrs.items()
    )


@pytest.fixture
def person() -> Person:
    return make_person("owner", role="admin")


@pytest.mark.parametrize("payload", some(PAYLOADS, 2))
def test_the_look_finds_it_where_it_is_not_escaped(payload: str) -> None:
    """Most payloads are markup by themselves: unescaped they would be found, and escaped none is."""
    escaped = payload.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    assert dangers(Page(f"<p>{escaped}</p>")) == []
    if "alert(" in payload and payload.startswith("<") and "<img" in payload and "title=" not in payload:
        assert dangers(Page(payload))


@pytest.mark.long
@pytest.mark.parametrize("number", some(range(0, len(PAYLOADS), AT_ONCE), 6))
def test_the_administration_shows_it_as_text(number: int, person: Person) -> None:
    payload = " ".join(PAYLOADS[number : number + AT_ONCE])
    fill(person, payload)
    client = Client(headers={"host": "localhost"})
    client.force_login(person.user)
    shown, seen = 0, 0
    for model in some([*admin.site._registry], 3, number // AT_ONCE):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        addresses = [reverse(f"{name}_changelist")]
        if row := model._default_manager.order_by("pk").last():
            addresses.append(reverse(f"{name}_change", args=[row.pk]))
        for at in addresses:
            response = client.get(at)
            assert response.status_code in (200, 302, 403), at
            if response.status_code != 200:
                continue  # rows that another workspace, or nobody, may see
            page = Page.of(response)
            assert dangers(page) == [], at
            seen += 1
            shown += payload[:30] in page.text or payload[:30] in str([tag.attrs.get("value") for tag in page.tags])
    assert seen >= count(10, 30)
    assert shown >= count(2, 8)  # it was there to be escaped


def test_frames_of_the_socket_hold_ids_and_no_words(person: Person) -> None:
    marker = "what-somebody-wrote"
    made = fill(person, f"{marker} {PAYLOADS[0]}")
    _, atom, topic, _ = made.waiting
    services.reject(proposal_id=atom.pk, by=person.user, reason="noise", note=f"{marker} {PAYLOADS[0]}")
    services.undo(proposal_id=atom.pk, by=person.user)
    services.approve(proposal_id=topic.pk, by=person.user)
    events = list(Event.objects.all())
    assert {"proposal.approved", "proposal.rejected", "proposal.undone"} <= {one.type for one in events}
    for event in events:
        told = json.dumps(selectors.frame(event))
        assert marker not in told, told
        assert "<" not in told, told


@pytest.mark.parametrize("payload", some(PAYLOADS, 4))
def test_the_digest_is_plain_text_without_links_of_others(payload: str, person: Person) -> None:
    make_proposal(person.workspace, "task", payload[:200], quotes=[], fingerprint="hostile")
    subject, text = digests.text_of(person.workspace, person.user, datetime.now(UTC))
    assert "\n" not in subject
    assert "evil.example/" not in text
    assert "\u202e" not in text
    assert len(text.splitlines()) == 7, "a title makes no lines of its own"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a\r\nBcc: all@example.org"])
def test_a_mail_with_a_link_is_plain_text_to_one_address(
    name: str, person: Person, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    type(person.user).objects.filter(pk=person.user.pk).update(username=name, email="ada@example.org")
    person.user.refresh_from_db()
    type(person.workspace).objects.update(name=name)
    access = access_of(person.user)
    assert access is not None
    invitation, _ = invitations.invite(access=access, role=Role.VIEWER, email="ada@example.org")
    monkeypatch.setattr(crypto, "unseal", lambda *_, **__: "http://localhost/join/x/")
    assert inviting_mail.send(invitation_id=invitation.pk, sealed="")
    passwords.mail_link(user=person.user, base="http://localhost")
    assert len(mail.outbox) == 2
    for sent in mail.outbox:
        assert sent.content_subtype == "plain"
        assert not getattr(sent, "alternatives", [])
        assert sent.recipients() == ["ada@example.org"]
        assert "Bcc" not in sent.message()
        assert sent.message().get_content_type() == "text/plain"
