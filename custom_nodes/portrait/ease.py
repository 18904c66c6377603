"""How a value eases from 0 to 1: what moves in a face begins and ends softly, in space as in time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def smooth(t: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return `t` eased, flat at 0 and at 1 (smoothstep), clipped outside; of its shape and kind."""
    t = np.clip(t, 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))
