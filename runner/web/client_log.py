"""What a page reports of itself, into the runner's log: bounded, since anybody may write it."""

from __future__ import annotations

import json
import logging
from typing import Any

log = logging.getLogger("onair.client")

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
LINES_LIMIT = 500
DATA_LIMIT_CHARS = 2000


class ClientLog:
    """The lines of one connection; after 500 it falls silent, having said so."""

    def __init__(self) -> None:
        self._lines = 0

    def write(self, session_id: str, message: dict[str, Any]) -> None:
        """Log one `client_log {level, event, data}`; `data` is cut at 2 000 characters of JSON."""
        self._lines += 1
        if self._lines == LINES_LIMIT:
            log.warning("client log full", extra={"session_id": session_id})
        if self._lines >= LINES_LIMIT:
            return
        data = json.dumps(message.get("data"), ensure_ascii=False)[:DATA_LIMIT_CHARS]
        fields = {"session_id": session_id, "event": str(message["event"])[:100], "data": data}
        log.log(LEVELS.get(message["level"], logging.INFO), "client log", extra=fields)
