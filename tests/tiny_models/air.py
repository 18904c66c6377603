"""A graph with tiny weights on an engine: turns of synthetic speech, rendered as the live loop does."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from custom_nodes.hls_segment.pixels import colour_statistics
from custom_nodes.hls_segment.request import WindowRequest
from custom_nodes.hls_segment.state import ENTRY_INDEX, State, write_state
from custom_nodes.rolling_wav.rolling_wav import AudioWindow, RollingWav
from custom_nodes.rolling_wav.sound import to_wav
from runner.engine.binding import LiveGraph, bind
from runner.engine.window_renderer import RenderedWindow, WindowRenderer
from runner.engine.workflow import Workflow, load_workflow
from runner.ports import Engine, PromptJob, PromptProgress, PromptResult
from tests.comfy_server import REPOSITORY
from tests.tiny_models import wrapper
from tests.tiny_models.files import OVERLAP_FRAMES, SETTINGS, SIDE, SIZES, WINDOW_FRAMES

STEP_FRAMES = WINDOW_FRAMES - OVERLAP_FRAMES
LOOP_FRAMES = 48
TWO_SENTENCES_S = 2.6
SILENCE_NS = 120_000_000_000  # a busy machine loads models for long


def shipped(name: str, info: dict[str, Any], *, more: Sequence[str] = ()) -> LiveGraph:
    """Bind a shipped workflow, changed only by `--set` of file names, sizes and steps."""
    workflow = load_workflow(REPOSITORY / "workflows" / name, info)
    sets = [*wrapper.SETTINGS, *wrapper.WINDOW] if "wanvideowrapper" in name else [*SETTINGS, *SIZES]
    return bind(workflow, info, settings=[*sets, *more])


def rewired(name: str, info: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> LiveGraph:
    """Bind a shipped workflow after `change` was made to its API form."""
    workflow = load_workflow(REPOSITORY / "workflows" / name, info)
    change(workflow.graph)
    return bind(Workflow(name=name, graph=workflow.graph), info, settings=[*SETTINGS, *SIZES])


def speech(seconds: float = TWO_SENTENCES_S, *, pitch_hz: float = 130.0) -> bytes:
    """Return 16 kHz s16le: syllables of a buzzing voice, and a pause in the middle."""
    at = np.arange(int(seconds * 16_000)) / 16_000
    voice = sum(np.sin(2 * np.pi * pitch_hz * harmonic * at) / harmonic for harmonic in range(1, 6))
    loud = np.maximum(0.0, np.sin(2 * np.pi * 3.3 * at)) ** 2 * (np.abs(at - seconds / 2) > 0.2)
    return bytes((6_000 * voice * loud).astype("<i2").tobytes())


def windows_of(pcm_s16le: bytes, *, context_frames: int = 25) -> list[AudioWindow]:
    """Cut a turn's sound for the tiny graph."""
    rolling = RollingWav(
        window_frames=WINDOW_FRAMES, overlap_frames=OVERLAP_FRAMES, context_frames=context_frames, any_length=False
    )
    return rolling.feed(pcm_s16le) + rolling.finish()


class Watched:
    """An engine that keeps what its prompts ran, and can do something when one begins to render."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.results: list[PromptResult] = []
        self.graphs: list[Any] = []
        self.at_progress: Callable[[PromptProgress], None] = lambda _: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def run(self, job: PromptJob, on_progress: Callable[[PromptProgress], None] | None = None) -> PromptResult:
        result = await self._engine.run(job, self._tell)
        self.results.append(result)
        self.graphs.append(job.graph)
        return result

    def leftovers(self, request: WindowRequest, request_path: str) -> tuple[str, ...]:
        """Return none: the server's folder is the one that these tests read, though it is talked to by its address."""
        return ()

    def _tell(self, told: PromptProgress) -> None:
        self.at_progress(told)

    def classes(self, index: int) -> list[str]:
        """Return the classes of the nodes that prompt `index` executed, sorted."""
        graph = self.graphs[index]
        return sorted(graph[node]["class_type"] for node in self.results[index].executed_nodes)


class Turn:
    """One turn: its requests, its entry state, and rendering by index. A second turn of equal sound is bit-equal."""

    def __init__(self, graph: LiveGraph, data: Path, pcm_s16le: bytes, *, image: str = "", seed: int = 7) -> None:
        self.graph, self.data, self.image, self.seed = graph, data, image, seed
        self.folder = f"turns/tiny/{uuid.uuid4().hex}"
        self.windows = windows_of(pcm_s16le)
        (data / self.folder).mkdir(parents=True)
        frames = np.full((OVERLAP_FRAMES, SIDE, SIDE, 3), 120, np.uint8)
        frames[:, 16:48, 16:48] = (200, 150, 120)
        entry = State(
            motion_frames=frames,
            colour_reference=colour_statistics(frames),
            frame_index=8,
            workflow_sha256="",
            index=ENTRY_INDEX,
        )
        write_state(data / self.folder / "entry_8.safetensors", entry)
        for window in self.windows:
            (data / self.folder / f"window_{window.index:05d}.wav").write_bytes(to_wav(window.pcm_s16le))

    def state(self, index: int) -> str:
        """Return the name of the state that window `index` writes; -1 is the entry state."""
        return f"{self.folder}/" + (f"state_{index:05d}.safetensors" if index >= 0 else "entry_8.safetensors")

    def request(self, index: int, **changes: Any) -> WindowRequest:
        """Return the request of window `index`, with some fields changed."""
        window, name = self.windows[index], f"{self.folder}/window_{index:05d}"
        told: dict[str, Any] = {
            "workflow_sha256": self.graph.workflow_sha256,
            "channel": "tiny",
            "turn": self.folder.rpartition("/")[2],
            "index": index,
            "attempt": 0,
            "start_frame": window.start_frame,
            "new_frames": window.new_frames,
            "overlap_frames": window.overlap_frames,
            "context_samples": window.context_samples,
            "fps": 25,
            "width": SIDE,
            "height": SIDE,
            "seed": self.seed,
            "loop_frames": LOOP_FRAMES,
            "audio": f"{name}.wav",
            "image": self.image,
            "state_in": self.state(index - 1),
            "clip_out": f"{name}.mp4",
            "state_out": self.state(index),
        }
        return WindowRequest(**{**told, **changes})

    async def render(self, engine: Engine, index: int, **changes: Any) -> RenderedWindow:
        """Render one window as the live loop does."""
        renderer = WindowRenderer(engine, self.graph, self.data, silence_timeout_ns=SILENCE_NS)
        return await renderer.render(self.request(index, **changes), prompt_id=str(uuid.uuid4()))

    def made(self, index: int) -> tuple[bytes, bytes]:
        """Return the window's clip and state as they lie on disk, the state without its metadata."""
        from custom_nodes.hls_segment.state import read_state

        clip = (self.data / f"{self.folder}/window_{index:05d}.mp4").read_bytes()
        return clip, read_state(self.data / self.state(index)).motion_frames.tobytes()
