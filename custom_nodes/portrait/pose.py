"""FacePose: everything of a face that moves with speech, at one frame."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FacePose:
    """A face at one frame; everything 0 is the picture's own face, as the idle loop shows it.

    Of the mouth: `opening` 0..1; `width` -1 (rounded) .. 1 (spread); `pout` 0..1, lips pushed forward; `press` 0..1,
    lips closed upon each other (p b m); `tuck` 0..1, the lower lip under the upper teeth (f v); `teeth` 0..1, how
    close the rows of teeth stand (s sh); `tongue` 0..1, its tip up behind the teeth (l th n).
    Of the face: `brow` 0..1 raised; `nod` -1..1, 1 is the chin down; `turn` and `tilt` -1..1 of the head, 1 towards
    the picture's right; `speaking` 0..1, how far a stretch of speech is under way, its short stops too; `blink` counts
    the frames of a blink that speech asks for, from 1; 0 is none.
    """

    opening: float = 0.0
    width: float = 0.0
    pout: float = 0.0
    press: float = 0.0
    tuck: float = 0.0
    teeth: float = 0.0
    tongue: float = 0.0
    brow: float = 0.0
    nod: float = 0.0
    turn: float = 0.0
    tilt: float = 0.0
    speaking: float = 0.0
    blink: int = 0


REST = FacePose()
