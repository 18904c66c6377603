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
from ...portrait.beside import landmarks_name


def stamp(folders: OnairFolders, name: str) -> str:
    """Return what changes when the file does: name, size and time."""
    try:
        told = folders.read(name).stat()
    except OSError:
        return f"{name}:missing"
    return f"{name}:{told.st_size}:{told.st_mtime_ns}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`pixels`: uint8 RGB in the stream's size; `landmarks`: their JSON in its pixels, "" where nobody told."""

    pixels: NDArray[np.uint8]
    landmarks: str = ""


@functools.lru_cache(maxsize=4)
def _from_file(path: Path, beside: Path, changed: tuple[str, str], width: int, height: int) -> Reference:
    from ...portrait.landmarks_json import to_json
    from ...portrait.placed import read_placed

    pixels, landmarks = read_placed(path, beside, width=width, height=height)
    return Reference(pixels=pixels, landmarks=to_json(landmarks) if landmarks is not None else "")


@functools.lru_cache(maxsize=2)
def _presenter(width: int, height: int) -> Reference:
    from ...portrait.drawn import DEFAULT, draw, landmarks
    from ...portrait.landmarks_json import to_json

    return Reference(pixels=draw(DEFAULT, width, height), landmarks=to_json(landmarks(DEFAULT, width, height)))


def reference(folders: OnairFolders, request: WindowRequest, image_path: str, image: Any) -> Reference:
    """Return the picture in the stream's size: the request's, the named, the linked or a drawn one."""
    return picture_of(folders, request.image or image_path, image, request.width, request.height)


def picture_of(folders: OnairFolders, name: str, image: Any, width: int, height: int) -> Reference:
    """Return a picture in this size: the named, the linked or a drawn one."""
    if name:
        beside = landmarks_name(name)
        changed = (stamp(folders, name), stamp(folders, beside))
        return _from_file(folders.read(name), folders.read(beside), changed, width, height)
    if image is None:
        return _presenter(width, height)
    from ...portrait.picture import cover

    return Reference(pixels=cover(to_bytes(image[0].detach().cpu().numpy()), width, height))


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
