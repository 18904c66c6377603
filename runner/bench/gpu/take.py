"""Windows of one long turn, rendered as the live loop does: each goes on from the state of the one before."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from custom_nodes.hls_segment.pixels import colour_statistics
from custom_nodes.hls_segment.request import WindowRequest
from custom_nodes.hls_segment.state import ENTRY_INDEX, State, write_state
from custom_nodes.rolling_wav.rolling_wav import RATE_HZ, AudioWindow, RollingWav
from runner.engine.binding import LiveGraph
from runner.engine.window_renderer import WindowRenderer
from runner.ports import Engine, PromptProgress

SILENCE_NS = 600_000_000_000  # full-size weights are drawn in the first window, and nothing is told meanwhile
LOOP_FRAMES = 48
PITCH_HZ, SYLLABLES_HZ, LOUD = 130.0, 3.3, 6_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One window: ComfyUI's own seconds, and by class what each node took of them."""

    seconds: float
    nodes: dict[str, float]


class Take:
    """One graph's windows, in order."""

    def __init__(self, engine: Engine, graph: LiveGraph, data: Path, *, windows: int) -> None:
        self._graph, self._data = graph, data
        self._renderer = WindowRenderer(engine, graph, data, silence_timeout_ns=SILENCE_NS)
        self._folder = f"turns/bench/{uuid.uuid4().hex}"
        self._windows = _windows(graph, windows)
        (data / self._folder).mkdir(parents=True)
        write_state(data / self._state(-1), _entry(graph))

    async def window(self) -> Taken:
        """Render the next one. Raises: EngineError."""
        window = next(self._windows)
        marks: list[tuple[int, str]] = []

        def begun(told: PromptProgress) -> None:
            if not marks or marks[-1][1] != told.node:
                marks.append((time.perf_counter_ns(), told.node))

        rendered = await self._renderer.render(
            self._request(window), prompt_id=str(uuid.uuid4()), pcm_s16le=window.pcm_s16le, on_progress=begun
        )
        marks.append((time.perf_counter_ns(), ""))
        return Taken(seconds=rendered.render_ns / 1e9, nodes=self._by_class(marks))

    def _by_class(self, marks: list[tuple[int, str]]) -> dict[str, float]:
        took: dict[str, float] = {}
        for (start_ns, node), (end_ns, _) in itertools.pairwise(marks):
            kind = str(self._graph.graph[node]["class_type"]) if node in self._graph.graph else node
            took[kind] = took.get(kind, 0.0) + (end_ns - start_ns) / 1e9
        return took

    def _state(self, index: int) -> str:
        return f"{self._folder}/" + ("entry_0.safetensors" if index < 0 else f"state_{index:05d}.safetensors")

    def _request(self, window: AudioWindow) -> WindowRequest:
        name = f"{self._folder}/window_{window.index:05d}"
        return WindowRequest(
            workflow_sha256=self._graph.workflow_sha256,
            channel="bench",
            turn=self._folder.rpartition("/")[2],
            index=window.index,
            attempt=0,
            start_frame=window.start_frame,
            new_frames=window.new_frames,
            overlap_frames=window.overlap_frames,
            context_samples=window.context_samples,
            fps=self._graph.fps,
            width=self._graph.width,
            height=self._graph.height,
            seed=self._graph.seed,
            loop_frames=LOOP_FRAMES,
            audio=f"{name}.wav",
            image="",
            state_in=self._state(window.index - 1),
            clip_out=f"{name}.mp4",
            state_out=self._state(window.index),
        )


def _windows(graph: LiveGraph, count: int) -> Iterator[AudioWindow]:
    rolling = RollingWav(
        window_frames=graph.window_frames,
        overlap_frames=graph.overlap_frames,
        context_frames=graph.context_frames,
        any_length=False,
    )
    new_samples = (graph.window_frames - graph.overlap_frames) * RATE_HZ // graph.fps
    yield from rolling.feed(_buzz((count + 1) * new_samples))


def _buzz(samples: int) -> bytes:
    """Return syllables of a voice-like buzz, 16 kHz s16le: what is said does not change what it costs."""
    at = np.arange(samples) / RATE_HZ
    voice = sum(np.sin(2 * np.pi * PITCH_HZ * harmonic * at) / harmonic for harmonic in range(1, 6))
    loud = np.maximum(0.0, np.sin(2 * np.pi * SYLLABLES_HZ * at)) ** 2
    return bytes((LOUD * voice * loud).astype("<i2").tobytes())


def _entry(graph: LiveGraph) -> State:
    frames = np.full((graph.overlap_frames, graph.height, graph.width, 3), 120, np.uint8)
    return State(
        motion_frames=frames,
        colour_reference=colour_statistics(frames),
        frame_index=0,
        workflow_sha256="",
        index=ENTRY_INDEX,
    )
