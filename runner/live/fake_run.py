"""IdleFrames: FAKE_RUN's renderer. Real speech over the idle loop's own frames; no prompt is sent."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from custom_nodes.hls_segment.request import WindowRequest
from hls.access_unit import Clip
from runner.live.idle import IdleLoop
from runner.live.renderer import GraphShape
from runner.live.scene import Scene

KEPT_STATES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleWindow:
    """A window made of idle frames; `clip` does not exist on disk."""

    clip: Path
    media: Clip
    render_ns: int
    node_ms: Mapping[str, int] = field(default_factory=dict)
    colour_drift: float | None = None


class IdleFrames:
    """Answers each request at once with the loop's frames at the window's place in the loop."""

    def __init__(self, graph: GraphShape, idle: IdleLoop, data: Path) -> None:
        self.graph = graph
        self._idle = idle
        self._data = data
        self._entries = {idle.state_name(frame): frame for frame in idle.entry_points}
        self._states: OrderedDict[str, int] = OrderedDict()

    async def render(
        self, request: WindowRequest, *, prompt_id: str, pcm_s16le: bytes, pcm_2_s16le: bytes = b""
    ) -> IdleWindow:
        """Return the idle frames that come next after the request's state."""
        idle = self._idle
        frame = self._entries.get(request.state_in, self._states.get(request.state_in, 0))
        self._states[request.state_out] = (frame + request.new_frames) % idle.frames
        while len(self._states) > KEPT_STATES:
            self._states.popitem(last=False)
        clip = Clip(
            units=idle.part(frame, request.new_frames),
            width=idle.width,
            height=idle.height,
            fps=idle.fps,
            sps=idle.sps,
            pps=idle.pps,
        )
        return IdleWindow(clip=self._data / request.clip_out, media=clip, render_ns=1)


def over_idle(scene: Scene, *, data: Path) -> Scene:
    """Return the scene with its loop's frames in the renderer's place."""
    return replace(scene, renderer=IdleFrames(scene.renderer.graph, scene.idle, data), others=())
