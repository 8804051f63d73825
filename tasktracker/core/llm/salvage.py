"""Answers as models really give them: think blocks, fences, prose around the JSON, one bad item among good ones.

Pure. `salvage` checks an answer item by item: what is invalid is left out and counted, the rest stays.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from tasktracker.core.llm.types import Countable

_THINK = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_THINK_TAIL = re.compile(r"^.*</(?:think|thinking|reasoning)>", re.DOTALL | re.IGNORECASE)
_THINK_OPEN = re.compile(r"^\s*<(?:think|thinking|reasoning)>", re.IGNORECASE)
_FENCE = re.compile(r"```[a-zA-Z]*\s*\n(.*?)```", re.DOTALL)
_MAX_STARTS = 50
_MAX_PASSES = 40
_MAX_REPORTED = 12
# What a server's grammar need not enforce: long repetitions make grammars that servers refuse or take seconds to build,
# and our own check enforces all of it anyway.
_NOT_SENT = frozenset({"title", "default", "minLength", "maxLength", "maxItems", "minItems", "pattern"})


@dataclass
class Tally:
    """How many items an answer held, and how many of them were not valid."""

    items: int = 0
    dropped: int = 0


def clean_answer(text: str) -> str:
    """The JSON inside `text`; the text without its think block where there is none."""
    text = _THINK.sub("", text)
    text = _THINK_TAIL.sub("", text)
    if _THINK_OPEN.match(text):
        return ""  # it never stopped thinking
    text = text.strip()
    if _parses(text):
        return text
    for found in _FENCE.findall(text):
        if _parses(found):
            return str(found).strip()
    return _largest_object(text) or text


def _parses(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _largest_object(text: str) -> str:
    decoder, best, start = json.JSONDecoder(), "", -1
    for _ in range(_MAX_STARTS):
        start = text.find("{", start + 1)
        if start < 0:
            break
        try:
            _, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if end - start > len(best):
            best = text[start:end]
        start = end - 1
    return best


def wire_schema(answer: type[BaseModel]) -> dict[str, Any]:
    """The answer's JSON Schema as it is sent: compact, and without what servers' grammars choke on."""
    schema: dict[str, Any] = json.loads(wire_schema_text(answer))  # whoever sends it may change it
    return schema


@cache
def wire_schema_text(answer: type[BaseModel]) -> str:
    """`wire_schema` as JSON, made once for each model: it takes longer than all else that a call does here."""
    return json.dumps(_slim(answer.model_json_schema(), names=False))


def _slim(node: Any, *, names: bool) -> Any:
    """`names`: the keys of this mapping are the author's (properties, definitions), not JSON Schema's."""
    if isinstance(node, list):
        return [_slim(entry, names=False) for entry in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _slim(value, names=key in {"properties", "$defs"} and not names)
        for key, value in node.items()
        if names or (key not in _NOT_SENT and not (key == "description" and node.keys() & {"properties", "enum"}))
    }


def salvage[T: BaseModel](answer: type[T], text: str, *, tally: Tally, context: dict[str, Any] | None = None) -> T:
    """A valid `answer` from the JSON in `text`, without its invalid items; they are counted in `tally`.

    Raises ValidationError, with messages meant for the model, when there is no JSON, when the whole has the wrong
    shape, or when not one item is valid.
    """
    tally.items = tally.dropped = 0
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _error(answer, {"answer": f"the answer is no JSON document ({type(error).__name__})"}) from None
    data = _shaped(answer, data)
    reasons: dict[str, str] = {}
    for _ in range(_MAX_PASSES):
        try:
            value = answer.model_validate(data, context=context)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False)
            for fault in faults:  # the first word on a place: what was taken out there is missing in the next pass
                reasons.setdefault(".".join(map(str, fault["loc"])), fault["msg"])
            removed = _repair(data, faults)
            if removed is None:
                raise _error(answer, reasons) from None
            tally.dropped += removed
        else:
            tally.items = count_items(value)
            if not tally.items and tally.dropped:
                raise _error(answer, reasons)
            return value
    raise _error(answer, reasons)


def count_items(value: BaseModel) -> int:
    """How many items an answer holds: its own count where it has one, else the length of its lists."""
    if isinstance(value, Countable):
        return value.item_count
    return sum(len(entry) for entry in value.__dict__.values() if isinstance(entry, list))


def _error(answer: type[BaseModel], reasons: dict[str, str]) -> ValidationError:
    lines = [
        InitErrorDetails(
            type=PydanticCustomError("answer", "{reason}", {"reason": reason}), loc=tuple(place.split(".")), input=None
        )
        for place, reason in list(reasons.items())[:_MAX_REPORTED]
    ]
    return ValidationError.from_exception_data(answer.__name__, lines, hide_input=True)


def _shaped(answer: type[BaseModel], data: Any) -> Any:
    """Small models leave out the outer object: `[…]` or one item instead of `{"windows": […]}`."""
    if len(answer.model_fields) != 1:
        return data
    name = next(iter(answer.model_fields))
    if isinstance(data, list):
        return {name: data}
    return {name: [data]} if isinstance(data, dict) and data and name not in data else data


def _repair(data: Any, faults: list[Any]) -> int | None:
    """Take what is at fault out of `data`, in place: the count of items taken out, None when nothing could be.

    An optional value that is wrong is left out, a text that is too long is cut, and otherwise the innermost list entry
    around the fault goes.
    """
    doomed: set[tuple[int | str, ...]] = set()
    cuts: dict[tuple[int | str, ...], int] = {}
    # All places are looked up before anything changes.
    for fault in faults:
        path = _existing(data, fault["loc"])
        target = _at(data, path)
        if fault["type"] == "string_too_long" and isinstance(target, str):
            cuts[path] = fault["ctx"]["max_length"]
        elif fault["type"] == "too_long" and isinstance(target, list):
            doomed.update((*path, index) for index in range(fault["ctx"]["max_length"], len(target)))
        elif fault["type"] != "missing" and path and isinstance(path[-1], str):
            doomed.add(path)
        else:
            entry = _innermost_entry(path)
            if entry is not None:
                doomed.add(entry)
    for path, limit in cuts.items():
        _at(data, path[:-1])[path[-1]] = _at(data, path)[:limit]
    # From the back and from the inside, so that the other places stay where they are.
    for path in sorted(doomed, key=lambda place: [str(part).zfill(9) for part in place], reverse=True):
        del _at(data, path[:-1])[path[-1]]
    if not doomed and not cuts:
        return None
    return sum(1 for path in doomed if isinstance(path[-1], int))


def _existing(data: Any, loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The part of a fault's place that exists in the data: unions and validators add names of their own at its end."""
    path: list[int | str] = []
    for part in loc:
        is_there = (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if not is_there:
            break
        data = data[part]
        path.append(part)
    return tuple(path)


def _at(data: Any, path: tuple[int | str, ...]) -> Any:
    for part in path:
        data = data[part]
    return data


def _innermost_entry(path: tuple[int | str, ...]) -> tuple[int | str, ...] | None:
    for length in range(len(path), 0, -1):
        if isinstance(path[length - 1], int):
            return path[:length]
    return None
