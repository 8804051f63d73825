"""Mail that Mailgun, Postmark or SendGrid post: genuine posts only, and the same message however it came."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, Client, encode_multipart

from ingestion import inbox
from ingestion.mail import accounts
from ingestion.mail.accounts import Mail, Position
from ingestion.mail.posted import verify_posted
from ingestion.models import Delivery, Message, Source
from ingestion.webhooks.calls import Admitted, Call
from tasktracker.core.services import ensure_workspace

NOW, SECRET = 1_777_629_600.0, "key-1"
MAIL = (
    "From: Ann <ann@x.example>\r\nTo: Team <team@x.example>\r\nSubject: =?utf-8?Q?caf=C3=A9?=\r\n"
    "Message-ID: <m1@x.example>\r\nDate: Fri, 1 May 2026 10:00:00 +0000\r\nIn-Reply-To: <m0@x.example>\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\nThe import fails.\r\n\r\n> and now?\r\n> yes\r\n"
)
HEADERS = [line.split(": ", 1) for line in MAIL.partition("\r\n\r\n")[0].split("\r\n") if "Content" not in line]
BODY = MAIL.partition("\r\n\r\n")[2]


def mailgun(fields: dict[str, str], *, at: float = NOW, secret: str = SECRET, token: str = "t1") -> Call:
    signature = hmac.new(secret.encode(), f"{int(at)}{token}".encode(), hashlib.sha256).hexdigest()
    told = {"timestamp": str(int(at)), "token": token, "signature": signature, "recipient": "Team@X.example", **fields}
    return Call({"content-type": MULTIPART_CONTENT}, encode_multipart(BOUNDARY, told), NOW)


def basic(body: bytes, kind: str, shown: str = f"task:{SECRET}") -> Call:
    return Call(
        {"content-type": kind, "authorization": f"Basic {base64.b64encode(shown.encode()).decode()}"}, body, NOW
    )


def postmark(shown: str = f"task:{SECRET}", **more: Any) -> Call:
    told = {
        "FromFull": {"Email": "ann@x.example", "Name": "Ann"},
        "ToFull": [{"Email": "team@x.example", "Name": "Team"}],
        "Subject": "café",
        "MessageID": "22c74902-a0c1",
        "Date": "Fri, 1 May 2026 10:00:00 +0000",
        "TextBody": BODY,
        "Headers": [{"Name": name, "Value": value} for name, value in HEADERS if name in ("Message-ID", "In-Reply-To")],
        "Attachments": [{"Name": "a.pdf", "ContentType": "application/pdf", "Content": "AAAA"}],
        "OriginalRecipient": "team@x.example",
        **more,
    }
    return basic(json.dumps(told).encode(), "application/json", shown)


POSTS = {
    "mailgun, parsed": mailgun({"message-headers": json.dumps(HEADERS), "body-plain": BODY, "attachment-count": "0"}),
    "mailgun, whole": mailgun({"body-mime": MAIL}),
    "postmark, parsed": postmark(),
    "postmark, whole": postmark(RawEmail=MAIL),
    "sendgrid, whole": basic(
        encode_multipart(BOUNDARY, {"email": MAIL, "envelope": '{"to":["team@x.example"],"from":"ann@x.example"}'}),
        MULTIPART_CONTENT,
    ),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", POSTS)
def test_a_posted_mail_is_the_message_that_it_is_by_imap(how: str) -> None:
    source = Source.objects.create(workspace=ensure_workspace(slug="default"), name="Mail", kind=Source.Kind.EMAIL)
    admitted = verify_posted(POSTS[how], [SECRET])
    assert admitted is not None
    for _ in range(2):
        inbox.store(source_id=source.pk, deliveries=[(admitted.key, admitted.raw)])
        inbox.work_off(source_id=source.pk)
    message = Message.objects.select_related("channel", "author").get()
    assert (message.external_id, message.reply_to, message.thread) == ("m1@x.example", "m0@x.example", "m0@x.example")
    assert (message.channel.external_id, message.author and message.author.external_id) == (
        "team@x.example",
        "ann@x.example",
    )
    assert (message.text, message.thread_title) == ("The import fails.", "café")
    source.config = {"user": "team@x.example"}
    source.save()
    copy = Mail(1, "m1@x.example", MAIL.encode(), None)
    accounts.store(source_id=source.pk, folder="INBOX", position=Position(1, 1), mails=[copy])
    inbox.work_off(source_id=source.pk)
    assert Message.objects.count() == 1
    assert set(Delivery.objects.values_list("status", flat=True)) == {"processed"}


REFUSED = {
    "wrong key": mailgun({"body-mime": MAIL}, secret="key-2"),
    "stale": mailgun({"body-mime": MAIL}, at=NOW - 301),
    "from the future": mailgun({"body-mime": MAIL}, at=NOW + 301),
    "no token": mailgun({"body-mime": MAIL}, token=""),
    "no signature": Call({"content-type": MULTIPART_CONTENT}, encode_multipart(BOUNDARY, {"body-mime": MAIL}), NOW),
    "broken form": Call({"content-type": "multipart/form-data; boundary=" + "b" * 300}, b"--x\r\n", NOW),
    "no boundary": Call({"content-type": "multipart/form-data"}, b"--x\r\n", NOW),
    "many fields": Call({"content-type": "application/x-www-form-urlencoded"}, b"a=1&" * 5_000, NOW),
    "wrong password": postmark("task:key-2"),
    "no password": postmark("task"),
    "empty password": postmark("task:"),
    "not base64": Call({"content-type": "application/json", "authorization": "Basic ключ"}, b"{}", NOW),
    "bearer": Call({"content-type": "application/json", "authorization": f"Bearer {SECRET}"}, b"{}", NOW),
    "nothing": Call({}, b"", NOW),
}


@pytest.mark.parametrize("how", REFUSED)
def test_what_nobody_signed_is_refused(how: str) -> None:
    assert verify_posted(REFUSED[how], [SECRET]) is None
    assert verify_posted(REFUSED[how], []) is None
    assert verify_posted(REFUSED[how], [""]) is None


def test_either_of_two_secrets_is_good_and_a_mailgun_token_once() -> None:
    call = mailgun({"body-mime": MAIL})
    first = verify_posted(call, ["newer", SECRET])
    assert isinstance(first, Admitted)
    again = verify_posted(mailgun({"body-mime": MAIL.replace("fails", "works")}), [SECRET])
    assert again is not None
    assert again.key == first.key, "the signature says nothing of the body: a token counts once"
    assert verify_posted(postmark(f"task:{SECRET}"), [f"task:{SECRET}"]) is not None


@pytest.mark.django_db(transaction=True)
def test_a_post_without_a_mail_in_it_is_kept_and_told() -> None:
    source = Source.objects.create(workspace=ensure_workspace(slug="default"), name="Mail", kind=Source.Kind.EMAIL)
    for number, body in enumerate((b"{}", b"[]", b"not JSON", b'{"RecordType": "Bounce"}')):
        admitted = verify_posted(basic(body, "application/json"), [SECRET])
        assert admitted is not None
        inbox.store(source_id=source.pk, deliveries=[(f"{number}", admitted.raw)])
    inbox.work_off(source_id=source.pk)
    assert Message.objects.count() == 0
    assert all(Delivery.objects.values_list("error", flat=True))
    assert Delivery.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_the_address_of_a_source_takes_genuine_mail_only(client: Client) -> None:
    source = Source(workspace=ensure_workspace(slug="default"), name="Mail", kind=Source.Kind.EMAIL)
    source.set_secret(SECRET)
    source.save()
    for call, status in ((postmark("task:key-2"), 401), (postmark(), 200), (postmark(), 200)):
        answer = client.post(
            f"/webhook/email/{source.uid}",
            call.body,
            content_type=call.header("content-type"),
            headers={"authorization": call.header("authorization")},
        )
        assert answer.status_code == status
    assert Delivery.objects.count() == 1
    inbox.work_off(source_id=source.pk)
    assert Message.objects.get().text == "The import fails."
