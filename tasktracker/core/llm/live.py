"""The one file that speaks to model servers, through litellm and Instructor.

Both are imported on the first call only: they cost seconds and some 180 MB, and only workers ask models anything.
The key never enters Instructor's arguments (its exceptions keep them), and none of their exceptions leaves this file:
what happened is read off the wire and told in an error of our own.
"""

import importlib
import logging
import os
import time
import types
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from pydantic import BaseModel

from tasktracker.core.enums import ProviderKind
from tasktracker.core.llm import budget, failures, routes, salvage, wire
from tasktracker.core.llm.ledger import Bill
from tasktracker.core.llm.routes import Libraries
from tasktracker.core.llm.types import Endpoint, InvalidAnswer, LLMError, Prompt, PromptCut, Refused
from tasktracker.core.tls import tls

RETRIES = 2  # corrections after the first answer
# Their messages hold prompts and answers from INFO on, litellm's and Instructor's even at ERROR.
_LOUD = {
    "LiteLLM": logging.CRITICAL,
    "LiteLLM Proxy": logging.CRITICAL,
    "LiteLLM Router": logging.CRITICAL,
    "instructor": logging.CRITICAL,
    "openai": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
}
# What the libraries import on a first call only: half a second in each child of a worker, if not before it forks.
_IMPORTED_LATE = (
    "instructor.v2.providers.openai.handlers",
    "litellm._service_logger",
    "litellm.litellm_core_utils.default_encoding",
    "litellm.llms.ollama.chat.transformation",
    "litellm.proxy.openai_files_endpoints.common_utils",
    "openai.resources",
)
# Servers that refused a JSON Schema once; they are asked in plain text from then on, by this process.
_plain_only: set[tuple[str, str, str]] = set()


_loaded: list[Libraries] = []
_checking: ContextVar[tuple[salvage.Tally, dict[str, Any] | None]] = ContextVar("_checking")


def load() -> Libraries:
    """Import litellm and Instructor. A worker that calls this before it forks shares the memory with its children.

    It may fork after this, and not after a call: litellm keeps its books in threads, whose locks a child would inherit.
    """
    for name, level in _LOUD.items():
        logging.getLogger(name).setLevel(level)
    if not _loaded:
        # Read at import: no price list from the network, no .env, no chatter.
        os.environ.update(LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_MODE="PRODUCTION", LITELLM_LOG="ERROR")
        import instructor
        import litellm
        import openai
        from instructor.core import IncompleteOutputException, InstructorRetryException
        from litellm.llms.custom_httpx.http_handler import HTTPHandler

        for name in _IMPORTED_LATE:
            importlib.import_module(name)
        tls(from_environment=False)
        litellm.suppress_debug_info = True
        litellm.drop_params = False
        _loaded.append(
            Libraries(litellm, instructor, openai, IncompleteOutputException, InstructorRetryException, HTTPHandler)
        )
        for name, level in _LOUD.items():  # litellm sets levels and handlers of its own
            logging.getLogger(name).setLevel(level)
    library = _loaded[0].litellm
    for hook in ("callbacks", "input_callback", "success_callback", "failure_callback", "service_callback"):
        # litellm itself registers "cache", which does nothing while it has no cache.
        if set(getattr(library, hook, None) or ()) - {"cache"} or library.cache is not None:
            raise RuntimeError(f"litellm.{hook} is not empty: prompts would leave by it.")
    return _loaded[0]


