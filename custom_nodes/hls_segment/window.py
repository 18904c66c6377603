"""Window: the hand-off ONAIR_WINDOW between the Window node, the graph and the Segment node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .request import RequestEvent, WindowRequest
from .seed import window_seed

RATE_HZ = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """All of the request, and what the state told.

    `live`: a request file was given; without one (in the editor) the request is made up from the node's inputs and its
    names are not used. `frame_index`: the loop frame of the first new frame. `started_ns`: monotonic, when the Window
    node began. `colour_reference`: float32 (2, 3). `pcm_s16le`: the sound under the new frames, 16 kHz mono, for the
    editor's preview; empty live and where there is no sound. `landmarks`: where the picture's face is, as the portrait
    pack's JSON in the stream's pixels; empty where nobody told. `notes`: what nodes between Window and Segment
    measured, by their name, for the sidecar; the one thing that is filled in on the way.
    """

    request: WindowRequest
    live: bool
    frame_index: int
    colour_reference: NDArray[np.float32]
    started_ns: int
    pcm_s16le: bytes = b""
    landmarks: str = ""
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """How many images the graph returns: overlap and new ones."""
        return self.request.overlap_frames + self.request.new_frames

    @property
    def context_frames(self) -> int:
        """Where in the sound the window starts, in frames."""
        return self.request.context_samples * self.request.fps // RATE_HZ

    @property
    def seed(self) -> int:
        """This window's own seed."""
        return window_seed(self.request.seed, self.request.index)

    @property
    def start_frame_in_loop(self) -> int:
        """The idle loop's frame that the first image of the window (overlap included) stands for."""
        first = self.frame_index - self.request.overlap_frames
        return first % self.request.loop_frames if self.request.loop_frames else first

    @property
    def next_frame_index(self) -> int:
        """The loop frame that follows the window: the state's `frame_index`."""
        following = self.frame_index + self.request.new_frames
        return following % self.request.loop_frames if self.request.loop_frames else following


class CutSound(Protocol):
    """What a made-up request needs of a cut window: `AudioWindow` of the rolling_wav pack fits."""

    @property
    def start_frame(self) -> int:
        """The first new frame on the turn's timeline."""

    @property
    def new_frames(self) -> int:
        """How many frames are new."""

    @property
    def overlap_frames(self) -> int:
        """How many repeat the window before."""

    @property
    def context_samples(self) -> int:
        """Samples of past before the window, 16 kHz."""


def editor_request(
    heard: CutSound, *, index: int, fps: int, width: int, height: int, seed: int, events: Iterable[dict[str, Any]]
) -> WindowRequest:
    """Make up the request of a window that is tried in the editor: no files, a loop without end."""
    return WindowRequest(
        workflow_sha256="",
        channel="editor",
        turn="editor",
        index=index,
        attempt=0,
        start_frame=heard.start_frame,
        new_frames=heard.new_frames,
        overlap_frames=heard.overlap_frames,
        context_samples=heard.context_samples,
        fps=fps,
        width=width,
        height=height,
        seed=seed,
        loop_frames=0,
        audio="",
        image="",
        state_in="",
        clip_out="",
        state_out="",
        events=tuple(RequestEvent(**event) for event in events),
    )
