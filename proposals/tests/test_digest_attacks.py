"""The digest stands in a mailbox beside links of ours: what a chat says may not pass for one of them."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from proposals import digests
from proposals.models import Digest
from proposals.tests.factories import make_proposal, make_user, make_workspace
from tasktracker.core.models import User
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 3, 2, 8, 50, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _mails(settings: Any) -> None:
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}


@pytest.mark.parametrize(
    ("title", "shown"),
    some(
        [
            ("Approve here: https://evil.example/review/7/ now", "Approve here: [link] now"),
            ("HTTP://EVIL.EXAMPLE", "[link]"),
            ("tg://resolve?domain=evil", "[link]"),
            ("see www.evil.example", "see [link]"),
            ("see evil.example/review/", "see [link]"),
            ("Bcc: all@example.org\r\nto: x", "Bcc: all@example.org to: x"),
            ("a\u202egpj.exe\u2066 b\u200f", "agpj.exe b"),
            ("line\u2028  https://evil.example", "line [link]"),
            ("v2.4 of app.py and 3/4 of it, and/or not", "v2.4 of app.py and 3/4 of it, and/or not"),
        ],
        2,
    ),
)
def test_a_title_holds_no_link_and_no_line_of_its_own(title: str, shown: str) -> None:
    workspace = make_workspace("acme")
    made = make_proposal(workspace, "task", title)
    _, text = digests.text_of(workspace, make_user(workspace, "ada"), MORNING)
    lines = text.splitlines()
    at = lines.index(f"Task · {shown} · 0.80")
    assert lines[at + 1].strip() == f"http://127.0.0.1:8000/review/{made.pk}/"
    assert "evil" not in text.lower()


def test_the_longest_title_is_read_quickly() -> None:
    begun = time.process_time()
    for title in ("a." * 100, "a-" * 100, "www." * 50, "a.b/" * 50, "\u202e" * 200) * 20:
        digests._harmless(title)
    assert time.process_time() - begun < 2


def test_an_address_that_is_none_keeps_nobody_else_waiting() -> None:
    now = MORNING
    for number, address in enumerate(("bad\nBcc: all@example.org", "good@example.org")):
        workspace = make_workspace(f"team{number}")
        person = make_user(workspace, f"p{number}")
        User.objects.filter(pk=person.pk).update(email=address)
        Digest.objects.create(workspace=workspace, user=person, day=now.date(), next_attempt_at=now)
    assert digests.send_due(now=now) == 1
    assert [letter.to for letter in mail.outbox] == [["good@example.org"]]
    for _ in range(digests.ATTEMPTS):
        now += digests.PAUSE + timedelta(seconds=1)
        digests.send_due(now=now)
    assert Digest.objects.get(gave_up_at__isnull=False).attempt == digests.ATTEMPTS
    assert len(mail.outbox) == 1