@dataclass
class Ask:
    """One question to one endpoint. `max_tokens` is the room for the answer.

    `bill` is filled as the call goes, so it is right after a failure too.
    """

    prompt: Prompt
    endpoint: Endpoint
    max_tokens: int
    bill: Bill

    def answer[T: BaseModel](self, answer: type[T], context: dict[str, Any] | None) -> T:
        """A checked answer; raises LLMError."""
        routes.check(self.endpoint)
        libraries = load()
        # The clock starts here: importing the libraries is nobody's slow answer.
        began = time.monotonic()
        self.deadline = began + self.endpoint.timeout_seconds
        self._trace = wire.Trace()
        try:
            result = self._ask(answer, context, libraries)
        finally:
            self.bill.duration_ms = round((time.monotonic() - began) * 1000)
        if isinstance(result, LLMError):
            # Outside every except block: the library's exception, with all it holds, is not chained to it.
            raise result
        return result

    def _ask[T: BaseModel](self, answer: type[T], context: dict[str, Any] | None, libraries: Libraries) -> T | LLMError:
        memo = (self.endpoint.kind, self.endpoint.url, self.endpoint.model)
        with wire.open_client(
            deadline=self.deadline,
            allowed=settings.LLM_ALLOWED_HOSTS,
            trace=self._trace,
            send_key=bool(self.endpoint.key),
        ) as http:
            self._route = routes.completion(self.endpoint, http, libraries)
            with_schema = memo not in _plain_only and routes.takes_schema(self._route, libraries)
            result = self._run(answer, context, libraries, with_schema=with_schema)
            if with_schema and isinstance(result, Refused) and failures.refuses_schema(self._trace):
                _plain_only.add(memo)
                result = self._run(answer, context, libraries, with_schema=False)
        return result

    def _run[T: BaseModel](
        self, answer: type[T], context: dict[str, Any] | None, libraries: Libraries, *, with_schema: bool
    ) -> T | LLMError:
        instructor = libraries.instructor
        mode = instructor.Mode.JSON_SCHEMA if with_schema else instructor.Mode.MD_JSON
        tally = salvage.Tally()
        _checking.set((tally, context))
        # No `context=` here: Instructor would render the messages, which are other people's words, as Jinja templates.
        ask = instructor.from_litellm(self._complete, mode=mode).chat.completions.create
        try:
            value: T = ask(
                response_model=_tolerant(answer),
                messages=[
                    {"role": "system", "content": self.prompt.system},
                    {"role": "user", "content": self.prompt.user},
                ],
                max_retries=RETRIES,
                strict=False,
            )
        except libraries.incomplete:
            return InvalidAnswer("The answer ran into its length limit.", cut=True)
        except libraries.failed as error:
            cause = error.__cause__ or error
        else:
            self.bill.items, self.bill.dropped = tally.items, tally.dropped
            return value
        self.bill.dropped = tally.dropped
        return self._failure(cause)

    def _failure(self, cause: BaseException) -> LLMError:
        if isinstance(cause, LLMError):
            return cause
        if failures.find(cause, SoftTimeLimitExceeded):
            raise SoftTimeLimitExceeded  # the worker's signal, which the libraries took for an error of their own
        if self._trace.status == 200 and failures.is_validation(cause):
            return InvalidAnswer(f"No valid answer in {self.bill.attempts} attempts.")
        return failures.from_wire(self._trace)

    def _complete(self, **arguments: Any) -> Any:
        """What Instructor calls for each attempt, with the messages and the schema."""
        litellm = _loaded[0].litellm
        messages = arguments["messages"]
        estimate = sum(
            budget.estimate_tokens(str(message.get("content") or "")) + budget.MESSAGE_OVERHEAD for message in messages
        )
        if self.bill.attempts and not budget.answer_room(
            estimate, context_tokens=self.endpoint.context_tokens, max_tokens=self.max_tokens
        ):
            raise InvalidAnswer("The answer was not valid, and there was no room to ask for a correction.")
        self.bill.attempts += 1
        response = litellm.completion(
            messages=messages,
            response_format=arguments.get("response_format"),
            temperature=self.prompt.temperature,
            max_tokens=self.max_tokens,
            timeout=max(0.001, self.deadline - time.monotonic()),
            num_retries=0,
            max_retries=0,
            drop_params=True,
            **self._route,
        )
        self._charge(response, estimate)
        choice = response.choices[0]
        if choice.finish_reason == "content_filter" or getattr(choice.message, "refusal", None):
            raise Refused("The provider's own filter stopped the answer.")
        choice.message.content = salvage.clean_answer(choice.message.content or "")
        return response

    def _charge(self, response: Any, estimate: int) -> None:
        usage = getattr(response, "usage", None)
        tokens_in = getattr(usage, "prompt_tokens", None) or None
        tokens_out = getattr(usage, "completion_tokens", None)
        self.bill.add_tokens(tokens_in, tokens_out)
        self.bill.add_cost(routes.price(response, self.endpoint))
        if budget.was_cut(
            estimate=estimate,
            counted=tokens_in,
            answered=tokens_out,
            context_tokens=self.endpoint.context_tokens,
            enforced=self.endpoint.kind == ProviderKind.OLLAMA,
        ):
            raise PromptCut(f"The server read {tokens_in} tokens of about {estimate}; its answer was thrown away.")


@cache
def _tolerant[T: BaseModel](answer: type[T]) -> type[T]:
    """`answer` as Instructor sees it: the slim schema goes out, and what comes back is checked item by item.

    The check counts into `_checking` of the call that is going on: a class for each call would be made in 30 ms.
    """

    def model_validate_json(_: type[T], /, json_data: str, **__: Any) -> T:
        tally, context = _checking.get()
        return salvage.salvage(answer, json_data, tally=tally, context=context)

    def model_json_schema(_: type[T], /, **__: Any) -> dict[str, Any]:
        return salvage.wire_schema(answer)

    def fill(body: dict[str, Any]) -> None:
        body["__module__"] = answer.__module__
        body["model_validate_json"] = classmethod(model_validate_json)
        body["model_json_schema"] = classmethod(model_json_schema)

    return cast(type[T], types.new_class(answer.__name__, (answer,), exec_body=fill))


def embed(texts: Sequence[str], *, endpoint: Endpoint, bill: Bill) -> list[list[float]]:
    """One vector for each text, in order; raises LLMError."""
    libraries = load()
    began = time.monotonic()
    deadline = began + endpoint.timeout_seconds
    trace = wire.Trace()
    failure: LLMError | None = None
    with wire.open_client(deadline=deadline, allowed=settings.LLM_ALLOWED_HOSTS, trace=trace) as http:
        bill.attempts += 1
        try:
            response = libraries.litellm.embedding(
                input=list(texts),
                timeout=max(0.001, deadline - time.monotonic()),
                num_retries=0,
                max_retries=0,
                **routes.embedding(endpoint, http, libraries),
            )
        except libraries.openai.OpenAIError:
            failure = failures.from_wire(trace)
    bill.duration_ms = round((time.monotonic() - began) * 1000)
    if failure is not None:
        raise failure
    bill.items = len(texts)
    bill.add_tokens(getattr(response.usage, "prompt_tokens", None) or None, None)
    bill.add_cost(routes.price(response, endpoint))
    vectors = [
        list(map(float, entry["embedding"])) for entry in sorted(response.data, key=lambda entry: entry["index"])
    ]
    if len(vectors) != len(texts):
        raise InvalidAnswer(f"{len(vectors)} vectors came back for {len(texts)} texts.")
    return vectors
