"""The last log lines in memory, without what opens anything: tokens, ids of sessions and channels, home folders."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from runner.log import JsonFormatter

LINES = 300
LINE_CHARS = 2000
KEYS = frozenset({"session_id", "channel", "token", "resume", "resume_token"})
"""Who has a session's id may speak in it, who has a channel's may watch it."""
IN_ADDRESS = re.compile(r"(?P<before>/(?:hls|sessions|channels)/|(?:session|resume|channel)=)(?P<key>[\w-]{8,})")
BEARER = re.compile(r"(?i)(bearer|basic)\s+[\w.~+/=-]+")
IN_URL = re.compile(r"//[^/@\s]+@")


class LogTail(logging.Handler):
    """A log handler; `lines` may be read in any thread."""

    def __init__(self, *, secrets: Iterable[str] = (), folders: Iterable[tuple[Path, str]] = ()) -> None:
        """`secrets` never appear; each folder is told by the word beside it, the first that fits."""
        super().__init__()
        self.setFormatter(JsonFormatter())
        self._kept: deque[str] = deque(maxlen=LINES)
        self._words = [(secret, "***") for secret in secrets if secret]
        self._words += [(str(folder), word) for folder, word in folders]

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's line."""
        try:
            self._kept.append(self.format(record))
        except Exception:
            self.handleError(record)

    def lines(self) -> list[dict[str, Any]]:
        """Return what is kept, the oldest first, as JSON objects."""
        return [self._clean(json.loads(line)) for line in tuple(self._kept)]

    def _clean(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._clean(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [self._clean(one, key) for one in value]
        if not isinstance(value, str):
            return value
        if key in KEYS:
            return _short_hash(value)
        for word, instead in self._words:
            value = value.replace(word, instead)
        value = IN_ADDRESS.sub(lambda found: found["before"] + _short_hash(found["key"]), value)
        return IN_URL.sub("//", BEARER.sub(r"\1 ***", value))[:LINE_CHARS]


def _short_hash(key: str) -> str:
    """Return what still tells two apart, and opens neither."""
    return "#" + hashlib.sha256(key.encode()).hexdigest()[:6]
