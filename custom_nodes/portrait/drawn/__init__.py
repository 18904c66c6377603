"""Avatars drawn by this code, so that no photograph and no person's rights are needed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..landmarks import Landmarks
from . import presenter, professor, student
from .person import Person, corner, marks, size_in_units
from .sheet import Sheet, picture

DEFAULT = "presenter"
AVATARS: Mapping[str, Person] = MappingProxyType(
    {DEFAULT: presenter.PERSON, "professor": professor.PERSON, "student": student.PERSON}
)


def draw(name: str, width: int, height: int) -> NDArray[np.uint8]:
    """Draw the avatar `name` of AVATARS, RGB uint8 (height, width, 3): head in the middle, lips closed, eyes open.

    The same pixels for the same size. Drawn at 1000 pixels of the shorter side, which takes a second or two.
    """
    wide, high = size_in_units(width, height)
    sheet = Sheet(np.zeros((high, wide, 3), dtype=np.float32), *corner(width, height))
    AVATARS[name].paint(sheet)
    return picture(sheet, width, height)


def landmarks(name: str, width: int, height: int) -> Landmarks:
    """Return where `draw` of the same size puts the face's parts: exact, not found."""
    return marks(AVATARS[name], width, height)
