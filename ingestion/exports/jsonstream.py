"""JSON read as a stream: the records of the named lists one by one, whatever the size of the file.

Exports are not always JSON. Telegram Desktop writes control characters as `\\x0B`, other tools lone surrogates or
bytes that are not UTF-8: `repaired` makes these readable, so that one odd character does not end an import.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, NamedTuple, Protocol

import ijson

from ingestion.drafts import NotThisFormat
from ingestion.exports.files import Broken

_CHUNK = 64 * 1024
_MAX_VALUE = 16 * 1024 * 1024  # bytes without any event: a string that no chat message can be
_MAX_DEPTH = 64
_MAX_NODES = 50_000
_MAX_CHARS = 4 * 1024 * 1024

_BEGINS = ("start_map", "start_array")
_ENDS = ("end_map", "end_array")

# What yajl and its binding raise: JSONError for the grammar, the rest for surrogates, huge exponents and huge integers.
_PARSE_ERRORS = (ijson.JSONError, ValueError, ArithmeticError, SystemError, RecursionError)

_SUSPECT = re.compile(r"\\(?:u[dD][89a-fA-F]|x)")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|x[0-9a-fA-F]{2}|.)",
    re.DOTALL,
)
# A tail that may be the first half of an escape or of a surrogate pair, with the backslashes that decide which.
_UNFINISHED = re.compile(
    r"(?<!\\)(?:\\\\)*(?:\\u[dD][89abAB][0-9a-fA-F]{2})?(?:\\(?:u[0-9a-fA-F]{0,3}|x[0-9a-fA-F]?)?)?\Z"
)
_RAW_CONTROLS = {code: " " for code in range(32) if code not in (9, 10, 13)}


class Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Record(NamedTuple):
    """One element of a list. `value` is None when it is too large or too deep to be a message."""

    list_path: str
    value: Any


class Head:
    """The first bytes of a file as a stream of their own."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, _size: int, /) -> bytes:
        data, self._data = self._data, b""
        return data


def repaired(stream: Stream) -> Iterator[bytes]:
    """The stream in chunks of valid UTF-8 with escapes that JSON knows; UTF-16 with a byte order mark is read too."""
    decoder: codecs.IncrementalDecoder | None = None
    held = ""
    while True:
        data = stream.read(_CHUNK)
        if decoder is None:
            is_utf16 = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
            decoder = codecs.getincrementaldecoder("utf-16" if is_utf16 else "utf-8-sig")(errors="replace")
        text = held + decoder.decode(data, final=not data)
        held = ""
        if data:
            start = _tail_start(text)
            unfinished = _UNFINISHED.search(text, start)
            cut = unfinished.start() if unfinished else len(text)
            text, held = text[:cut], text[cut:]
        if _SUSPECT.search(text):
            text = _ESCAPE.sub(_repair_escape, text)
        if text:
            yield text.translate(_RAW_CONTROLS).encode()
        if not data:
            return


def json_events(chunks: Iterator[bytes]) -> Iterator[tuple[str, Any]]:
    """The parser's events. Raises Broken, after all that could be read, when the JSON is wrong or ends too early."""
    return chain.from_iterable(_event_lists(chunks))  # no step through Python code for each event


def _event_lists(chunks: Iterator[bytes]) -> Iterator[list[tuple[str, Any]]]:
    """The events of each chunk, in a list that lives until the next one is asked for."""
    events = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events)
    fed = 0
    try:
        for chunk in chunks:
            parser.send(chunk)
            fed = len(chunk) if events else fed + len(chunk)
            if fed > _MAX_VALUE:
                raise Broken(f"one value is longer than {_MAX_VALUE:,} bytes")
            yield events
            events.clear()
        parser.send(b"")
        parser.close()
    except StopIteration:
        yield events
    except (NotThisFormat, Broken):
        yield events
        raise
    except _PARSE_ERRORS as error:
        if isinstance(error, SystemError):
            # An integer beyond Python's limit: its event has no value at all, and to look at it ends the process.
            del events[-1:]
        yield events
        raise Broken(_first_line(error)) from error
    else:
        yield events


