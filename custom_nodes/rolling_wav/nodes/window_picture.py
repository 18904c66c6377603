"""What the window begins from: the reference picture, and the motion frames of the window before."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...hls_segment.paths import OnairFolders
from ...hls_segment.pixels import colour_statistics, to_bytes, to_floats
from ...hls_segment.request import WindowRequest
from ...hls_segment.state import check_state, read_state


def stamp(folders: OnairFolders, name: str) -> str:
    """Return what changes when the file does: name, size and time."""
    try:
        told = folders.read(name).stat()
    except OSError:
        return f"{name}:missing"
    return f"{name}:{told.st_size}:{told.st_mtime_ns}"


@functools.lru_cache(maxsize=4)
def _file_picture(path: Path, changed: str, width: int, height: int) -> NDArray[np.uint8]:
    from ...portrait.picture import load_picture

    return load_picture(path, width=width, height=height)


@functools.lru_cache(maxsize=2)
def _presenter(width: int, height: int) -> NDArray[np.uint8]:
    from ...portrait.drawn import DEFAULT, draw

    return draw(DEFAULT, width, height)


def reference(folders: OnairFolders, request: WindowRequest, image_path: str, image: Any) -> NDArray[np.uint8]:
    """Return the reference as uint8 RGB in the stream's size: the request's, the named, the linked or a drawn one."""
    return picture_of(folders, request.image or image_path, image, request.width, request.height)


def picture_of(folders: OnairFolders, name: str, image: Any, width: int, height: int) -> NDArray[np.uint8]:
    """Return a picture as uint8 RGB in this size: the named, the linked or a drawn one."""
    if name:
        return _file_picture(folders.read(name), stamp(folders, name), width, height)
    if image is None:
        return _presenter(width, height)
    from ...portrait.picture import cover

    return cover(to_bytes(image[0].detach().cpu().numpy()), width, height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """`motion` (overlap, H, W, 3) float32 in 0..1; `colour_reference` (2, 3); `frame_index` in the idle loop."""

    motion: NDArray[np.float32]
    colour_reference: NDArray[np.float32]
    frame_index: int


def beginning(folders: OnairFolders, request: WindowRequest, picture: NDArray[np.uint8]) -> Beginning:
    """Return what the state says. Raises: StateMissing, StateForeign.

    Without the name of a state (in the editor, and for the idle loop) the window begins on the picture. A state that is
    named and missing is an error, never a fresh start.
    """
    if request.state_in:
        state = read_state(folders.read(request.state_in))
        check_state(state, request)
        return Beginning(
            motion=state.motion(request.overlap_frames),
            colour_reference=state.colour_reference,
            frame_index=state.frame_index,
        )
    repeated = [picture] * request.overlap_frames
    return Beginning(
        motion=to_floats(repeated, len(repeated), request.height, request.width),
        colour_reference=colour_statistics([picture]),
        frame_index=request.start_frame,
    )
