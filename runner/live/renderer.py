"""Renderer: what the live loop asks of what renders its windows, and what it gets back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from custom_nodes.hls_segment.request import WindowRequest
from hls.access_unit import Clip


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
    def node_ms(self) -> Mapping[str, int]:
        """How long each node took, by its id in the saved graph; none where nobody tells."""

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
    def loudness_lufs(self) -> float:
        """How loud it hears the speech; 0: as it is."""

    @property
    def speakers(self) -> int:
        """How many voices it takes, in turn: 1 or 2."""

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

    async def render(
        self, request: WindowRequest, *, prompt_id: str, pcm_s16le: bytes, pcm_2_s16le: bytes = b""
    ) -> Rendered:
        """Render one window of this sound (16 kHz mono), after those asked for before it. Raises: EngineError.

        `pcm_2_s16le`: the second speaker's, as long; none where the request names no `audio_2`.

        Cancelling the coroutine cancels the prompt by its id.
        """
