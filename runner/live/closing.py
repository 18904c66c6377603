"""Where a talk span ends: on an entry point after the speech, or at a pause before a window that comes late. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hls.ticks import FRAME_TICKS, PART_FRAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyClose:
    """A span that ends at a pause: its sound ends at `said_until_ticks` of the turn, its pictures at `close_frame`."""

    said_until_ticks: int
    close_frame: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where talk goes on after a span that ended early: windows from `index` on are cut anew from `frame` on.

    The sound goes on at `ticks`, which lie in `frame`.
    """

    index: int
    frame: int
    ticks: int


def close_at_pause(pauses_ticks: Iterable[int], *, cursor_frame: int, rendered_frame: int) -> EarlyClose | None:
    """Return the last pause from `cursor_frame` on that can end a span rendered up to `rendered_frame`.

    pauses_ticks: where words begin, on the turn's timeline. A span ends in whole parts from the cursor on, so up to 7
    frames after the pause are seen in silence. None: no pause is left.
    """
    best: EarlyClose | None = None
    for pause in pauses_ticks:
        frames = -(-pause // FRAME_TICKS) - cursor_frame
        close_frame = cursor_frame + -(-frames // PART_FRAMES) * PART_FRAMES
        reachable = pause >= cursor_frame * FRAME_TICKS and close_frame <= rendered_frame
        if reachable and (best is None or pause > best.said_until_ticks):
            best = EarlyClose(said_until_ticks=pause, close_frame=close_frame)
    return best


def frames_to_close(
    speech_frames: int,
    *,
    start_frame: int,
    entry_frame: int,
    loop_frames: int,
    entry_points: Sequence[int],
    tail_frames: int,
) -> int:
    """Return the turn's closing frame: the first after the speech and its tail that lies on an entry point.

    Frame `start_frame` of the turn is loop frame `entry_frame`; talk keeps the loop's phase, so a talk of whole parts
    ends where the idle loop can go on. At least one part long.
    """
    at_least = max(speech_frames + tail_frames, start_frame + 1)
    frame = start_frame
    while frame < at_least or (entry_frame + frame - start_frame) % loop_frames not in entry_points:
        frame += PART_FRAMES
    return frame
