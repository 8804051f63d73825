"""A writer's own words: what is quoted and signed is left out, and nothing that the writer said."""

import time

import pytest

from ingestion.channels.email_quotes import base_subject, is_answer, own_words
from tasktracker.tests.support import count

FORWARD = (
    "FYI\n\n---------- Forwarded message ---------\nFrom: Ann <ann@x.example>\nDate: Tue\n"
    "Subject: Crash\nTo: b@x.example\n\nit crashed"
)
OUTLOOK = (
    "\n\n________________________________\nFrom: Ann <ann@x.example>\nSent: Tuesday\nTo: Bob <b@x.example>\n"
    "Subject: Import broken\n\nold text"
)


def own(text: str, subject: str = "Re: Import broken") -> str:
    return own_words(text, subject=subject, is_reply=True).text


@pytest.mark.parametrize(
    "quotation",
    [
        "On Tue, Jan 3, 2026 at 10:00 AM Ann <ann@x.example> wrote:\n> did it?\n> yes\n>> no\n",
        "On Tue, Jan 3, 2026 at 10:00 AM Ann With A Long Name\n<ann@x.example> wrote:\n\n> did it?\n",
        "On 3 Jan 2026, at 10:00, Ann wrote:\n\ndid it?\n",
        "вт, 3 січ. 2026 р. о 10:00 Анна <ann@x.example> пише:\n\n> чи працює?\n",
        "вт, 3 янв. 2026 г. в 10:00, Анна <ann@x.example>:\n> как?\n",
        "wt., 3 sty 2026 o 10:00 Anna <ann@x.example> napisał(a):\n\n> jak?\n",
        "Am 03.01.26 um 10:00 schrieb Ann:\n> wie?\n",
        "El mar, 3 ene 2026 a las 10:00, Ana (<ana@x.example>) escribió:\n\n> ¿va?\n",
        "Le mar. 3 janv. 2026 à 10:00, Anne <a@x.example> a écrit :\n> ok?\n",
        "Em ter., 3 de jan. de 2026 às 10:00, Ana <a@x.example> escreveu:\n\n> ok?\n",
        OUTLOOK,
        "-----Original Message-----\nFrom: Ann <a@x.example>\nSent: Tue\nSubject: Import broken\n\nold",
        "Від: Анна <ann@x.example>\nНадіслано: вівторок\nКому: Bob\nТема: Import broken\n\nстаре",
        "Od: Anna <ann@x.example>\nWysłano: wtorek\nDo: Bob\nTemat: RE: Import broken\n\nstare",
    ],
)
def test_what_is_quoted_is_left_out(quotation: str) -> None:
    said = own_words(f"It works, since\nyesterday.\n\n{quotation}", subject="Re: Import broken", is_reply=True)
    assert (said.text, said.left_out) == ("It works, since\nyesterday.", ("quote",))


def test_answers_between_quoted_lines_stay() -> None:
    text = (
        "Hi,\n\nOn Tue, Jan 3, 2026 at 10:00 AM Ann <ann@x.example> wrote:\n> first?\nyes, first\n\n"
        "> second?\n> more\nno\n> third\nmaybe\n"
    )
    assert own(text).split() == ["Hi,", "yes,", "first", "no", "maybe"]
    below = "On Tue, Jan 3, 2026 at 10:00 AM Ann <ann@x.example> wrote:\n> first?\n\nyes, below"
    assert own(below) == "yes, below"


@pytest.mark.parametrize(
    "text",
    [
        "Todo:\n- one\n- two\nThanks, and also three\n\n    code\n      more",
        "Try this:\n>>> import x\n>>> x.y()\nit fails",
        "The form says\nFrom: Kyiv\nTo: Lviv\nand then nothing",
        "Best regards are not enough.\nBest, we rewrite it.\nTak, działa.\nUwaga: import nadal pada",
        "On Monday the customer wrote:\nwe cannot log in.",
        "Let us look at 10:00 on 3 May:\nthe queue was full",
        "\n".join(f"INFO: line {number}" for number in range(count(600, 3_000))),
        "> only a quotation\n> of two lines",
    ],
)
def test_words_that_only_look_like_it_stay(text: str) -> None:
    """A mail that answers nothing quotes nothing, and in an answer too only what is surely quoted goes."""
    assert own_words(text, subject="Import", is_reply=False).text == text
    if not text.startswith("On Monday"):  # an answer that has "On … wrote:" without ">" is how Apple's mail quotes
        assert own(text) == text


def test_a_forwarded_mail_is_what_was_said() -> None:
    said = own_words(FORWARD, subject="Fwd: Crash", is_reply=False)
    assert (said.text, said.forwarded_from, said.left_out) == (FORWARD, "Ann <ann@x.example>", ())
    assert own(FORWARD, subject="Re: Import broken") == FORWARD, "another mail, passed on in an answer"


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nBob\nACME Ltd.\n+1 555 0100",
        "--\nBob",
        "Sent from my iPhone",
        "Gesendet von meinem Telefon",
        "Надіслано з мого iPhone",
        "Wysłano z iPhone'a",
        "_______________________________________________\nDev mailing list\ndev@l.example\nhttps://l.example/",
        "-- \nBob\n\nOn Tue, Jan 3, 2026 at 10:00 AM Ann <ann@x.example> wrote:\n> x\n",
    ],
)
def test_a_signature_is_left_out(signature: str) -> None:
    said = own_words(f"Done.\n\n{signature}\n", subject="Re: x", is_reply=True)
    assert said.text == "Done."
    assert "signature" in said.left_out


def test_a_delimiter_far_above_the_end_is_none() -> None:
    text = "Options:\n--\n" + "\n".join(f"line {number}" for number in range(40))
    assert own(text) == text


MANY = count(1_000, 5_000)


@pytest.mark.long
@pytest.mark.parametrize(
    "text",
    [
        "INFO: x\n" * 10 * MANY,
        "2026/1/1 " + "<@>" * 20 * MANY,
        ("On " + "wrote: " * 40 + "\n") * MANY,
        ("2026/1/1 <a@b x<@> x<@>\n") * MANY,
        ">>>\nx\n" * 4 * MANY,
        "a: b@c\n" * 10 * MANY,
        "a\n> b\n" * 10 * MANY,
        "\x00" * 10 + "\n\x003\n> \x004\n",
    ],
)
def test_hostile_bodies_cost_little(text: str) -> None:
    """Seconds at most; patterns that go back and forth over such a body would take hours."""
    began = time.process_time()
    own_words(text, subject="Re: b@c", is_reply=True)
    assert time.process_time() - began < 10


def test_the_base_of_a_subject() -> None:
    assert base_subject("Re: [dev] Re: AW: Fwd: [dev] hello  ") == "hello"
    assert base_subject("Re[2]: x") == "x"
    assert base_subject("[dev]") == "[dev]"
    assert base_subject("Report: x") == "Report: x"
    assert base_subject("Re:" * 10_000) == ""
    assert is_answer("[dev] RE: x")
    assert not is_answer("Report: x")
