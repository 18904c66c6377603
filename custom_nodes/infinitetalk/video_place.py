"""Which frame of a video belongs to a frame of the stream: to its end, back to its beginning, and so on."""

from __future__ import annotations


def place_at(frame: int, *, fps: int, frames: int, rate: float) -> int:
    """Return the video's frame, 0 to `frames` - 1, that is seen at `frame` of the stream.

    fps: the stream's frames a second; rate: the video's. No end is shown twice, so that nothing stands still.
    """
    place = int(frame * rate / fps + 1e-6)
    if frames < 2:
        return 0
    there_and_back = 2 * (frames - 1)
    place %= there_and_back
    return min(place, there_and_back - place)
