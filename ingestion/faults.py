"""What is kept of a delivery that could not be processed: which error, and where. Pure.

Never a word of what came: messages of errors quote what they choke on, and what is kept here outlives a message that
its author deletes, or who wrote it.
"""

import re
import traceback
from pathlib import Path

from tasktracker.core.errors import DomainError

ROOT = Path(__file__).resolve().parent.parent
_NAMES = ("table_name", "column_name", "constraint_name", "datatype_name")  # of PostgreSQL's own report: our schema
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,80}", re.ASCII)


def told(error: BaseException) -> str:
    """The class of an error, the field or column that it is about, and the line of ours that met it."""
    parts = [type(error).__name__]
    field = error.extra.get("field") if isinstance(error, DomainError) else _column(error)
    if isinstance(field, str) and _NAME.fullmatch(field):
        parts.append(f"about {field}")
    if place := _place(error):
        parts.append(f"in {place}")
    return " ".join(parts)


def _column(error: BaseException) -> str:
    """What PostgreSQL says the trouble is with."""
    report = getattr(error.__cause__, "diag", None)
    return ".".join(str(found) for name in _NAMES if (found := getattr(report, name, None)))


def _place(error: BaseException) -> str:
    """Module, function and line of the deepest frame that is our own; "" for none."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and not {"site-packages", "lib"} & set(path.parts):
            return f"{frame.f_globals.get('__name__', path.stem)}.{frame.f_code.co_name}, line {line}"
    return ""
