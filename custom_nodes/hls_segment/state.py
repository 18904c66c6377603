"""State: what the next window needs and nothing else, as one bit-exact safetensors file. The owner of safetensors."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from .errors import DiskFull, StateForeign, StateMissing
from .request import WindowRequest

RENDER_AGAIN = "render the idle loop and the window before again"
ENTRY_INDEX = -1  # an idle loop's entry state: the window before the first


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`motion_frames` (n, H, W, 3): float16 in 0..1, or uint8 where they come from an 8-bit clip.

    `colour_reference` (2, 3) float32: mean and deviation of the reference picture. `frame_index`: the loop frame that
    comes next. `index`: the window that wrote it, -1 for an entry state.
    """

    motion_frames: NDArray[np.float16] | NDArray[np.uint8]
    colour_reference: NDArray[np.float32]
    frame_index: int
    workflow_sha256: str
    index: int

    def motion(self, count: int) -> NDArray[np.float32]:
        """Return the last `count` frames as float32 in 0..1; 8-bit ones rounded to fp16 like all others."""
        last = self.motion_frames[len(self.motion_frames) - count :]
        if last.dtype == np.uint8:
            last = (last.astype(np.float32) / np.float32(255.0)).astype(np.float16)
        frames: NDArray[np.float32] = last.astype(np.float32)
        return frames


def write_state(path: Path, state: State) -> None:
    """Write whole or not at all (temp + rename). Raises: DiskFull."""
    height, width = state.motion_frames.shape[1:3]
    metadata = {
        "workflow_sha256": state.workflow_sha256,
        "width": str(width),
        "height": str(height),
        "index": str(state.index),
    }
    tensors = {
        "motion_frames": np.ascontiguousarray(state.motion_frames),
        "colour_reference": np.ascontiguousarray(state.colour_reference),
        "frame_index": np.array([state.frame_index], dtype=np.int64),
    }
    # Text, not Path: pathlib interns every new name (and Python 3.12 keeps it for ever).
    temporary = os.path.join(path.parent, f".{path.name}.{os.getpid()}.tmp")
    try:
        save_file(tensors, temporary, metadata=metadata)
        os.replace(temporary, path)
    except (OSError, SafetensorError) as exc:
        raise DiskFull.of(path, exc) from exc
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def read_state(path: Path) -> State:
    """Read a state file. Raises: StateMissing (retryable: the window before may still write it), StateForeign."""
    if not path.is_file():
        raise StateMissing(
            f"the state {path.name} is not there; render the window before first, it failed or has not finished"
        )
    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            state = State(
                motion_frames=file.get_tensor("motion_frames"),
                colour_reference=file.get_tensor("colour_reference"),
                frame_index=int(file.get_tensor("frame_index")[0]),
                workflow_sha256=metadata["workflow_sha256"],
                index=int(metadata["index"]),
            )
    except (OSError, SafetensorError, KeyError, ValueError, IndexError) as exc:
        raise StateForeign(f"{path.name} is no state of this pack ({exc}); render the window before again") from exc
    if state.motion_frames.ndim != 4 or state.motion_frames.dtype not in (np.float16, np.uint8):
        raise StateForeign(
            f"{path.name} holds motion frames of {state.motion_frames.shape}, not (n, H, W, 3); {RENDER_AGAIN}"
        )
    return state


def check_size(state: State, request: WindowRequest) -> None:
    """Refuse a state of pictures in another size. Raises: StateForeign."""
    height, width = state.motion_frames.shape[1:3]
    if (width, height) != (request.width, request.height):
        raise StateForeign(
            f"the state is {width}x{height}, the window {request.width}x{request.height}; {RENDER_AGAIN} in this size"
        )


def check_state(state: State, request: WindowRequest) -> None:
    """Refuse a state that is not of the window before. Raises: StateForeign.

    An entry state (index -1) fits every window of every workflow of its size: talk may come back from idle at any
    index, and its frames are the idle loop's, not the talk graph's.
    """
    frames = len(state.motion_frames)
    check_size(state, request)
    if frames < request.overlap_frames:
        raise StateForeign(
            f"the state holds {frames} motion frames, the window needs {request.overlap_frames}; "
            f"{RENDER_AGAIN} with this overlap"
        )
    if state.index == ENTRY_INDEX:
        return
    if state.index != request.index - 1:
        raise StateForeign(
            f"the state is of window {state.index}; give window {request.index} that of window {request.index - 1}"
        )
    if state.workflow_sha256 != request.workflow_sha256:
        raise StateForeign(f"the state was written by another workflow; {RENDER_AGAIN} with this one")
