"""The end of a turn: its last pictures dissolve into those that the idle loop shows where it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .request import WindowRequest
from .state import check_size, read_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """`loop` (n, H, W, 3) float32: what the loop shows before it goes on at new frame `closing_frames`."""

    loop: NDArray[np.float32]
    closing_frames: int

    def dissolve(self, image: NDArray[np.floating], new_frame: int) -> NDArray[np.floating]:
        """Return new frame `new_frame` (H, W, 3): the last n before the closing with a growing share of the loop's."""
        place = new_frame - (self.closing_frames - len(self.loop))
        if not 0 <= place < len(self.loop):
            return image
        share = np.float32((place + 1) / (len(self.loop) + 1))
        mixed: NDArray[np.float32] = image[..., :3] * (1 - share) + self.loop[place] * share
        return mixed


NO_TAIL = Tail(loop=np.zeros((0, 0, 0, 3), np.float32), closing_frames=0)


def closing_tail(path: Path, request: WindowRequest) -> Tail:
    """Return the tail of a turn's last window. Raises: StateMissing, StateForeign."""
    state = read_state(path)
    check_size(state, request)
    count = min(request.overlap_frames, request.closing_frames, len(state.motion_frames))
    return Tail(loop=state.motion(count) if count else NO_TAIL.loop, closing_frames=request.closing_frames)
