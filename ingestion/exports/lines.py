"""Files of lines, read as a stream: each line with its number, one that is too long as None."""

import json
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from typing import Any

from ingestion.exports.files import CountedStream, Files

MAX_LINE = 1024 * 1024
_CHUNK = 64 * 1024
_LONGEST_TEXT = 256 * 1024  # characters of one line of text


def line_members(files: Files, looks_right: Callable[[Files, str], bool]) -> list[str]:
    """The `.jsonl` and `.ndjson` members, or the single file, that look right."""
    names = list(files.names())
    named = [name for name in names if name.endswith((".jsonl", ".ndjson"))]
    return [name for name in named or (names if len(names) == 1 else []) if looks_right(files, name)]


class BadLine(ValueError):
    """Why one line is not a message."""


class NotJson(BadLine):
    """Also what the last line of a cut file looks like."""


def lines(stream: CountedStream, longest: int = MAX_LINE) -> Iterator[tuple[int, bytes | None, bool]]:
    """Number, bytes without their end (None for a line of more than `longest`) and whether the line was ended."""
    number, too_long = 1, False
    rest: list[bytes] = []  # joined once, when the line ends: a long line is not copied for each chunk
    held = 0
    while data := stream.read(_CHUNK):
        first, *others = data.split(b"\n")
        if not too_long:
            rest.append(first)
        held += len(first)
        if held > longest:
            rest, too_long = [], True
        if not others:
            continue
        yield number, None if too_long else b"".join(rest), True
        *whole, last = others
        for line in whole:
            number += 1
            yield number, None if len(line) > longest else line, True
        number, too_long, rest, held = number + 1, False, [last], len(last)
    if held:
        yield number, None if too_long else b"".join(rest), False


class TextLines:
    """The lines of a stream as text, each with its end; one beyond any message comes in pieces."""

    def __init__(self, stream: CountedStream, encoding: str) -> None:
        self._decoder = getincrementaldecoder(encoding)(errors="replace")
        self._stream = stream
        self._lines = self._read()
        self.is_ended = True  # whether the last line has its end
        self.is_over = False  # whether somebody has asked for more than there is

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            return next(self._lines)
        except StopIteration:
            self.is_over = True
            raise

    def _read(self) -> Iterator[str]:
        held = ""
        while True:
            data = self._stream.read(_CHUNK)
            *whole, held = (held + self._decoder.decode(data, final=not data)).split("\n")
            for line in whole:
                yield line + "\n"
            while len(held) > _LONGEST_TEXT:
                yield held[:_LONGEST_TEXT]
                held = held[_LONGEST_TEXT:]
            if not data:
                break
        if held:
            self.is_ended = False
            yield held


def json_object(line: bytes) -> dict[str, Any]:
    """The object that a line holds. Raises NotJson, or BadLine for another value."""
    try:
        value = json.loads(line.decode("utf-8-sig", "replace"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson("not JSON") from error
    if not isinstance(value, dict):
        raise BadLine("not a JSON object")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no value of JSON")
