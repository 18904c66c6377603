"""How much of the upper teeth a smiling picture shows: what the lips must cover to close."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .lips import Mouth

# In widths of the face box: where nothing can be measured, and what is believed.
USUAL, LEAST, MOST = 0.05, 0.02, 0.10


def teeth_height(image_rgb: NDArray[np.uint8], mouth: Mouth) -> float:
    """Pixels between the lips in the middle of the mouth, above its line; `mouth.teeth_show` says that there are."""
    side = mouth.side
    columns = np.arange(int(mouth.x - 0.35 * mouth.half_width), int(mouth.x + 0.35 * mouth.half_width) + 1)
    heights = []
    lab = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2LAB).astype(np.float32)
    for column in columns:
        line = float(mouth.line(np.array([(column - mouth.x) / mouth.half_width]))[0])
        top, bottom = int(line - 0.13 * side), int(line)
        if top < 0 or bottom >= lab.shape[0] or not 0 <= column < lab.shape[1] or bottom - top < 4:
            continue
        redness = lab[top:bottom, column, 1]
        # Teeth are the least red there, the lip above them the reddest: the edge lies where redness is half way.
        limit = (float(redness.min()) + float(redness.max())) / 2
        pale = redness[::-1] < limit
        start = int(np.argmax(pale))
        run = pale[start:]
        heights.append(start + (int(np.argmin(run)) if not run.all() else len(run)))
    # The lips' own rims are between teeth and lip in colour: they are covered too.
    height = float(np.median(heights)) if heights else USUAL * side
    return min(max(height + 0.012 * side, LEAST * side), MOST * side)
