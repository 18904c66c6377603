"""WindowRenderer: one WindowRequest becomes a clip, a sidecar and a state, by one prompt of a bound graph."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from custom_nodes.hls_segment.request import WindowRequest
from custom_nodes.hls_segment.sidecar import TO_COME, sidecar_name
from custom_nodes.portrait.beside import landmarks_name
from custom_nodes.rolling_wav.sound import to_wav
from hls.access_unit import Clip, read_clip
from hls.errors import HlsError
from runner.errors import PromptFailed
from runner.ports import Engine, PromptJob, PromptProgress, PromptResult

from .binding import LiveGraph
from .clip_beside import ClipBeside
from .files import write_file
from .node_times import NodeTimes


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedWindow:
    """What one window became. `media` is the clip in memory: exactly the request's new frames, IDR first.

    `state_name`: the name below `onair/` of the state that the next window takes. `render_ns`: from the engine, whose
    own result is `prompt`.
    """

    clip: Path
    sidecar: dict[str, Any]
    state_name: str
    render_ns: int
    media: Clip
    prompt: PromptResult
    node_ms: Mapping[str, int] = field(default_factory=dict)
    """How long each node took that ran, by its id; the last one's until the prompt's end."""

    @property
    def colour_drift(self) -> float | None:
        """How far the window's mean colour is from the reference's, in OKLab, as the sidecar says."""
        drift = (self.sidecar.get("colour") or {}).get("drift")
        return float(drift) if isinstance(drift, (int, float)) else None


class WindowRenderer:
    """Renders windows of one bound graph on one engine; several calls may be under way, they run in order."""

    def __init__(
        self,
        engine: Engine,
        graph: LiveGraph,
        data: Path,
        *,
        silence_timeout_ns: int,
        unseen_timeout_ns: int | None = None,
        offload: Callable[[Callable[[], Any]], Awaitable[Any]] = asyncio.to_thread,
    ) -> None:
        """`silence_timeout_ns`, `unseen_timeout_ns`: of every prompt (`PromptJob`).

        `offload` runs blocking work: a thread, or in place.
        """
        self.engine = engine
        self.graph = graph
        self._data = data
        self._offload = offload
        self._silence_timeout_ns = silence_timeout_ns
        self._unseen_timeout_ns = unseen_timeout_ns
        self._order = asyncio.Lock()

    async def render(
        self,
        request: WindowRequest,
        *,
        prompt_id: str,
        pcm_s16le: bytes = b"",
        pcm_2_s16le: bytes = b"",
        on_progress: Callable[[PromptProgress], None] | None = None,
    ) -> RenderedWindow:
        """Write the sound and the request, hand over their files, run the prompt, bring clip and sidecar back.

        `pcm_s16le`: what the request's `audio` is to hold, 16 kHz mono; none: that file is there, or not needed.
        `pcm_2_s16le`: the same for `audio_2`.
        `prompt_id` is new for every attempt. Raises: as `Engine.run`; a node's `[code] sentence` is PromptFailed with
        that code, so are `media.parameters` (another size, rate or number of frames) and `media.unreadable`.
        """
        name = request_name(request.clip_out)
        job = PromptJob(
            prompt_id=prompt_id,
            graph=self.graph.prompt(request_path=name, attempt=prompt_id, image_path=request.image or None),
            silence_timeout_ns=self._silence_timeout_ns,
            lasting=self.graph.lasting,
            unseen_timeout_ns=self._unseen_timeout_ns,
        )
        clip, sidecar = self._data / request.clip_out, self._data / sidecar_name(request.clip_out)
        async with self._order:  # window k+1 must not reach the engine before window k, whose state it takes
            left = self.engine.leftovers(request, name)
            request = replace(request, forget=left, beside=request.beside or "gpu")
            sounds = {request.audio: pcm_s16le, request.audio_2: pcm_2_s16le}
            stood = await self._hand_over(name, request, sounds)
            times = NodeTimes(on_progress)
            running = asyncio.ensure_future(self.engine.run(job, times.hear))
        result = await running
        if _is_to_come(result, self.graph.segment_id):
            await ClipBeside(self.engine, self._data, limit_ns=self._silence_timeout_ns).wait(request)
        was_here = not stood and await self._offload(clip.exists)
        await self.engine.fetch(request.clip_out, clip)
        await self.engine.fetch(sidecar_name(request.clip_out), sidecar)
        self.engine.done_with(request, name, was_here=was_here)
        told, media = await self._offload(lambda: _read(clip, sidecar, request))
        return RenderedWindow(
            clip=clip,
            sidecar=told,
            state_name=request.state_out,
            render_ns=result.render_ns or int(told.get("render_ns", 0)),
            media=media,
            prompt=result,
            node_ms=times.until_end(result.render_ns),
        )

    async def _hand_over(self, name: str, request: WindowRequest, sounds: dict[str, bytes]) -> bool:
        """Give the engine what the window hears and sees; return whether its clip stands here from a try before."""

        def write() -> bool:
            for sound, pcm_s16le in sounds.items():
                if pcm_s16le:
                    write_file(self._data / sound, to_wav(pcm_s16le))
            write_file(self._data / name, request.to_json().encode())
            return (self._data / request.clip_out).exists()

        stood = await self._offload(write)
        beside = landmarks_name(request.image) if request.image else ""
        for given in (name, request.audio, request.audio_2, beside, request.image):
            # A name that is not here (a picture in the engine's own input folder) is the engine's to find.
            if given and (self._data / given).exists():
                await self.engine.put(given, self._data / given)
        return bool(stood)


def _is_to_come(result: PromptResult, segment_id: str) -> bool:
    told = (result.outputs.get(segment_id) or {}).get("onair") or [{}]
    return isinstance(told[0], dict) and TO_COME in told[0]


def request_name(clip_name: str) -> str:
    """`turns/…/window_00000.mp4` → `turns/…/window_00000.request.json`."""
    return clip_name.rsplit(".", 1)[0] + ".request.json"


def _read(clip: Path, sidecar: Path, request: WindowRequest) -> tuple[dict[str, Any], Clip]:
    try:
        told = json.loads(sidecar.read_text(encoding="utf-8"))
        media = read_clip(clip)
    except HlsError as exc:
        raise PromptFailed(str(exc), code=exc.code) from exc
    except (OSError, ValueError) as exc:
        raise PromptFailed(
            f"the sidecar {sidecar.name} cannot be read: {exc}; see ComfyUI's log", code="media.unreadable"
        ) from exc
    found = (len(media.units), media.width, media.height, media.fps)
    wanted = (request.new_frames, request.width, request.height, request.fps)
    if found != wanted:
        sentence = "{} frames of {}x{} at {} fps"
        raise PromptFailed(
            f"window {request.index} is {sentence.format(*found)}, asked were {sentence.format(*wanted)}; "
            "let the graph keep length, size and rate",
            code="media.parameters",
        )
    return told, media