class JsonRecords:
    """Iterates the elements of the lists in `lists`: dotted paths, `item` for an element of a list above, "" for a
    file that is a list.

    `header` holds the scalars of the paths in `wanted` that were read so far; `on_object(path)` is called when
    an object outside the lists begins, so that a reader of many chats can forget the last one's header. `arrays`
    has the paths among `lists` and `watched` that turned out to be arrays.
    """

    def __init__(
        self,
        stream: Stream,
        *,
        lists: frozenset[str],
        wanted: frozenset[str],
        watched: frozenset[str] = frozenset(),
        on_object: Callable[[str], None] | None = None,
    ) -> None:
        self.header: dict[str, Any] = {}
        self.arrays: set[str] = set()
        self._events = json_events(repaired(stream))
        self._lists = lists
        self._watched = lists | watched
        self._wanted = wanted
        self._on_object = on_object

    def __iter__(self) -> Iterator[Record]:
        path: list[str] = []
        name = ""  # the path in one
        list_path: str | None = None  # the list that it is an element of: "" is the whole file
        for event, value in self._events:
            is_begin = event in _BEGINS
            if list_path is not None and (is_begin or event not in _ENDS):
                yield Record(list_path, self._build(event) if is_begin else value)
                continue
            if event == "map_key":
                path[-1] = value[:100]
            elif event in _ENDS:
                path.pop()
            elif is_begin:
                self._begin(event, name)
                path.append("item" if event == "start_array" else "")
                if len(path) > _MAX_DEPTH:
                    raise Broken(f"it is nested deeper than {_MAX_DEPTH} levels")
            elif name in self._wanted:
                self.header[name] = value
            name = ".".join(path)
            list_path = name[:-5] if path and path[-1] == "item" and name[:-5] in self._lists else None

    def _begin(self, event: str, name: str) -> None:
        if event == "start_map" and self._on_object is not None:
            self._on_object(name)
        elif event == "start_array" and name in self._watched:
            self.arrays.add(name)

    def _build(self, event: str) -> Any:
        """The object or array that begins with `event`, or None when it is beyond the limits."""
        root: Any = {} if event == "start_map" else []
        parents: list[Any] = []
        parent, in_map, key = root, event == "start_map", ""
        nodes = chars = 0
        for kind, value in self._events:
            nodes += 1
            if kind == "map_key":
                key = value
                continue
            is_begin = False
            if kind == "string":
                chars += len(value)
            elif kind in _BEGINS:
                is_begin, value = True, {} if kind == "start_map" else []
            elif kind in _ENDS:
                if not parents:
                    return root if nodes <= _MAX_NODES and chars <= _MAX_CHARS else None
                parent = parents.pop()
                in_map = isinstance(parent, dict)
                continue
            if nodes <= _MAX_NODES and chars <= _MAX_CHARS:
                if in_map:
                    parent[key] = value
                else:
                    parent.append(value)
            if is_begin:
                parents.append(parent)
                parent, in_map = value, kind == "start_map"
                if len(parents) >= _MAX_DEPTH:
                    raise Broken(f"it is nested deeper than {_MAX_DEPTH} levels")
        return None


def _tail_start(text: str) -> int:
    start = max(0, len(text) - 32)
    while start > 0 and text[start - 1] == "\\":
        start -= 1
    return start


def _repair_escape(found: re.Match[str]) -> str:
    escape = found[0]
    if escape[1] == "x" and len(escape) == 4:
        return "\\u00" + escape[2:]
    if escape[1] == "u" and len(escape) == 6:
        return "\\ufffd"
    return escape


def _first_line(error: BaseException) -> str:
    if not isinstance(error, ijson.JSONError):
        return "a number or a character that cannot be read"
    first = error.args[0] if error.args else ""
    text = first.decode(errors="replace") if isinstance(first, bytes) else str(first)
    line = text.strip().partition("\n")[0].strip()
    return line[:120] or type(error).__name__
