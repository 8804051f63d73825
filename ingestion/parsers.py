"""NDJSON bodies: one JSON object a line."""

import json
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


class NdjsonParser(BaseParser):
    """`application/x-ndjson` as a list; a line that is no JSON names itself in the error."""

    media_type = "application/x-ndjson"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        rows = []
        for number, line in enumerate(stream.read().splitlines(), start=1):
            if not line.strip():
                continue
            try:
                rows.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                raise ParseError(f"Line {number} is not JSON: {error}") from error
        return rows
