"""Drawn avatars, once per size and run: drawing takes more than a second. Nobody writes into them."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from custom_nodes.portrait import drawn

draw = functools.cache(drawn.draw)


def draw_presenter(width: int, height: int) -> NDArray[np.uint8]:
    """Return the default avatar in this size."""
    return draw(drawn.DEFAULT, width, height)
