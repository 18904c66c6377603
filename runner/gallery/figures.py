"""How well a published clip's lips follow its sound: the measures of docs/gallery.md, from pixels and samples alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runner.gallery.lips import LipTrack, MouthPlace
from runner.gallery.lipsync import best_lag, loudness

FPS = 25
SHUT = 0.25
"""Lips count as shut below this share of how far they usually open in the clip (its 90th percentile)."""
QUIET_FRAMES = 6
"""So many silent frames on both sides of a frame make it silence: a mouth needs some frames to close."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class LipFigures:
    """One clip's figures. Openings are in widths of the mouth; steps are means of |a - b| of luma, 0 to 255.

    `lag_frames` > 0: the picture comes after the sound. `quickest`: the largest change of the
    opening from frame to frame. `closed` of `closures`: p, b and m with lips shut.
    `rest_opening` and `rest_step`: median opening in silence, and the largest change there from frame to frame.
    `still_above`: the median step from frame to frame above the mouth. `surety`: how surely the lip was followed.
    """

    frames: int
    correlation: float
    lag_frames: int
    widest: float
    quickest: float
    closed: int
    closures: int
    rest_opening: float | None
    rest_step: float | None
    still_above: float
    surety: float


def measure_clip(
    frames: Sequence[NDArray[np.uint8]],
    pcm: NDArray[np.int16],
    track: LipTrack,
    *,
    mouth: MouthPlace,
    closures_s: Sequence[float],
) -> LipFigures:
    """Return the figures of frames (H, W, 3, RGB) with their sound at 48 kHz; `closures_s`: when p, b and m begin."""
    opening = track.opening
    loud = loudness(pcm, frames=len(opening), fps=FPS)
    sync = best_lag(opening, loud)
    usual = float(np.percentile(opening, 90))
    shut = [float(_near(opening, at).min()) < SHUT * usual for at in closures_s]
    quiet = _silence(loud)
    steps = np.abs(np.diff(opening))
    return LipFigures(
        frames=len(opening),
        correlation=round(sync.correlation, 2),
        lag_frames=sync.lag_frames,
        widest=round(float(opening.max()), 3),
        quickest=round(float(steps.max()), 3),
        closed=sum(shut),
        closures=len(shut),
        rest_opening=round(float(np.median(opening[quiet])), 3) if quiet.any() else None,
        rest_step=round(float(steps[quiet[1:]].max()), 3) if quiet[1:].any() else None,
        still_above=round(_step_above(frames, mouth), 2),
        surety=round(float(np.percentile(track.surety, 5)), 2),
    )


def _near(opening: NDArray[np.float64], at_s: float) -> NDArray[np.float64]:
    """The opening from a frame before a sound begins to three frames after it: a closure lasts 60 to 120 ms."""
    first = int(at_s * FPS)
    return opening[max(0, first - 1) : first + 4] if first < len(opening) else opening[-1:]


def _silence(loud: NDArray[np.float64]) -> NDArray[np.bool_]:
    silent = np.concatenate([np.ones(QUIET_FRAMES, bool), loud == 0, np.ones(QUIET_FRAMES, bool)])
    windows = np.lib.stride_tricks.sliding_window_view(silent, 2 * QUIET_FRAMES + 1)
    return np.asarray(windows.all(axis=1))


def _step_above(frames: Sequence[NDArray[np.uint8]], mouth: MouthPlace) -> float:
    """The median step above the mouth, by a nose's length: eyes, hair and background."""
    rows = slice(0, max(1, round(mouth.y - 1.2 * mouth.half_width)))
    steps, before = [], frames[0][rows].astype(np.float32) @ _LUMA
    for frame in frames[1:]:
        now = frame[rows].astype(np.float32) @ _LUMA
        steps.append(float(np.abs(now - before).mean()))
        before = now
    return float(np.median(steps))
