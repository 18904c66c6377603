"""Closes connections that ask for nothing: a client may open hundreds and send half a header on each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

PATIENCE_S = 15.0
"""Longer than uvicorn's own keep-alive of 5 s, which begins after an answer and ends with the next byte."""


class IdleSockets:
    """Looks at uvicorn's protocols from time to time."""

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._since: dict[Any, tuple[object, float]] = {}

    def sweep(self, protocols: Iterable[Any], now_s: float) -> None:
        """Close those that have had no request under way for longer than the patience."""
        before, self._since = self._since, {}
        for protocol in list(protocols):
            if not hasattr(protocol, "cycle"):  # a WebSocket: it may be silent for as long as it likes
                continue
            cycle = protocol.cycle  # the request under way, or the last one
            if cycle is not None and not cycle.response_complete:
                continue
            known, since_s = before.get(protocol, (cycle, now_s))
            if known is not cycle:  # a request came and went meanwhile
                since_s = now_s
            self._since[protocol] = (cycle, since_s)
            if now_s - since_s > self._patience_s:
                protocol.transport.close()
