"""IdleLoop: the pre-encoded loop that a saved workflow rendered, and the frames where talk may begin and end."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from custom_nodes.hls_segment.idle_loop import LONG_GOP_CLIP, LOOP_CLIP
from hls.access_unit import AccessUnit, Clip, read_clip
from hls.ticks import PART_FRAMES, SEGMENT_FRAMES
from runner.errors import WorkflowRefused

StateName = Callable[[int], str]
"""Loop frame -> the name below `onair/` of the state that a window starting there takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleLoop:
    """The loop's coded frames. `entry_points` are loop frames, multiples of 8, ascending, frame 0 among them.

    `long_gop_units`: the same frames with an IDR every 24; empty where an engine rendered none.
    """

    units: tuple[AccessUnit, ...]
    frames: int
    fps: int
    entry_points: tuple[int, ...]
    width: int
    height: int
    sps: bytes
    pps: bytes
    state_name: StateName
    long_gop_units: tuple[AccessUnit, ...] = ()

    def __post_init__(self) -> None:
        """Check once what the channel relies on. Raises: WorkflowRefused `idle.loop`."""
        if self.frames != len(self.units) or self.frames % PART_FRAMES or not self.frames:
            raise WorkflowRefused(
                f"the idle loop has {len(self.units)} coded frames, {self.frames} said; "
                "render it again, in a multiple of 8",
                code="idle.loop",
            )
        if not all(self.units[frame].is_idr for frame in range(0, self.frames, PART_FRAMES)):
            raise WorkflowRefused("the idle loop lacks an IDR at every eighth frame; render it again", code="idle.loop")
        long_gops = self.long_gop_units
        is_whole = len(long_gops) == self.frames and self.frames % SEGMENT_FRAMES == 0
        if long_gops and not (is_whole and all(unit.is_idr for unit in long_gops[::SEGMENT_FRAMES])):
            raise WorkflowRefused(
                f"the loop's {LONG_GOP_CLIP} is not its {LOOP_CLIP}; render it again", code="idle.loop"
            )
        points = self.entry_points
        if not points or any(p % PART_FRAMES or not 0 <= p < self.frames for p in points):
            raise WorkflowRefused(
                f"the idle loop's entry points {points} are not multiples of 8; render it again", code="idle.loop"
            )

    def part(self, frame: int, count: int = PART_FRAMES) -> tuple[AccessUnit, ...]:
        """Return `count` coded frames from loop frame `frame` (a multiple of 8), going round at the seam."""
        return tuple(self.units[(frame + i) % self.frames] for i in range(count))

    def long_gop_part(self, frame: int) -> tuple[AccessUnit, ...]:
        """Return as `part` does, of the long GOPs: only after what comes before it, or at a multiple of 24."""
        return self.long_gop_units[frame : frame + PART_FRAMES]

    def is_entry(self, frame: int) -> bool:
        """Return whether talk may begin or end before this loop frame."""
        return frame % self.frames in self.entry_points

    def frames_to_entry(self, frame: int) -> int:
        """Return how many frames after `frame` the next entry point lies (0: it is one)."""
        return min((point - frame) % self.frames for point in self.entry_points)

    @property
    def entered_everywhere(self) -> bool:
        """Whether every part's beginning is an entry point."""
        return len(self.entry_points) == self.frames // PART_FRAMES

    @property
    def neutral_frame(self) -> int:
        """The loop frame where passages begin and end that any engine may render."""
        return self.entry_points[0]

    def nearest_entry(self, frame: int) -> int:
        """Return the first entry point at or after `frame`."""
        return (frame + self.frames_to_entry(frame)) % self.frames


def load_idle_loop(folder: Path, *, data: Path) -> IdleLoop:
    """Read the clips and `loop.json` of an `idle/<hash>` folder; names are given relative to `data`.

    Raises: WorkflowRefused `idle.loop`, hls MediaUnreadable.
    """
    try:
        told: dict[str, int | Sequence[int]] = json.loads((folder / "loop.json").read_text(encoding="utf-8"))
        points, fps = told["entry_points"], told["fps"]
        clip = read_clip(folder / LOOP_CLIP)
        long_gops = _long_gops(folder / LONG_GOP_CLIP, clip)
    except (OSError, ValueError, KeyError) as exc:
        raise WorkflowRefused(
            f"the idle loop in {folder.name} cannot be read; remove that folder, it is made anew: {exc}",
            code="idle.loop",
        ) from exc
    if not isinstance(points, list) or not isinstance(fps, int):
        raise WorkflowRefused(f"{folder.name}/loop.json lacks entry_points or fps; render it again", code="idle.loop")
    prefix = folder.relative_to(data).as_posix()
    return IdleLoop(
        units=clip.units,
        frames=len(clip.units),
        fps=fps,
        entry_points=tuple(sorted(int(point) for point in points)),
        width=clip.width,
        height=clip.height,
        sps=clip.sps,
        pps=clip.pps,
        state_name=lambda frame: f"{prefix}/entry_{frame}.safetensors",
        long_gop_units=long_gops,
    )


def _long_gops(path: Path, clip: Clip) -> tuple[AccessUnit, ...]:
    """The units of the loop's second coding; none where it is missing, or the stream's one init segment is not its."""
    if not path.is_file():
        return ()
    long_gops = read_clip(path)
    return long_gops.units if (long_gops.sps, long_gops.pps) == (clip.sps, clip.pps) else ()
