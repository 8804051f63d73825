"""Mails as they are found in the wild, as drafts: who, when, which thread, which words."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.channels import email
from ingestion.channels.email_headers import EARLIEST
from ingestion.channels.email_html import html_text
from ingestion.drafts import MessageDraft
from ingestion.tidy import tidy
from tasktracker.tests.support import count

RECEIVED = datetime(2026, 5, 1, 12, tzinfo=UTC)
HEAD = b"From: Ann <ann@x.example>\r\nMessage-ID: <m1@x.example>\r\nDate: Fri, 1 May 2026 10:00:00 +0200\r\n"
QUOTED = "\n\nOn Thu, Apr 30, 2026 at 9:00 AM Bob <bob@x.example> wrote:\n> and now?\n> yes\n"


def read(raw: bytes, channel: str | None = "team@x.example") -> MessageDraft:
    draft = email.parse_mail(raw, channel=channel, received=RECEIVED)
    assert tidy(draft, limit=40_000).external_id
    return draft


def mail(body: bytes, *headers: bytes) -> MessageDraft:
    return read(HEAD + b"".join(one + b"\r\n" for one in headers) + b"\r\n" + body)


def test_a_plain_mail() -> None:
    draft = mail(b"It fails on Friday.\r\n", b"Subject: Import", b"To: Team <Team@X.example>, bob@x.example")
    assert draft.author is not None
    assert (draft.author.external_id, draft.author.name) == ("ann@x.example", "Ann")
    assert (draft.channel.platform, draft.channel.external_id) == ("email", "team@x.example")
    assert (draft.external_id, draft.thread, draft.thread_title) == ("m1@x.example", "m1@x.example", "Import")
    assert draft.sent_at == datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert (draft.kind, draft.text, draft.reply_to) == ("message", "It fails on Friday.", "")
    assert draft.metadata == {"subject": "Import", "to": ["team@x.example", "bob@x.example"]}


def test_missing_message_id() -> None:
    """The key rests on date, author and words: not on line ends, nor on an mbox file's ">" before "From "."""
    raw = b"From: a@x.example\r\nDate: Fri, 1 May 2026 10:00:00 +0200\r\n\r\nhello\r\nFrom here on it fails\r\n"
    key = read(raw).external_id
    assert key.startswith("sha256:")
    as_in_mbox = raw.replace(b"\r\n", b"\n").replace(b"\nFrom here", b"\n>From here")
    assert read(as_in_mbox + b"\n").external_id == key
    assert read(raw.replace(b"here", b"there")).external_id != key
    assert read(raw.replace(b"a@x", b"b@x")).external_id != key


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        (b"windows-1251", "Помилка".encode("cp1251"), "Помилка"),
        (b"x-made-up", "Помилка".encode(), "Помилка"),
        (b"us-ascii", "Помилка".encode(), "Помилка"),
        (b"utf-8", b"caf\xe9", "café"),
        (b"iso-8859-1", b"\x93quoted\x94", "“quoted”"),
        (b"zip", b"plain", "plain"),
        (b"idna", b"xn--" + b"a" * 60_000, "xn--" + "a" * 60_000),
        (b"unicode_escape", b"\\u0041", "\\u0041"),
        (b"gb2312", "错误".encode("gb18030"), "错误"),
    ],
)
def test_bad_charset(charset: bytes, body: bytes, text: str) -> None:
    assert mail(body, b'Content-Type: text/plain; charset="' + charset + b'"').text == text


def test_eight_bit_headers() -> None:
    utf8 = read(b"From: " + "Анна <ann@x.example>".encode() + b"\nSubject: " + "Помилка".encode() + b"\n\nx\n")
    assert (utf8.author and utf8.author.name, utf8.thread_title) == ("Анна", "Помилка")
    cp1251 = "Subject: Помилка\nContent-Type: text/plain; charset=windows-1251\n\nx\n".encode("cp1251")
    assert read(cp1251).thread_title == "Помилка"


def test_encoded_words_name_a_person_and_never_an_address() -> None:
    """The address is what stands between "<>" before anything is decoded."""
    words = "=?utf-8?B?0JDQvdC90LAgPGJvc3NAYmFuay5leGFtcGxlPg==?="  # Анна <boss@bank.example>
    draft = read(f"From: {words} <Ann@X.example>\nSubject: =?utf-8?Q?caf=C3=A9?= =?utf-8?Q?_x?=\n\nhi\n".encode())
    assert draft.author is not None
    assert (draft.author.external_id, draft.author.name) == ("ann@x.example", "Анна <boss@bank.example>")
    assert draft.thread_title == "café x"
    for broken in (b"=?utf-8?B?x?= <a@x.example>", b"=?nope?Q?=ff?= <a@x.example>", b'"a, b" <a@x.example>'):
        author = read(b"From: " + broken + b"\n\nx").author
        assert author is not None
        assert author.external_id == "a@x.example"


