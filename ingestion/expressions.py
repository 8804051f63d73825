"""JMESPath with an end: whoever writes an expression does not decide how long it takes, nor how much it makes. Pure.

A path only narrows what it is given. What makes more of it (lists of the same thing twice, texts joined, texts in
texts) is bounded before and while it is looked for.
"""

from typing import Any

import jmespath
from jmespath import functions, visitor
from jmespath.exceptions import ArityError, UnknownFunctionError, VariadictArityError

STEPS = 200_000  # for one expression and one body
LONGEST_TEXT = 2_000_000  # characters that a function may make
MOST_TIMES = 64  # how often an expression may repeat what it is given
DEEPEST = 50  # parts within parts: looking for each takes several frames of the interpreter

_MAKE_MORE = ("multi_select_list", "multi_select_dict")


class TooMuch(ValueError):
    """The expression takes too long, or makes too much."""


class TooDeep(ValueError):
    """The expression has too many parts within parts."""


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
    """What `search` takes. Raises `TooMuch`, `TooDeep` or JMESPathError."""
    try:
        tree: dict[str, Any] = jmespath.compile(expression).parsed
    except RecursionError:
        raise TooDeep from None
    times, waiting = 1, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise TooDeep
        if node["type"] == "function_expression":
            _check_call(node)
        children = [child for child in node["children"] if isinstance(child, dict)]
        if node["type"] in _MAKE_MORE or node.get("value") == "to_array":
            times *= max(2, len(children))
        if times > MOST_TIMES:
            raise TooMuch
        waiting += [(child, depth + 1) for child in children]
    return tree


def search(tree: dict[str, Any], body: Any) -> Any:
    """What is found in `body`. Raises `TooMuch`, JMESPathError, and what comparing odd values raises."""
    return _Counting().visit(tree, body)


def _check_call(node: dict[str, Any]) -> None:
    """What would fail for every body: a function that is not there, or with too few or too many arguments."""
    known = _Functions.FUNCTION_TABLE.get(node["value"])
    if known is None:
        raise UnknownFunctionError(f"Unknown function: {node['value']}()")
    signature, given = known["signature"], len(node["children"])
    if signature and signature[-1].get("variadic"):
        if given < len(signature):
            raise VariadictArityError(len(signature), given, node["value"])
    elif given != len(signature):
        raise ArityError(len(signature), given, node["value"])


def _bounded(length: int) -> None:
    if length > LONGEST_TEXT:
        raise TooMuch
