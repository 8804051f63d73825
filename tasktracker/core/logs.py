"""Log lines without secrets: a filter on every handler, and one JSON line a record where asked for."""

import json
import logging
import re

SECRETS = re.compile(
    r"(sk-[A-Za-z0-9_\-]{8,}|tt_[A-Za-z0-9_\-]{16,}|(?<!\d)\d{6,12}:[A-Za-z0-9_\-]{30,}|Bearer\s+[^\s'\"]{8,}"
    r"|whsec_[A-Za-z0-9+/=]{8,}|(?<=:)[^:@/\s]{6,}(?=@))"
)


def scrub(text: str) -> str:
    """`text` with everything that looks like a key, token or password replaced."""
    return SECRETS.sub("[secret]", text)


class ScrubFilter(logging.Filter):
    """Scrubs message and traceback of each record before any handler formats it."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        clean = scrub(message)
        if clean != message:
            record.msg, record.args = clean, None
        if record.exc_info and not record.exc_text:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info))
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line: at, level, logger, message, exception."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:
            entry["exception"] = record.exc_text
        return json.dumps(entry, ensure_ascii=False)
