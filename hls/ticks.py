"""The one clock: an integer tick is 1/48 000 s, which is one sample of programme audio."""

from __future__ import annotations

TICKS_HZ = 48_000
LIVE_FPS = 25
FRAME_TICKS = TICKS_HZ // LIVE_FPS
AAC_FRAME_TICKS = 1024
# 8 frames are exactly 15 AAC frames: the shortest cut that is whole in both tracks.
PART_FRAMES = 8
PART_TICKS = PART_FRAMES * FRAME_TICKS
SEGMENT_FRAMES = 24
SEGMENT_TICKS = SEGMENT_FRAMES * FRAME_TICKS
BYTES_PER_SAMPLE = 2
NS_PER_SECOND = 1_000_000_000
NS_PER_MS = 1_000_000


def frames_to_ticks(frames: int) -> int:
    """Ticks of so many frames at the live rate."""
    return frames * FRAME_TICKS


def frames_to_bytes(frames: int) -> int:
    """Bytes of 48 kHz mono s16le sound under so many frames."""
    return frames * FRAME_TICKS * BYTES_PER_SAMPLE


def ticks_to_ns(ticks: int) -> int:
    """Nanoseconds, rounded down (exact for whole frames)."""
    return ticks * NS_PER_SECOND // TICKS_HZ


def ns_to_ticks(ns: int) -> int:
    """Ticks, rounded down."""
    return ns * TICKS_HZ // NS_PER_SECOND


def anchor_unix_ns(*, now_unix_ns: int, next_ticks: int) -> int:
    """The wall time of tick 0 for a timeline whose tick `next_ticks` is due at `now_unix_ns`."""
    return now_unix_ns - ticks_to_ns(next_ticks)
