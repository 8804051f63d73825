"""Each way in which a model server fails: which error arises, what the ledger says, how often it was asked."""

from dataclasses import dataclass

import pytest
from pytest_django.fixtures import Settings

from tasktracker.core import llm
from tasktracker.core.enums import ProviderKind
from tasktracker.core.tests.llm_support import KINDS, Notes, endpoint, notes, only_call, prompt, warm, workspace
from tasktracker.tests.fake_llm import FakeLLM
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db
LONG = "Then we spoke about the deployment of the next version on Friday. " * 60


@pytest.fixture(autouse=True)
def _warm() -> None:
    warm()


@dataclass(frozen=True)
class Expected:
    """`asked` is the number of requests; `paid` whether the server said how many tokens it took."""

    error: type[llm.LLMError]
    code: str
    outcome: str
    asked: int = 1
    paid: bool = False


FAULTS = {
    "rate_limit": Expected(llm.RateLimited, "rate_limited", "rate_limited"),
    "busy": Expected(llm.RateLimited, "rate_limited", "rate_limited"),
    "error": Expected(llm.ProviderDown, "provider_down", "down"),
    "key": Expected(llm.Refused, "provider_refused", "refused"),
    "too_long": Expected(llm.PromptTooLong, "prompt_too_long", "too_long"),
    "html": Expected(llm.ProviderDown, "provider_down", "down"),
    "cut": Expected(llm.ProviderDown, "provider_down", "down"),
    "redirect": Expected(llm.Refused, "provider_refused", "refused"),
    "truncated": Expected(llm.InvalidAnswer, "invalid_answer", "invalid", asked=3, paid=True),
    "empty": Expected(llm.InvalidAnswer, "invalid_answer", "invalid", asked=3, paid=True),
    "length": Expected(llm.InvalidAnswer, "invalid_answer", "cut", paid=True),
    "cut_prompt": Expected(llm.PromptCut, "prompt_cut", "cut", paid=True),
    "hang": Expected(llm.ProviderTimeout, "provider_timeout", "timeout"),
    "drip": Expected(llm.ProviderTimeout, "provider_timeout", "timeout"),
}


def ask(fake: FakeLLM, kind: ProviderKind, **changes: object) -> llm.Reply[Notes]:
    return llm.ask(
        prompt(LONG), Notes, endpoint=endpoint(fake, kind, **changes), workspace_id=workspace().pk, subject="run:1"
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", some([*FAULTS], 2))
def test_a_fault_becomes_its_error_and_its_row(fault: str, kind: ProviderKind, settings: Settings) -> None:
    expected = FAULTS[fault]
    with FakeLLM(answer=lambda _: notes("One thing", "Two things"), always=fault) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        with pytest.raises(llm.LLMError) as caught:
            ask(fake, kind, timeout_seconds=1.5 if fault in {"hang", "drip"} else 60)
    assert type(caught.value) is expected.error
    assert caught.value.error_code == expected.code
    assert len(fake.received) == expected.asked
    call = only_call()
    assert (call.outcome, call.attempts, call.id) == (expected.outcome, expected.asked, caught.value.call_id)
    assert call.error == caught.value.detail
    assert (call.tokens_in is not None) is expected.paid
    assert call.cost is None
    assert (call.items, call.provider_kind) == (0, kind)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("fault", "seconds"), [("rate_limit", 7), ("busy", 3)])
def test_how_long_to_wait_is_passed_on(fault: str, seconds: int, kind: ProviderKind, settings: Settings) -> None:
    with FakeLLM(always=fault) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        with pytest.raises(llm.RateLimited) as caught:
            ask(fake, kind)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_ran_into_its_limit_says_so(kind: ProviderKind, settings: Settings) -> None:
    with FakeLLM(answer=lambda _: notes("One thing"), always="length") as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        with pytest.raises(llm.InvalidAnswer) as caught:
            ask(fake, kind)
    assert caught.value.cut


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_all_attempts_are_paid_for_when_none_is_valid(kind: ProviderKind, settings: Settings) -> None:
    with FakeLLM(answer=lambda _: notes("no"), always="ok") as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        with pytest.raises(llm.InvalidAnswer):
            ask(fake, kind)
    call = only_call()
    assert call.tokens_in == sum(round(len(request.text) / 4) for request in fake.received)
    assert call.tokens_out == 3 * (len('{"notes": [{"title": "no"}]}') // 4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", ["fenced", "ok"])
def test_prose_think_blocks_and_fences_do_not_matter(fault: str, kind: ProviderKind, settings: Settings) -> None:
    with FakeLLM(answer=lambda _: notes("One thing"), always=fault) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        reply = ask(fake, kind)
    assert (reply.value.notes[0].title, reply.attempts) == ("One thing", 1)


@pytest.mark.parametrize("kind", KINDS)
def test_one_bad_item_costs_that_item_only(kind: ProviderKind, settings: Settings) -> None:
    with FakeLLM(answer=lambda _: notes("One thing", "", "Two things")) as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        reply = ask(fake, kind)
    assert [note.title for note in reply.value.notes] == ["One thing", "Two things"]
    assert (reply.dropped, reply.attempts) == (1, 1)
    call = only_call()
    assert (call.outcome, call.items, call.dropped) == ("partial", 2, 1)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_takes_no_schema_is_asked_in_plain_text_from_then_on(
    kind: ProviderKind, settings: Settings
) -> None:
    with FakeLLM(answer=lambda _: notes("One thing"), always="no_schema") as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
        team = workspace()
        for _ in range(2):
            llm.ask(prompt(), Notes, endpoint=endpoint(fake, kind), workspace_id=team.pk, subject="x")
    with_schema = ["response_format" in request.body or "format" in request.body for request in fake.received]
    assert with_schema == [True, False, False]
    assert '"notes"' in fake.received[1].text  # the schema is in the prompt instead


def test_a_server_that_is_not_there(settings: Settings) -> None:
    with FakeLLM() as fake:
        settings.LLM_ALLOWED_HOSTS = [fake.host]
    with pytest.raises(llm.ProviderDown, match="could not be reached"):
        ask(fake, ProviderKind.OPENAI)
    call = only_call()
    assert (call.outcome, call.attempts) == ("down", 1)
