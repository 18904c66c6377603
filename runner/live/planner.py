"""When may talk start? Pure: windows, render speed and spread in, start delay out (DESIGN section 6)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from hls.ticks import FRAME_TICKS, ticks_to_ns

FRAME_NS = ticks_to_ns(FRAME_TICKS)
_SMOOTHING = 0.25
_REMEMBERED_WINDOWS = 32
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast windows render: `rtf` = seconds to render / seconds rendered.

    `spread` is the share by which a single window may exceed that: none takes longer than rtf * (1 + spread).
    """

    rtf: float
    spread: float = 0.0
    recent: tuple[float, ...] = ()
    """The RTFs of the last windows."""

    def render_ns(self, new_frames: int) -> int:
        """Return the longest time a window of `new_frames` takes."""
        micro = math.ceil(self.rtf * (1.0 + self.spread) * _MICRO)
        return -(-new_frames * FRAME_NS * micro // _MICRO)

    @staticmethod
    def rtf_of(*, new_frames: int, render_ns: int) -> float:
        """Return seconds to render / seconds rendered of one window."""
        return render_ns / (new_frames * FRAME_NS)

    def measured(self, *, new_frames: int, render_ns: int) -> Pace:
        """Return the pace after one more window: a smoothed RTF; its spread is that of the slowest of the last ones."""
        rtf = self.rtf_of(new_frames=new_frames, render_ns=render_ns)
        smooth = self.rtf + _SMOOTHING * (rtf - self.rtf)
        # The slowest, not a mean that forgets it: a row of quick windows must not make the next talk begin too early.
        recent = (*(self.recent or (self.rtf * (1.0 + self.spread),)), rtf)[-_REMEMBERED_WINDOWS:]
        return Pace(rtf=smooth, spread=max(0.0, max(recent) / smooth - 1.0) if smooth > 0 else 0.0, recent=recent)

    @property
    def keeps_up(self) -> bool:
        """Whether even a slow window renders faster than it plays."""
        return self.rtf * (1.0 + self.spread) <= 1.0


def split_windows(total_frames: int, *, window_step: int, first_frames: int | None = None) -> Iterator[int]:
    """Yield the new frames of each window of a speech, as RollingWav cuts it; the last one is whole (padded)."""
    done = 0
    while done < total_frames:
        step = first_frames if done == 0 and first_frames is not None else window_step
        yield step
        done += step


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A window that is not on air yet: `new_frames` to render (0: rendered already), `shown_frames` to play."""

    new_frames: int
    shown_frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The pieces of one passage, which render one after another in `lane` (None: in the one that is free first)."""

    pieces: tuple[Piece, ...]
    lane: int | None = None


def split_stretch(frames: int, *, step: int, first_frames: int | None = None, any_length: bool = False) -> Stretch:
    """Return the pieces of a passage of `frames`; its last window is a whole one, unless it may be of any length."""
    pieces = []
    for new_frames in split_windows(frames, window_step=step, first_frames=first_frames):
        shown = min(new_frames, frames)
        pieces.append(Piece(new_frames=shown if any_length else new_frames, shown_frames=shown))
        frames -= shown
    return Stretch(pieces=tuple(pieces))


def plan_start(
    stretches: Iterable[Stretch],
    *,
    pace: Pace,
    lanes_running_ns: Sequence[int] = (0,),
    margin_ns: int = 0,
    ready_frames: int = 0,
) -> int:
    """Return the nanoseconds until talk may start (0: at once), so that no window is due before it is ready.

    stretches: what is left, in the order of play; all of it (where `pace.keeps_up` the first two windows decide).
    lanes_running_ns: per engine, how long the first of its windows has been rendering. ready_frames: what plays before
    them. margin_ns: jitter by which every window shall be early.
    """
    free_ns = [-running_ns for running_ns in lanes_running_ns]
    played_ns = ready_frames * FRAME_NS
    delay_ns = 0
    for stretch in stretches:
        lane = stretch.lane if stretch.lane is not None else free_ns.index(min(free_ns))
        for piece in stretch.pieces:
            if piece.new_frames:
                # A window that overran its estimate is about to come, never already here.
                free_ns[lane] = max(0, free_ns[lane] + pace.render_ns(piece.new_frames))
                delay_ns = max(delay_ns, free_ns[lane] + margin_ns - played_ns)
            played_ns += piece.shown_frames * FRAME_NS
    return delay_ns


def comes_late(new_frames: int, *, pace: Pace, running_ns: int, ready_frames: int) -> bool:
    """Return whether the next window is expected after the `ready_frames` before it have been played.

    new_frames: of the next window. running_ns: how long it has been rendering. It is expected after what a window
    usually takes, without the spread: a break that was not needed is as bad as one in mid-word. One that takes longer
    is expected by the end of the spread, for which the start was planned; one that overran that, too, is expected to
    need as long again as it has overrun.
    """
    usual_ns, longest_ns = replace(pace, spread=0.0).render_ns(new_frames), pace.render_ns(new_frames)
    rest_ns = (usual_ns if running_ns < usual_ns else longest_ns) - running_ns
    return abs(rest_ns) > ready_frames * FRAME_NS


def sessions_in_time(pace: Pace, *, at_most: int, engines: int = 1) -> int:
    """Return how many sessions can talk at once and be rendered in time; one always."""
    share = pace.rtf * (1.0 + pace.spread)
    return max(1, min(at_most, int(engines / share) if share > 0 else at_most))
