"""What one prompt of a turn is: its request, its names, its clip as coded frames."""

from __future__ import annotations

import functools
import sys
import uuid
import wave
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Protocol

from custom_nodes.hls_segment.request import RequestEvent, WindowRequest
from custom_nodes.rolling_wav.rolling_wav import AudioWindow
from custom_nodes.tts.speech import SpeechEvent
from hls.access_unit import AccessUnit, Clip
from hls.errors import MediaParameters
from hls.ticks import FRAME_TICKS
from hls.whole_file import write_whole
from runner.live.idle import IdleLoop

MODEL_HZ = 16_000
TICKS_PER_MODEL_SAMPLE = 3
KEPT_NAMES = 256
"""Windows whose names stay in memory: seven minutes of one turn."""
_PROMPT_NAMESPACE = uuid.UUID("6f6e6169-722e-5057-8000-70726f6d7074")


class Rendered(Protocol):
    """What a renderer gives back: `clip` on disk, the same read as `media`, and the engine's time."""

    @property
    def clip(self) -> Path:
        """The clip's file."""

    @property
    def media(self) -> Clip:
        """The clip in memory."""

    @property
    def render_ns(self) -> int:
        """Nanoseconds from the prompt's start to its end."""

    @property
    def colour_drift(self) -> float | None:
        """How far the window's mean colour is from the reference's, in OKLab; None where nothing was measured."""


class GraphShape(Protocol):
    """The figures of the graph on air that the live loop needs."""

    @property
    def workflow_sha256(self) -> str:
        """Which graph made a state."""

    @property
    def any_length(self) -> bool:
        """Whether windows of any length may be asked for."""

    @property
    def window_frames(self) -> int:
        """Frames of a window, overlap included."""

    @property
    def overlap_frames(self) -> int:
        """Frames shared with the window before."""

    @property
    def context_frames(self) -> int:
        """Frames of past sound that a window hears."""

    @property
    def width(self) -> int:
        """Pixels."""

    @property
    def height(self) -> int:
        """Pixels."""


class Renderer(Protocol):
    """`runner.engine.window_renderer.WindowRenderer`, or the idle frames of FAKE_RUN."""

    @property
    def graph(self) -> GraphShape:
        """The graph on air."""

    async def render(self, request: WindowRequest, *, prompt_id: str) -> Rendered:
        """Render one window. Raises: EngineError. Cancelling the coroutine cancels the prompt by its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnNames:
    """Where a turn's files lie, below `$ONAIR_DATA`."""

    channel: str
    turn: str

    @property
    def folder(self) -> str:
        """The turn's folder."""
        return f"turns/{self.channel}/{self.turn}"

    def wav(self, index: int) -> str:
        """The window's sound."""
        return f"{self.folder}/{_file_names(index)[0]}"

    def clip(self, index: int) -> str:
        """The window's clip."""
        return f"{self.folder}/{_file_names(index)[1]}"

    def state(self, index: int) -> str:
        """The state that the window leaves."""
        return f"{self.folder}/{_file_names(index)[2]}"

    def prompt_id(self, index: int, attempt: int) -> str:
        """A new id for every attempt, the same in every process (CONTRACTS section 1)."""
        return str(uuid.uuid5(_PROMPT_NAMESPACE, f"{self.channel}/{self.turn}/{index}/{attempt}"))


@functools.lru_cache(maxsize=KEPT_NAMES)
def _file_names(index: int) -> tuple[str, ...]:
    """Return the names of a window's sound, clip, state, request and sidecar, the same text objects for every turn.

    pathlib interns every part of a path. Names that come and go with each turn grow the interpreter's table of such
    strings by megabytes (and are never freed by Python 3.12); names that stay are entered once.
    """
    stem = f"window_{index:05d}"
    names = (f"{stem}.wav", f"{stem}.mp4", f"state_{index:05d}.safetensors", f"{stem}.request.json", f"{stem}.json")
    return tuple(map(sys.intern, names))


def build_request(
    window: AudioWindow,
    *,
    names: TurnNames,
    graph: GraphShape,
    idle: IdleLoop,
    events: list[SpeechEvent],
    attempt: int,
    seed: int,
    image: str,
    state_in: str,
    closing_frames: int = 0,
    closing_state: str = "",
) -> WindowRequest:
    """Return the request of one window; `events` count 48 kHz samples of the turn.

    `seed` is the graph's: OnAir Window makes the window's own from it, live as in the editor.
    """
    first_sample = (window.start_frame - window.overlap_frames) * FRAME_TICKS
    told = tuple(
        RequestEvent(kind=e.kind, name=e.name, start_samples=(e.start_samples - first_sample) // TICKS_PER_MODEL_SAMPLE)
        for e in events
    )
    return WindowRequest(
        workflow_sha256=graph.workflow_sha256,
        channel=names.channel,
        turn=names.turn,
        index=window.index,
        attempt=attempt,
        start_frame=window.start_frame,
        new_frames=window.new_frames,
        overlap_frames=window.overlap_frames,
        context_samples=window.context_samples,
        fps=idle.fps,
        width=graph.width,
        height=graph.height,
        seed=seed,
        loop_frames=idle.frames,
        audio=names.wav(window.index),
        image=image,
        state_in=state_in,
        clip_out=names.clip(window.index),
        state_out=names.state(window.index),
        events=told,
        closing_frames=closing_frames,
        closing_state=closing_state,
    )


def write_wav(target: Path, pcm_s16le: bytes) -> None:
    """Write 16 kHz mono PCM as a WAV, whole or not at all. Raises: OSError."""
    content = BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(MODEL_HZ)
        file.writeframes(pcm_s16le)
    write_whole(target, content.getvalue())


def fit_units(media: Clip, *, name: str, idle: IdleLoop, new_frames: int) -> tuple[AccessUnit, ...]:
    """Return a window's coded frames when they fit the stream of `idle`.

    Raises: MediaParameters when size, rate, SPS, PPS or the number of frames differ.
    """
    if (media.width, media.height, media.fps) != (idle.width, idle.height, idle.fps):
        raise MediaParameters(
            f"{name} is {media.width}x{media.height} at {media.fps} fps, "
            f"the stream {idle.width}x{idle.height} at {idle.fps}"
        )
    if media.sps != idle.sps or media.pps != idle.pps:
        raise MediaParameters(f"{name} was encoded with other parameters than the idle loop (SPS or PPS differ)")
    if len(media.units) != new_frames or not media.units[0].is_idr:
        raise MediaParameters(f"{name} holds {len(media.units)} frames, {new_frames} were asked for")
    return media.units
