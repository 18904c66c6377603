"""ClipBeside: the wait for a clip that the engine encodes beside its next prompt."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from custom_nodes.hls_segment.request import WindowRequest
from custom_nodes.hls_segment.sidecar import failure_name, sidecar_name
from runner.errors import ComfyLost, EngineError, PromptFailed
from runner.ports import Engine

from .failure import prompt_failed

NO_FILE = "engine.no_file"
FIRST_LOOK_S, LONGEST_LOOK_S, SLOWER = 0.01, 0.1, 1.5


class ClipBeside:
    """`limit_ns`: how long after its prompt a sidecar may come; three clips take a second or two."""

    def __init__(self, engine: Engine, data: Path, *, limit_ns: int) -> None:
        self._engine, self._data, self._limit_ns = engine, data, limit_ns

    async def wait(self, request: WindowRequest) -> None:
        """Return when the sidecar of this attempt is there, and here. Called when the prompt has ended.

        Raises: PromptFailed as the node would have raised, ComfyLost when the engine ended before the clip was written.
        """
        ends_ns, pause_s = time.monotonic_ns() + self._limit_ns, FIRST_LOOK_S
        restarts = self._engine.status().restarts
        while (await self._told(sidecar_name(request.clip_out))).get("attempt") != request.attempt:
            failure = await self._told(failure_name(request.clip_out))
            if failure:
                raise prompt_failed(message=failure["message"], node="OnAirSegment", kind=failure["kind"])
            status = self._engine.status()
            if not status.up or status.restarts != restarts:
                raise ComfyLost("ComfyUI ended before it had written the clip of a window")
            if time.monotonic_ns() > ends_ns:
                raise PromptFailed(
                    f"the clip of window {request.index} was not written; see ComfyUI's log and its processor's load",
                    code="clip.late",
                    retryable=True,
                )
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_LOOK_S, pause_s * SLOWER)

    async def _told(self, name: str) -> dict[str, Any]:
        """Return a JSON file of the engine's, {} while it is not there."""
        try:
            await self._engine.fetch(name, self._data / name)
        except EngineError as exc:
            if exc.code != NO_FILE:
                raise
            return {}
        return dict(json.loads((self._data / name).read_text(encoding="utf-8")))
