"""What both of the pack's nodes do at a graph's end: encode, and look for the interrupt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from comfy_api.latest import io
from numpy.typing import NDArray

from ..guard import interruptible

WINDOW_TYPE = io.Custom("ONAIR_WINDOW")


def encode(
    frames: Iterator[NDArray[np.uint8]],
    path: Path,
    *,
    width: int,
    height: int,
    fps: int,
    idr_every_frames: int,
    in_prompt: bool = True,
) -> dict[str, str | int]:
    """Write uint8 RGB frames (H, W, 3) as a clip of the stream's recipe; return {frames, codec, profile, SHA-256s}.

    Raises: the errors of `hls.encode`, and, `in_prompt`, ComfyUI's interrupt when the prompt was cancelled: after it,
    an interrupt is meant for another.
    """
    import dataclasses

    from ....hls.encode import encode_clip

    watched = interruptible(frames, look()) if in_prompt else frames
    clip = encode_clip(watched, path, width=width, height=height, fps=fps, idr_every_frames=idr_every_frames)
    return dataclasses.asdict(clip)


def look() -> Callable[[], None]:
    """Return ComfyUI's function that raises when the prompt was cancelled."""
    from comfy.model_management import throw_exception_if_processing_interrupted

    found: Callable[[], None] = throw_exception_if_processing_interrupted
    return found
