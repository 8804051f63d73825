"""The rules call noise what is noise in any language, and nothing that only contains such a word."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion import noise
from ingestion.lexicons import ACKNOWLEDGEMENTS, ANSWERS
from ingestion.noise import NoiseInput, NoiseVerdict, judge
from ingestion.substance import score
from ingestion.text import WORD_MARKS
from tasktracker.core.enums import Verdict
from tasktracker.tests.support import count


def verdict(text: str, **facts: object) -> NoiseVerdict:
    return judge(NoiseInput(text=text, **facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (NoiseInput(kind="service", text="Ann joined"), "service"),
        (NoiseInput(kind="sticker"), "sticker"),
        (NoiseInput(text="The build of main failed: 3 tests", author_is_bot=True), "bot"),
        (NoiseInput(text="New task: fix the login", is_own=True), "own_post"),
        (NoiseInput(kind="media"), "no_text"),
        (NoiseInput(text=" \n "), "no_text"),
        (NoiseInput(text="/start"), "command"),
        (NoiseInput(text="/report@our_bot now"), "command"),
        (NoiseInput(text="anything that the platform calls one", is_command=True), "command"),
        (NoiseInput(text="/build now, with all that the release of Tuesday needs, please", is_command=True), "command"),
        (NoiseInput(text="👍"), "emoji"),
        (NoiseInput(text="👩‍👩‍👧🏽 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣"), "emoji"),
        (NoiseInput(text=":tada: :+1:"), "emoji"),
        (NoiseInput(text=":-) ;) xD <3"), "emoji"),
        (NoiseInput(text="..."), "no_words"),
        (NoiseInput(text="???"), "no_words"),
        (NoiseInput(text="@ann @bob"), "mention_only"),
        (NoiseInput(text="+1"), "bare_answer"),
        (NoiseInput(text="Yes!"), "bare_answer"),
    ],
)
def test_rule(message: NoiseInput, reason: str) -> None:
    assert judge(message) == NoiseVerdict(Verdict.NOISE, 0.0, reason)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "ok",
            "OK.",
            "okkkkk!!!",
            "Thanks!",
            "thank you so much 🙏",
            "ok, thanks @bob",
            "got it, will do",
            "Good morning all",
        ),
        *(
            "дякую",
            "Дякую всім!",
            "добре, дякую",
            "спасибо",
            "спасибооо",
            "Ок, понял",
            "ахахаха",
            "хахаха",
            "доброе утро)",
        ),
        *("Danke schön!", "alles klar", "Guten Morgen", "gracias", "¡Muchas gracias!", "jajaja", "buenos días"),
        *(
            "dzięki",
            "Dzień dobry",
            "w porządku",
            "merci beaucoup",
            "D’accord !",
            "bonjour à tous",
            "obrigado",
            "bom dia",
            "kkkk",
        ),
        *(
            "grazie mille",
            "dank je wel",
            "teşekkürler",
            "děkuji",
            "好的",
            "谢谢！",
            "ありがとうございます",
            "감사합니다",
            "شكرا",
        ),
    ],
)
def test_an_acknowledgement_in_any_language(text: str) -> None:
    assert verdict(text) == NoiseVerdict(Verdict.NOISE, 0.0, "acknowledgement")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "token",
            "broken",
            "book",
            "Oklahoma",
            "the ok button is broken",
            "ok so we ship on Friday",
            "thanks to this the build fails",
        ),
        *(
            "не работает",
            "no funciona",
            "nie działa",
            "não funciona",
            "done",
            "готово",
            "fixed",
            "it works",
            "back up first",
        ),
        *(
            "/etc/nginx is wrong",
            "/var is full",
            "ok?! why is staging down",
            "дякую, але логін не працює",
            "42",
            "v2.1",
        ),
        *(
            "why?",
            "hi, the API returns 500",
            "спасибо, но сборка упала",
            "danke, aber der Login geht nicht",
            "这个按钮没有反应",
        ),
    ],
)
def test_a_message_that_only_contains_such_a_word_is_not_noise(text: str) -> None:
    assert verdict(text).verdict != Verdict.NOISE


@pytest.mark.parametrize("language", [*ACKNOWLEDGEMENTS])
def test_every_phrase_of_a_lexicon_is_noise_alone_and_not_inside_a_word(language: str) -> None:
    phrases = " | ".join([ACKNOWLEDGEMENTS[language], ANSWERS.get(language, "")]).split("|")
    for phrase in filter(None, map(str.strip, phrases)):
        assert verdict(phrase).verdict == Verdict.NOISE, phrase
        assert verdict(f"qz{phrase}zq").verdict != Verdict.NOISE, phrase
        if phrase.upper().casefold() == phrase.casefold():  # Turkish has letters that do not come back
            assert verdict(phrase.upper() + " 🎉").verdict == Verdict.NOISE, phrase


@pytest.mark.parametrize("text", ["yes", "нет", "agreed", "lgtm", "+1", "ja"])
def test_a_short_answer_is_kept_when_it_answers_somebody(text: str) -> None:
    assert verdict(text).verdict == Verdict.NOISE
    assert verdict(text, is_reply=True).verdict == Verdict.WEAK
    assert verdict("thanks", is_reply=True).verdict == Verdict.NOISE


@pytest.mark.parametrize(
    "text",
    [
        "Login is broken on Safari 17 since yesterday",
        "Логин на проде не работает с самого утра, ошибка 500",
        "Логін на проді не працює зранку, помилка 500",
        "Der Login auf Produktion ist seit heute Morgen kaputt",
        "Should we move the release to Friday?",
        "登录页面在新版本里打不开了，用户一直看到五百错误，什么时候修复",
        "```\nTypeError: x is not a function\n```\nsee https://e.x/1 in load_user()",
    ],
)
def test_a_message_with_substance_is_a_signal_in_any_language(text: str) -> None:
    assert verdict(text).verdict == Verdict.SIGNAL


def test_a_poll_is_a_signal() -> None:
    assert judge(NoiseInput(kind="poll", text="Friday?\n- Yes\n- No")).verdict == Verdict.SIGNAL


def test_more_substance_never_lowers_the_score() -> None:
    texts = ["login", "login broken", "login broken again on staging", "login broken again on staging since v2.1, why?"]
    scores = [verdict(text).score for text in texts]
    assert scores == sorted(scores)
    assert scores[0] < 0.5 < scores[-1]


@pytest.mark.long
@given(st.text(max_size=300), st.booleans(), st.sampled_from(["message", "media", "poll", "sticker", "service"]))
def test_any_message_gets_a_verdict(text: str, is_reply: bool, kind: str) -> None:
    found = judge(NoiseInput(kind=kind, text=text, is_reply=is_reply))
    assert 0 <= found.score <= 1
    assert found.reason
    assert (found.score >= 0.5) == (found.verdict == Verdict.SIGNAL)
    assert found == judge(NoiseInput(kind=kind, text=text, is_reply=is_reply))


@pytest.mark.parametrize("text", ["/api returns 500 for every shop", "/var is full", "/etc/hosts has the old address"])
def test_a_path_that_the_platform_takes_for_a_command_is_none(text: str) -> None:
    assert judge(NoiseInput(text=text, is_command=True)).verdict != Verdict.NOISE
    assert judge(NoiseInput(text="/start", is_command=False)).verdict != Verdict.NOISE


# What the score and the rules mean, without a single shortcut: slow, and the same for every text.
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
MENTION = re.compile(r"(?<![\w.])@[\w.-]{2,}")
CODE = re.compile(
    r"`[^`]+`|\b\w+\([^)]*\)|\b[a-z]+[A-Z]\w+|\b\w+_\w+\b|(?:\b[\w-]+)?/[\w./-]+|\b\w+::\w+|[{};]\s*$", re.M
)
NUMBER = re.compile(r"(?<![\w.])[#v]?\d[\d.,:%-]*")
QUESTION = re.compile(r"[?？؟;՞](?=\s|$|[)\"'»”*_])")
WORD = re.compile(rf"(?:[^\W_]|[{WORD_MARKS}])+(?:['’ʼ-][^\W_]+)*")
WIDE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def plain_score(text: str) -> tuple[float, str]:
    bare = LINK.sub(" ", text)
    words = WORD.findall(MENTION.sub(" ", bare))
    length = sum(1 for word in words if not WIDE.match(word)) + len(WIDE.findall(bare)) / 2
    features = {
        "length": 0.65 * (1 - math.exp(-length / 6)),
        "question": 0.2 if QUESTION.search(bare) and length >= 3 else 0.0,
        "link": 0.12 if bare != text else 0.0,
        "code": 0.15 if CODE.search(bare) else 0.0,
        "number": 0.08 if NUMBER.search(bare) else 0.0,
        "lines": 0.08 if text.strip().count("\n") >= 2 else 0.0,
        "mention": 0.04 if MENTION.search(text) and length >= 3 else 0.0,
    }
    points = min(0.1 + sum(features.values()), 1.0)
    return points, "short" if points < 0.5 else max(features, key=lambda name: features[name])


PIECES = [
    "a",
    "b",
    "x",
    "X",
    "xD",
    "xpo",
    ":)",
    "8)",
    "=p",
    "<3",
    "^_^",
    "T_T",
    "()",
    "{}",
    "@ann",
    "@王小明",
    "#1",
    "v2",
    "٣",
    "½",
    "ʼ",
    "'",
    "’",
    "-",
    "`",
    "`ls`",
    "f(x)",
    "f(",
    ")",
    "fooBar",
    "XfooBar",
    "éfooBar",
    "fooBár",
    "a_b",
    "_",
    "/",
    "/start",
    "!x",
    "/etc",
    "::",
    "a::b",
    "{",
    "}",
    ";",
    "?",
    "？",
    "؟",
    "www.",
    "WwW.a",
    "http://e.x",
    "HTTPS://E.X/y",
    "ftp://x",
    "王",
    "한국",
    "ไทย",
    "भाषा",
    "ok",
    "okkkk",
    "thanks",
    "дякую",
    "не",
    "да",
    "ахаха",
    "+1",
    "all",
    "bro",
    "👍",
    "1️⃣",
    "ﷺ",
    "ﬁ",
    "ß",
    "İ",
    "ΐ",
    ".",
    "...",
    ",",
    "!",
    "»",
    "*",
    "don't",
    "re-run",
    "a--b",
    "i.e.",
    "so",
    "what",
    "the",
    "is",
]
SENTENCES = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(["", " ", " ", " ", "\n"])), max_size=16).map(
    lambda parts: "".join(piece + gap for piece, gap in parts)
)


@pytest.mark.long
@settings(max_examples=count(60, 500))
@given(st.one_of(SENTENCES, st.text(max_size=80), st.text(alphabet=st.characters(max_codepoint=127), max_size=80)))
def test_the_shortcuts_of_the_score_change_nothing(text: str) -> None:
    assert score(text, is_poll=False, is_reply=False) == plain_score(text)


@pytest.mark.long
@settings(max_examples=count(60, 500))
@given(st.one_of(SENTENCES, st.text(max_size=80)))
def test_what_is_passed_over_as_long_no_rule_would_have_called_noise(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(noise, "_has_many_words", lambda text: False)
        slow = judge(NoiseInput(text=text))
    assert judge(NoiseInput(text=text)) == slow