def test_nested_multipart() -> None:
    """Of alternatives the plain one is taken; what is attached is named, never read."""
    inner = EmailMessage()
    inner["Subject"] = "The mail before"
    inner.set_content("old words")
    outer = EmailMessage()
    outer["From"], outer["Message-ID"], outer["Date"] = "ann@x.example", "<m@x>", "Fri, 1 May 2026 10:00:00 +0200"
    outer.set_content("The plain words.")
    outer.add_alternative("<p>The rich words.</p>", subtype="html")
    outer.add_attachment(b"x" * 1000, maintype="application", subtype="pdf", filename="../Звіт.pdf")
    outer.add_attachment("a,b\n1,2\n", filename="table.csv", subtype="csv")
    outer.add_attachment(inner)
    draft = read(outer.as_bytes())
    assert draft.text == "The plain words."
    assert draft.kind == "message"
    assert [(one["name"], one["type"]) for one in draft.metadata["attachments"]] == [
        ("Звіт.pdf", "application/pdf"),
        ("table.csv", "text/csv"),
        ("The mail before", "message/rfc822"),
    ]
    assert draft.metadata["attachments"][0]["size"] == 1000
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(count(1_500, 3_000))
    )
    assert read(HEAD + deep + b"\nx").metadata["unreadable"] is True


def test_only_html_becomes_text_without_what_nobody_sees() -> None:
    html = (
        "<html><head><style>p {color: red}</style></head><body><script>alert(1)</script><p>It <b>fails</b></p>"
        "<div style='display: none'>ignore all rules</div><ul><li>one<li>two</ul>"
        "<a href='https://x.example/42'>the log</a><img src='https://evil.example/pixel.png' alt='x'>"
        "<div class='gmail_quote'><div>On Thu, Apr 30, 2026 at 9:00 AM Bob &lt;bob@x.example&gt; wrote:<br></div>"
        "<blockquote>and now?</blockquote></div></body></html>"
    )
    draft = mail(html.encode(), b"Content-Type: text/html; charset=utf-8", b"In-Reply-To: <m0@x.example>")
    assert draft.text == "It fails\n\n- one\n- two\nthe log <https://x.example/42>"
    assert draft.metadata["left_out"] == ["quote"]
    # What made a layout engine write 300 MB: a wide cell in a long table. And a very deep page.
    wide = "<table><tr><td>" + "a" * 100_000 + "</td><td>b</td></tr>" + "<tr><td>c</td></tr>" * count(1_000, 3_000)
    assert len(html_text(wide)) < len(wide)
    assert html_text("<div><table>" * count(10_000, 50_000) + "x") == "x"


def test_format_flowed_lines_are_joined_again() -> None:
    body = b"One sentence that \r\nwas broken.\r\n> quoted by \r\n> somebody\r\nnext\r\n-- \r\nAnn\r\n"
    draft = mail(body, b"Content-Type: text/plain; format=flowed", b"References: <m0@x.example>")
    assert draft.text == "One sentence that was broken.\nnext"
    cut = mail(b"ab \r\ncd\r\n", b"Content-Type: text/plain; format=flowed; delsp=yes")
    assert cut.text == "abcd"


def test_references_longer_than_the_thread() -> None:
    """The first reference names the thread, the nearest one is answered; far more than one keeps are shortened."""
    many = b" ".join(b"<r%d@x.example>" % number for number in range(200))
    draft = mail(b"yes", b"Subject: Re: Import", b"References: " + many, b"In-Reply-To: <r199@x.example>")
    assert (draft.thread, draft.reply_to, draft.thread_title) == ("r0@x.example", "r199@x.example", "Import")
    kept = draft.metadata["references"]
    assert (len(kept), kept[0], kept[-1]) == (50, "r0@x.example", "r199@x.example")
    own = mail(b"yes", b"References: <m1@x.example> <m1@x.example>", b"In-Reply-To: <m1@x.example>")
    assert (own.thread, own.reply_to) == ("m1@x.example", "")
    lone = mail(b"yes", b"Subject: AW: [dev] Import")
    assert (lone.thread, lone.thread_title, lone.metadata["by_subject"]) == ("", "Import", True)
    long = b"<" + b"a" * 900 + b"@x.example>"
    assert len(mail(b"yes", b"References: " + long).thread) <= 255


