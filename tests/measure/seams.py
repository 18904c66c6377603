"""Whether a cut between two clips can be seen: its picture difference against the clip's own movement."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLEARLY = 1.25
"""A seam may fall on a quick movement, with a key frame: without a jump it reaches 0.9 to 1.05 of the clip's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seams:
    """Differences are means of |a - b| over all values of two neighbouring frames, 0 to 255."""

    worst: float
    worst_frame: int
    own_worst: float
    own_median: float

    @property
    def visible(self) -> bool:
        """Whether a seam moves clearly more than the clip ever does."""
        return self.worst > CLEARLY * self.own_worst


def measure_seams(frames: Iterable[NDArray[np.uint8]], at_frames: Collection[int]) -> Seams:
    """Return the largest step from frame k - 1 to k for k in `at_frames`, and what all other steps are.

    Raises: ValueError when no seam of `at_frames` is among the frames, or nothing but seams.
    """
    wanted = set(at_frames)
    before: NDArray[np.int16] | None = None
    seams: dict[int, float] = {}
    own: list[float] = []
    for index, frame in enumerate(frames):
        now = frame.astype(np.int16)
        if before is not None:
            step = float(np.mean(np.abs(now - before)))
            if index in wanted:
                seams[index] = step
            else:
                own.append(step)
        before = now
    if not seams or not own:
        raise ValueError(f"{len(seams)} seams and {len(own)} other steps: there is nothing to compare")
    worst_frame = max(seams, key=lambda index: seams[index])
    return Seams(
        worst=seams[worst_frame],
        worst_frame=worst_frame,
        own_worst=max(own),
        own_median=float(np.median(own)),
    )
