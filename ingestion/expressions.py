"""JMESPath with an end: whoever writes an expression does not decide how long it takes, nor how much it makes. Pure.

A path only narrows what it is given. What makes more of it (lists of the same thing twice, texts joined, texts in
texts) is bounded before and while it is looked for.
"""

from typing import Any

import jmespath
from jmespath import functions, visitor

STEPS = 200_000  # for one expression and one body
LONGEST_TEXT = 2_000_000  # characters that a function may make
MOST_TIMES = 64  # how often an expression may repeat what it is given

_MAKE_MORE = ("multi_select_list", "multi_select_dict")


class TooMuch(ValueError):
    """The expression takes too long, or makes too much."""


class _Functions(functions.Functions):
    @functions.signature({"types": ["string"]}, {"types": ["array-string"]})  # type: ignore[untyped-decorator]
    def _func_join(self, separator: str, parts: list[str]) -> str:
        _bounded(sum(map(len, parts)) + len(separator) * len(parts))
        return separator.join(parts)

    @functions.signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_to_string(self, value: Any) -> str:
        found: str = super()._func_to_string(value)
        _bounded(len(found))
        return found


class _Counting(visitor.TreeInterpreter):
    def __init__(self) -> None:
        super().__init__(jmespath.Options(custom_functions=_Functions()))
        self._left = STEPS

    def visit(self, node: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise TooMuch
        return super().visit(node, *args, **kwargs)


def compiled(expression: str) -> dict[str, Any]:
    """What `search` takes. Raises `TooMuch`, JMESPathError or RecursionError."""
    tree: dict[str, Any] = jmespath.compile(expression).parsed
    times, waiting = 1, [tree]
    while waiting:
        node = waiting.pop()
        children = [child for child in node["children"] if isinstance(child, dict)]
        if node["type"] in _MAKE_MORE or node.get("value") == "to_array":
            times *= max(2, len(children))
        if times > MOST_TIMES:
            raise TooMuch
        waiting += children
    return tree


def search(tree: dict[str, Any], body: Any) -> Any:
    """What is found in `body`. Raises `TooMuch`, JMESPathError, and what comparing odd values raises."""
    return _Counting().visit(tree, body)


def _bounded(length: int) -> None:
    if length > LONGEST_TEXT:
        raise TooMuch