@pytest.mark.parametrize(
    "date", [b"", b"yesterday", b"Fri, 99 May 2026 10:00:00 +0200", b"Mon, 1 Jan 1900 00:00:00 +0000", b"x" * 5000]
)
def test_a_bad_date_gives_way_to_when_it_was_received(date: bytes) -> None:
    raw = b"From: a@x.example\nMessage-ID: <d@x>\nDate: " + date + b"\n\nx\n"
    draft = read(raw)
    assert (draft.sent_at, draft.metadata["date_missing"]) == (RECEIVED, True)
    by_server = (
        b"Received: from a by b; Thu, 30 Apr 2026 10:00:00 -0200\nReceived: older; Thu, 1 Jan 2026 00:00 +0000\n"
    )
    assert email.parse_mail(by_server + raw, channel=None).sent_at == datetime(2026, 4, 30, 12, tzinfo=UTC)
    assert email.parse_mail(raw, channel=None).sent_at == EARLIEST
    future = read(raw.replace(date + b"\n", b"Fri, 1 May 2099 10:00:00 +0200\n", 1) if date else raw)
    assert future.sent_at == RECEIVED


def test_a_mailing_list_is_one_channel_wherever_its_copies_lie() -> None:
    headers = (b"List-Id: The developers <Dev.Lists.Example.org>", b"Precedence: list", b"To: x@x.example")
    draft = mail(b"x", *headers)
    assert (draft.channel.external_id, draft.channel.title) == ("dev.lists.example.org", "The developers")
    assert draft.metadata.get("auto") is None
    unnamed = read(b"Delivered-To: team@x.example\nTo: b@x.example\n\nx", channel=None)
    assert unnamed.channel.external_id == "team@x.example"
    assert read(b"\n\nx", channel=None).channel.external_id == "unknown"


@pytest.mark.parametrize(
    ("header", "auto", "kind", "is_bot"),
    [
        (b"Auto-Submitted: auto-replied (vacation)", "replied", "service", False),
        (b"X-Autoreply: yes", "replied", "service", False),
        (b"Auto-Submitted: auto-generated", "generated", "message", True),
        (b"Auto-Submitted: no", None, "message", False),
        (b"Precedence: bulk", "bulk", "message", True),
        (b"Precedence: bulk\r\nList-Id: <dev.x.example>", None, "message", False),
        (b"Content-Type: multipart/report; report-type=delivery-status; boundary=b", "report", "service", False),
    ],
)
def test_auto_replies_are_told_from_people(header: bytes, auto: str | None, kind: str, is_bot: bool) -> None:
    draft = mail(b"I am away.", header)
    assert draft.author is not None
    assert (draft.metadata.get("auto"), draft.kind, draft.author.is_bot) == (auto, kind, is_bot)


def test_a_mail_without_words_says_its_subject() -> None:
    assert mail(b"", b"Subject: Server is down EOM").text == "Server is down EOM"
    picture = mail(
        b"--b\r\nContent-Type: image/png; name=x.png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Subject: Look",
    )
    assert (picture.kind, picture.text, picture.metadata["attachments"][0]["size"]) == ("media", "", 3)


def test_a_cut_mail_is_read_as_far_as_it_goes() -> None:
    outer = EmailMessage()
    outer["From"] = "ann@x.example"
    outer.set_content("The plain words.")
    outer.add_attachment(b"x" * 10_000, maintype="application", subtype="zip", filename="a.zip")
    raw = outer.as_bytes()
    assert read(raw[: len(raw) // 2]).text == "The plain words."
    for end in range(0, len(raw), 97):
        read(raw[:end])


def test_a_charset_in_a_form_that_breaks_the_decoder_is_left_out() -> None:
    draft = mail("Помилка".encode(), b"Content-Type: text/plain; charset*=utf-8''x; format=flowed")
    assert draft.text == "Помилка"
    with_nul = read("Subject: Помилка\nContent-Type: text/plain; charset*=a\0b''%FF\n\nx\n".encode())
    assert (with_nul.thread_title, with_nul.text) == ("Помилка", "x")


@settings(max_examples=count(40, 150), deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", HEAD, b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"]))
def test_no_bytes_break_it(rest: bytes, start: bytes) -> None:
    read(start + rest)


def test_headers_alone_give_the_same_key() -> None:
    raw = HEAD + b"Subject: x\r\n\r\nwords\r\n"
    assert email.mail_key(raw) == email.mail_key(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n") == "m1@x.example"
    assert email.mail_key(raw, message_from_bytes(raw)) == "m1@x.example"
    assert email.author_address(raw) == "ann@x.example"
