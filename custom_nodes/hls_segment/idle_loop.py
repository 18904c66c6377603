"""The idle loop on disk: two codings, entry states at every multiple of 8, loop.json last; and a clip made seamless."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import DiskFull, FrameCount
from .pixels import colour_statistics
from .sidecar import write_json
from .state import ENTRY_INDEX, State, write_state

Frame = NDArray[np.uint8]
LOOP_MULTIPLE = 24  # whole segments (CONTRACTS section 3)
ENTRY_EVERY_FRAMES = 8  # idle can be entered and left at every part
LOOP_CLIP = "loop.mp4"  # an IDR every 8
# The same frames with an IDR every 24: two thirds of the bytes, a third of the key frames.
LONG_GOP_CLIP = "loop_24.mp4"
NEUTRAL_FRAMES = 48  # a cycle of two seconds: the longest that talk waits for its neutral frame
BLEND_FRAMES = 12  # half a second dissolves a seam and is still short in a loop of one second


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopShape:
    """What a loop is made for: frames (a multiple of 24), size, rate, the overlap of the windows that start from it.

    `entry_points`: multiples of 8; none given are all.
    """

    frames: int
    fps: int
    width: int
    height: int
    overlap_frames: int
    workflow_sha256: str
    entry_points: tuple[int, ...] = ()

    @property
    def entries(self) -> tuple[int, ...]:
        """Where talk may begin and end: what was given, else every eighth frame."""
        return self.entry_points or tuple(range(0, self.frames, ENTRY_EVERY_FRAMES))

    def told(self) -> dict[str, Any]:
        """Return what loop.json says (CONTRACTS section 2)."""
        return {
            "frames": self.frames,
            "width": self.width,
            "height": self.height,
            "fps": self.fps,
            "entry_points": list(self.entries),
        }


def check_loop_frames(frames: int) -> None:
    """Refuse what is no multiple of 24. Raises: FrameCount."""
    if frames < LOOP_MULTIPLE or frames % LOOP_MULTIPLE:
        nearest = max(1, round(frames / LOOP_MULTIPLE)) * LOOP_MULTIPLE
        raise FrameCount(
            f"an idle loop is whole segments of {LOOP_MULTIPLE} frames, not {frames}; set frames to {nearest}"
        )


def seamless_length(clip_frames: int, wanted_frames: int) -> int:
    """Return how long a loop a clip of `clip_frames` gives: a multiple of 24, one frame at least left to blend."""
    frames = min(wanted_frames, (clip_frames - 1) // LOOP_MULTIPLE * LOOP_MULTIPLE)
    if frames < LOOP_MULTIPLE:
        raise FrameCount(f"a clip of {clip_frames} frames is too short for a loop; give {LOOP_MULTIPLE + 1} at least")
    return frames


def seamless(clip: Callable[[int], Frame], clip_frames: int, loop_frames: int) -> Iterator[Frame]:
    """Yield a loop whose last frame runs into its first: the clip's continuation dissolves into its beginning.

    clip: frame i of the clip, uint8 (H, W, 3). Frame `loop_frames` of the clip follows the one before it naturally, so
    up to 12 frames of the continuation fade to the clip's own beginning. The loop begins behind them: its frame 0 is
    one that was rendered, as near to the clip's first as there is, and neutral where the clip began on the picture.
    """
    blend = min(BLEND_FRAMES, clip_frames - loop_frames)
    for index in range(blend, loop_frames):
        yield clip(index)
    for index in range(blend):
        share = np.float32((index + 1) / (blend + 1))
        mixed = clip(loop_frames + index).astype(np.float32) * (1 - share) + clip(index).astype(np.float32) * share
        yield np.rint(mixed).astype(np.uint8)


def neutral_points(loop_frames: int) -> tuple[int, ...]:
    """Return where talk may begin and end in a clip's loop: its neutral frame 0, where the loop is short enough.

    A window of a generative graph can begin anywhere, but its end only runs into the frame that the model comes back
    to. In a loop of more than two seconds nobody would wait for it: there all points are taken, and the tail is
    dissolved into whatever is seen.
    """
    return (0,) if loop_frames <= NEUTRAL_FRAMES else ()


def write_loop(
    folder: Path,
    frames: Callable[[], Iterable[Frame]],
    shape: LoopShape,
    *,
    reference: Frame,
    encode: Callable[[Iterator[Frame], Path, int], Any],
) -> dict[str, Any]:
    """Write the folder of a loop and return what loop.json says. A few frames are in memory at a time.

    frames: called for each of the two codings, so both need equal frames. encode: writes frames to a path whole or not
    at all, with an IDR every so many. loop.json comes last and is taken away first: its presence means a whole loop.
    Raises: FrameCount (too few frames), DiskFull.
    """
    check_loop_frames(shape.frames)
    colour = colour_statistics([reference])

    def entry(frame: int, motion: list[Frame]) -> None:
        state = State(
            motion_frames=np.stack(motion),
            colour_reference=colour,
            frame_index=frame,
            workflow_sha256=shape.workflow_sha256,
            index=ENTRY_INDEX,
        )
        write_state(folder / f"entry_{frame}.safetensors", state)

    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "loop.json").unlink(missing_ok=True)
    except OSError as exc:
        raise DiskFull.of(folder / "loop.json", exc) from exc
    encode(_entering(frames(), shape, entry), folder / LOOP_CLIP, ENTRY_EVERY_FRAMES)
    encode(itertools.islice(frames(), shape.frames), folder / LONG_GOP_CLIP, LOOP_MULTIPLE)
    told = shape.told()
    write_json(folder / "loop.json", told)
    return told


def _entering(frames: Iterable[Frame], shape: LoopShape, entry: Callable[[int, list[Frame]], None]) -> Iterator[Frame]:
    """Pass the frames on; call `entry(f, the frames before f)` for every entry point f, around the seam too."""
    overlap = max(1, shape.overlap_frames)
    tail: deque[Frame] = deque(maxlen=overlap)
    head: list[Frame] = []  # the frames before the first entry points that reach back over the seam
    index = 0
    for index, frame in enumerate(itertools.islice(frames, shape.frames), start=1):
        tail.append(frame)
        if index <= overlap:
            head.append(frame)
        if index in shape.entries and overlap <= index < shape.frames:
            entry(index, list(tail))
        yield frame
    if index != shape.frames:
        raise FrameCount(f"the idle loop has {index} frames, not {shape.frames}; let the graph return as many")
    for point in [point for point in shape.entries if point < overlap]:
        entry(point, [*tail, *head[:point]][-overlap:])
