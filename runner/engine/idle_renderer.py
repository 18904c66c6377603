"""IdleRenderer: the idle workflow is rendered once per workflow, picture and size, and taken from disk ever after."""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custom_nodes.hls_segment.idle_loop import LONG_GOP_CLIP, LOOP_CLIP
from custom_nodes.hls_segment.request import WindowRequest
from custom_nodes.portrait.beside import landmarks_beside
from runner.errors import EngineError, PromptFailed
from runner.ports import ApiGraph, Engine, PromptJob, PromptProgress

from .api_graph import keep, number, workflow_hash
from .binding import RUNNER_INPUTS
from .cut_graph import WINDOW, cut_to, exactly_one
from .files import write_file
from .idle_loops import is_whole, keep_newest
from .pack_version import pack_version
from .window_renderer import request_name
from .window_sizes import window_sizes
from .workflow import Workflow

IDLE = "OnAirIdle"
DEFAULT_FRAMES = 192


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleGraph:
    """A graph with exactly one OnAirIdle behind exactly one OnAirWindow."""

    graph: ApiGraph
    window_id: str
    workflow_sha256: str
    frames: int
    overlap_frames: int
    fps: int
    width: int
    height: int
    seed: int

    def prompt(self, *, request_path: str) -> ApiGraph:
        """Return the prompt that writes the loop beside the request's clip."""
        graph = keep(self.graph, self.graph)
        graph[self.window_id]["inputs"]["request_path"] = request_path
        return graph


def bind_idle(
    workflow: Workflow, object_info: Mapping[str, Any], *, settings: Sequence[str] = (), image_path: str = ""
) -> IdleGraph:
    """Find the nodes of an idle graph.

    Raises: WorkflowRefused `workflow.no_idle`, `workflow.two_idles`, and as `bind`.
    """
    idle_id = exactly_one(workflow.graph, IDLE, "idle", workflow.name)
    window_id = exactly_one(workflow.graph, WINDOW, "window", workflow.name)
    graph = cut_to(
        workflow, object_info, idle_id, "OnAir Idle", window_id=window_id, settings=settings, image_path=image_path
    )
    sizes = window_sizes(graph, window_id, workflow.name)
    return IdleGraph(
        graph=graph,
        window_id=window_id,
        workflow_sha256=workflow_hash(graph, {window_id: RUNNER_INPUTS[WINDOW]}),
        frames=number(graph, idle_id, "frames", DEFAULT_FRAMES),
        overlap_frames=sizes["overlap_frames"],
        fps=sizes["fps"],
        width=sizes["width"],
        height=sizes["height"],
        seed=sizes["seed"],
    )


class IdleRenderer:
    """Renders `idle/<hash>/` where it is not there whole."""

    def __init__(self, engine: Engine, data: Path, *, silence_timeout_ns: int, version: str | None = None) -> None:
        """`silence_timeout_ns`: of the prompt. `version` stands for the pack's source; by default it is hashed."""
        self._engine = engine
        self._silence_timeout_ns = silence_timeout_ns
        self._data = data
        self._version = version

    def name(self, graph: IdleGraph, *, image: str = "", overlap_frames: int | None = None) -> str:
        """Return `idle/<hash>`: over workflow, picture, size, overlap and pack version."""
        told = (
            graph.workflow_sha256,
            self._look(image),
            graph.width,
            graph.height,
            graph.frames,
            overlap_frames or graph.overlap_frames,
            self._version or pack_version(),
        )
        return f"idle/{hashlib.sha256(repr(told).encode()).hexdigest()[:16]}"

    def _look(self, image: str) -> str:
        """What the picture and the landmarks beside it hold; the name of one that is not here."""
        path = self._data / image
        if not path.is_file():
            return image
        beside = landmarks_beside(path)
        told = beside.read_bytes() if beside.is_file() else b""
        return hashlib.sha256(path.read_bytes() + told).hexdigest()

    async def render(
        self,
        graph: IdleGraph,
        *,
        image: str = "",
        overlap_frames: int | None = None,
        on_begin: Callable[[], None] = lambda: None,
        on_progress: Callable[[PromptProgress], None] | None = None,
        spare: Collection[str] = (),
    ) -> Path:
        """Return the folder of a whole loop, rendered now (`on_begin` is called first) or before.

        `image`: the picture's name below `onair/` ("" = the graph's own). `overlap_frames`: the talk graph's, whose
        windows start from the entry states. Loops that were not used for long are removed, but for those named in
        `spare` (folders), which are on air.

        Raises: as `Engine.run`, PromptFailed when the loop is not whole.
        """
        name = self.name(graph, image=image, overlap_frames=overlap_frames)
        folder = self._data / name
        if not (await self._fetch(name, folder) and is_whole(folder)):
            on_begin()
            await self._make(graph, name, image, overlap_frames or graph.overlap_frames, on_progress)
        keep_newest(folder, spare=spare)
        return folder

    async def _make(
        self,
        graph: IdleGraph,
        name: str,
        image: str,
        overlap_frames: int,
        on_progress: Callable[[PromptProgress], None] | None,
    ) -> None:
        folder = self._data / name
        request = _request(graph, name, image, overlap_frames)
        path = request_name(request.clip_out)
        write_file(self._data / path, request.to_json().encode())
        await self._engine.put(path, self._data / path)
        prompt_id = str(uuid.uuid4())
        # A repeated prompt is answered from the cache, also when its files are gone: the request is new every time.
        job = PromptJob(
            prompt_id=prompt_id,
            graph=graph.prompt(request_path=path),
            silence_timeout_ns=self._silence_timeout_ns,
        )
        await self._engine.run(job, on_progress)
        if not (await self._fetch(name, folder) and is_whole(folder)):
            raise PromptFailed(
                f"the idle graph ended without a whole loop in {name}; see ComfyUI's log", code="idle.loop"
            )

    async def _fetch(self, name: str, folder: Path) -> bool:
        """Bring the loop here; its entry states stay on the engine that made it."""
        try:
            for file in ("loop.json", LOOP_CLIP):
                await self._engine.fetch(f"{name}/{file}", folder / file)
        except EngineError:
            return False
        with contextlib.suppress(EngineError):  # an engine with an older pack has none
            await self._engine.fetch(f"{name}/{LONG_GOP_CLIP}", folder / LONG_GOP_CLIP)
        return True


def _request(graph: IdleGraph, name: str, image: str, overlap_frames: int) -> WindowRequest:
    return WindowRequest(
        workflow_sha256=graph.workflow_sha256,
        channel="idle",
        turn=uuid.uuid4().hex,  # new every time, so that the request file differs and no cache answers
        index=0,
        attempt=0,
        start_frame=0,
        new_frames=graph.frames,
        overlap_frames=overlap_frames,
        context_samples=0,
        fps=graph.fps,
        width=graph.width,
        height=graph.height,
        seed=graph.seed,
        loop_frames=graph.frames,
        audio="",
        image=image,
        state_in="",
        clip_out=f"{name}/{LOOP_CLIP}",
        state_out="",
    )
