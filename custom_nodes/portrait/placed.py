"""A picture file and the landmarks that lie beside it, both in the stream's size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import LandmarksRefused
from .eye import Box
from .landmarks import Landmarks
from .landmarks_json import from_json
from .picture import cover, load_picture
from .points import MAX_TEXT_CHARACTERS

# By rounding a scaled copy of a picture may be a pixel longer or shorter.
SHAPE_WITHIN = 0.02


def read_placed(picture: Path, beside: Path, *, width: int, height: int) -> tuple[NDArray[np.uint8], Landmarks | None]:
    """Return the picture as RGB uint8 (height, width, 3), and its landmarks in those pixels, None without their file.

    Raises: as `load_picture`, LandmarksRefused.
    """
    text = read_landmarks(beside)
    pixels = load_picture(picture)
    if text is None:
        return cover(pixels, width, height), None
    landmarks = of_size(from_json(text), pixels.shape[1], pixels.shape[0])
    return cover(pixels, width, height, face=landmarks.face), landmarks.covered(width, height)


def read_landmarks(beside: Path) -> str | None:
    """Return the text of a landmarks' file, None where there is none. Raises: LandmarksRefused."""
    try:
        with beside.open("rb") as file:
            return file.read(MAX_TEXT_CHARACTERS + 1).decode("utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise LandmarksRefused(f"{beside} cannot be read: {exc.strerror}; correct the file or take it away") from exc


def of_size(landmarks: Landmarks, width: int, height: int) -> Landmarks:
    """Return landmarks scaled to a picture of the same shape. Raises: LandmarksRefused where its shape is another."""
    if abs(landmarks.width * height - landmarks.height * width) > SHAPE_WITHIN * landmarks.height * width:
        raise LandmarksRefused(
            f"the landmarks are for a picture of {landmarks.width}x{landmarks.height}, and this one has "
            f"{width}x{height}; give them in the picture's own pixels"
        )
    whole = Box(0.0, 0.0, float(landmarks.width), float(landmarks.height))
    return landmarks.cropped(whole, width, height)
