"""Which part of a picture a stream shows: its middle, or what is around the face where the middle would cut it off."""

from __future__ import annotations

from .eye import Box

# Of what is cut off a tall picture, more goes below than above the face.
CENTRE_X, CENTRE_Y = 0.5, 0.35
# Room around the face box that must be seen, in its widths: hair above, chin and jaw's fall below, an ear aside.
ABOVE, BELOW, BESIDE = 0.30, 0.55, 0.25


def crop_box(width: int, height: int, to_width: int, to_height: int, *, face: Box | None = None) -> Box:
    """Return the part of a `width` x `height` picture that fills `to_width` x `to_height`.

    It is the picture's middle (a little higher in tall ones); only where that would cut the face off, it is moved as
    little as shows all of the face with some room. It never leaves the picture.
    """
    ratio = to_width / to_height
    wide, high = (height * ratio, float(height)) if width / height >= ratio else (float(width), width / ratio)
    x, y = (width - wide) * CENTRE_X, (height - high) * CENTRE_Y
    if face is not None:
        side = face.width
        x = _moved(x, wide, width, face.x - BESIDE * side, face.x + (1 + BESIDE) * side)
        y = _moved(y, high, height, face.y - ABOVE * side, face.y + face.height + BELOW * side)
    return Box(x, y, wide, high)


def _moved(start: float, length: float, whole: int, first: float, last: float) -> float:
    """Move the stretch so that it holds first..last, or their middle where it is too short, within 0..whole."""
    if last - first > length:
        start = (first + last - length) / 2
    elif first < start:
        start = first
    elif last > start + length:
        start = last - length
    return min(max(start, 0.0), whole - length)
