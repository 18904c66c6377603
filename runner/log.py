"""Logs: one line a record, a fixed message plus fields; what is spoken is never in the message."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timezone
from typing import Any, TextIO

OUR_LOGGERS = ("onair", "runner", "hls", "custom_nodes")

_context: ContextVar[tuple[tuple[str, object], ...]] = ContextVar("onair_log_fields", default=())
_RECORD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_SPOKEN = frozenset({"text", "clause", "prompt_text"})
_HANDLER_NAME = "onair"


@contextmanager
def log_fields(**fields: object) -> Iterator[None]:
    """Give every record of this task (and of tasks and `to_thread` calls it starts) these fields: session_id, turn."""
    token = _context.set((*_context.get(), *fields.items()))
    try:
        yield
    finally:
        _context.reset(token)


def configure(level: str = "INFO", *, json: bool = True, stream: TextIO | None = None) -> None:
    """Send every log to `stream` (standard error): ours from `level` on, other libraries' from WARNING on.

    A second call replaces the first. Raises: ValueError for a level that logging does not know.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.set_name(_HANDLER_NAME)
    handler.setFormatter(JsonFormatter() if json else PlainFormatter())
    root = logging.getLogger()
    for old in [known for known in root.handlers if known.get_name() == _HANDLER_NAME]:
        root.removeHandler(old)
    ours = logging.getLevelName(level.upper())
    if not isinstance(ours, int):
        raise ValueError(f"there is no log level {level!r}; use DEBUG, INFO, WARNING or ERROR")
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(ours)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, then the context's and the record's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a value that JSON does not know is written as its text."""
        line: dict[str, object] = {
            "time": _iso_time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        # A field never takes the place of one of the four above.
        line.update({name: value for name, value in _fields(record).items() if name not in line})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        # ASCII: no terminal is steered, and no stream's encoding or lone surrogate can lose the record.
        return json.dumps(line, default=str)


class PlainFormatter(logging.Formatter):
    """For people: time, level, message, fields as name=value; still one line a record but for tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = "".join(f" {name}={_plain(value)}" for name, value in _fields(record).items())
        head = _iso_time(record)[11:23]
        line = f"{head} {record.levelname:<7} {_one_line(record.getMessage())}{fields}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return the context's fields, then the record's `extra`; of spoken text only its length."""
    fields: dict[str, Any] = dict(_context.get())
    fields.update({name: value for name, value in vars(record).items() if name not in _RECORD_FIELDS})
    for name in _SPOKEN & fields.keys():
        fields[f"{name}_chars"] = len(str(fields.pop(name)))
    return fields


def _iso_time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, tz=timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: object) -> str:
    text = _one_line(str(value))
    return f'"{text}"' if " " in text else text


def _one_line(text: str) -> str:
    """Escape what would end the line or steer a terminal: a log line cannot be forged by what a user sends."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
