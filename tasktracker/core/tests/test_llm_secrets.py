"""Neither the key nor a word of chat is in a log line, an exception or the ledger, whatever goes wrong."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tasktracker.core import llm
from tasktracker.core.enums import ProviderKind
from tasktracker.core.models import LLMCall
from tasktracker.core.tests.llm_support import KINDS, Notes, endpoint, prompt, workspace
from tasktracker.tests.fake_llm import FakeLLM
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db

KEY = "sk-CANARY-key-0123456789"
CHAT = "CANARY-chat the cellar password is swordfish"
SAID = "CANARY-answer"
CANARIES = (KEY, CHAT, "CANARY", "swordfish")


class Lines(logging.Handler):
    """Every record of every logger, as text, with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {self.format(record)} {record.__dict__}")


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The root logger at DEBUG, as an operator would set it who hunts a fault."""
    handler = Lines()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


def everything(error: BaseException) -> str:
    """The error with all that hangs on it: its chain, its attributes, its printed form, its pickle."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None:
        chain.append(link)
        link = link.__cause__ or link.__context__
    parts = [text for one in chain for text in (repr(one), str(one), repr(vars(one)), repr(one.args))]
    return "".join([*parts, *traceback.format_exception(error), repr(pickle.dumps(error))])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "fault",
    some(
        ["ok", "rate_limit", "error", "key", "html", "cut", "truncated", "length", "empty", "too_long", "redirect"], 3
    ),
)
def test_no_canary_comes_out(
    fault: str, kind: ProviderKind, settings: Settings, lines: Lines, capfd: pytest.CaptureFixture[str]
) -> None:
    caught: llm.LLMError | None = None
    answer = {"notes": [{"title": [SAID, CHAT]}, {"title": {SAID: 1}}]}  # not valid, so it comes up in reasons
    with FakeLLM(answer=lambda _: answer, always=fault) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        where = endpoint(fake, kind, key=KEY, timeout_seconds=10)
        try:
            llm.ask(prompt(CHAT, system=CHAT), Notes, endpoint=where, workspace_id=workspace().pk, subject="run:1")
        except llm.LLMError as error:
            caught = error
    assert KEY in str(fake.received[0].headers), "the key was never sent, so nothing is shown by its absence"
    assert CHAT in fake.received[0].text
    assert caught is not None
    row = json.dumps(LLMCall.objects.values().get(), default=str)
    printed = "".join(capfd.readouterr())
    for place, text in {"error": everything(caught), "log": "\n".join(lines.lines), "row": row, "out": printed}.items():
        assert not [canary for canary in CANARIES if canary in text], f"found in the {place}"


def test_an_error_survives_a_copy_and_a_pickle() -> None:
    error = llm.RateLimited("wait", retry_after=3.0)
    error.call_id = 5
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (twin.detail, twin.retry_after, twin.call_id, twin.error_code) == ("wait", 3.0, 5, "rate_limited")


def test_an_endpoint_and_a_prompt_do_not_print_what_they_hold() -> None:
    where = llm.Endpoint(kind=ProviderKind.OPENAI, model="m", key=KEY)
    assert KEY not in f"{where!r}{where!s}"
    assert "swordfish" not in repr(prompt(CHAT, system=CHAT))
