"""A layer of its own for fine strokes, with its cover, to be laid over a sheet later."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .curve import Plane
from .sheet import SUBPIXEL_BITS, Colour, Sheet


class Layer:
    """RGB with cover, premultiplied uint8 (H, W, 4), over a window of the sheet."""

    def __init__(self, window: Sheet) -> None:
        self.window = window
        self.pixels: NDArray[np.uint8] = np.zeros((*window.shape, 4), dtype=np.uint8)

    @property
    def cover(self) -> Plane:
        """Cover 0..1."""
        return np.asarray(self.pixels[..., 3].astype(np.float32) / 255.0, dtype=np.float32)

    def strokes(self, lines: Plane, colours: Plane, widths: NDArray[np.int_]) -> None:
        """Draw `lines` (N, M, 2) in units, with a colour a piece (N, M - 1, 3) and a width a line, 1 or 2 pixels."""
        fixed = np.round((lines - (self.window.left, self.window.top)) * (1 << SUBPIXEL_BITS)).astype(int).tolist()
        tones = np.concatenate([np.clip(colours, 0, 255), np.full((*colours.shape[:2], 1), 255.0)], axis=2).tolist()
        for line, tone, width in zip(fixed, tones, widths.tolist(), strict=True):
            for a, b, colour in zip(line[:-1], line[1:], tone, strict=True):
                cv2.line(self.pixels, a, b, colour, width, cv2.LINE_AA, SUBPIXEL_BITS)

    def body(self, outline: Plane, colour: Colour) -> None:
        """Fill a polygon (N, 2)."""
        fixed = np.round((outline - (self.window.left, self.window.top)) * (1 << SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(self.pixels, [fixed], (*colour, 255.0), lineType=cv2.LINE_AA, shift=SUBPIXEL_BITS)

    def lay(self, strength: float = 1.0, shade: Plane | None = None) -> None:
        """Lay the layer over its window; `shade` (H, W) multiplies its colours."""
        cover = self.cover[..., None] * strength
        colour = self.pixels[..., :3].astype(np.float32) * strength
        if shade is not None:
            colour = colour * shade[..., None]
        self.window.pixels[:] = self.window.pixels * (1.0 - cover) + colour
