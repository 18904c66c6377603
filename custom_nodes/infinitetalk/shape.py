"""Which windows the model takes: 4n+1 frames, of which 4m+1 repeat the window before."""

from __future__ import annotations

from .errors import OverlapLength, WindowLength

FRAMES_PER_LATENT = 4  # Wan 2.1's temporal VAE: one latent for the first frame, one for each four that follow
MOST_MOTION_FRAMES = 33  # what WanInfiniteTalkToVideo takes


def latents(frames: int) -> int:
    """Return how many temporal latents `frames` frames are."""
    return (frames - 1) // FRAMES_PER_LATENT + 1


def check_window(frames: int, overlap_frames: int) -> None:
    """Refuse what would come back with another number of frames, before anything is computed.

    frames: the whole window, overlap included. The VAE silently drops what goes beyond 4n+1: a window would then be
    too short for OnAir Segment, and an overlap would lose the frames that are nearest to the seam.
    Raises: WindowLength, OverlapLength.
    """
    if frames < 1 + FRAMES_PER_LATENT or (frames - 1) % FRAMES_PER_LATENT:
        raise WindowLength(
            f"InfiniteTalk renders 4n+1 frames, not {frames}; set window_frames of OnAir Window to {_near(frames)}"
        )
    fits = 1 <= overlap_frames <= MOST_MOTION_FRAMES and (overlap_frames - 1) % FRAMES_PER_LATENT == 0
    if not fits or overlap_frames >= frames:
        largest = min(MOST_MOTION_FRAMES, frames - FRAMES_PER_LATENT)
        raise OverlapLength(
            f"InfiniteTalk goes on from 4n+1 frames, 1 to {largest} of {frames}, not from {overlap_frames}; "
            f"set overlap_frames of OnAir Window to {min(_near(overlap_frames), largest)}"
        )


def _near(frames: int) -> int:
    return max(0, round((frames - 1) / FRAMES_PER_LATENT)) * FRAMES_PER_LATENT + 1
