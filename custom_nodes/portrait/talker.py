"""One picture + sound + phonemes → talking frames, on one thread; and the idle loop that they leave and join."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .blink import LEVELS, blink_levels, lid_level
from .brows import BrowRaise
from .driver import drive
from .errors import PictureUnreadable
from .face import find_landmarks
from .gaze import Look, looks
from .head import HeadField
from .landmarks import Landmarks
from .lids import EyeLids
from .mouth import MouthWarp
from .one_thread import one_thread
from .pose import REST, FacePose
from .spans import Event
from .sway import HeadMove, sway

LOOP_FRAMES = 192  # 7.68 s at 25 fps: whole segments of 24, and long enough that nobody sees it come round
KEPT_TALKERS = 4  # pictures; each holds its fields
# How far speech moves the head, on top of its sway: what 1 in a pose is, in widths of the face box and radians.
NOD_PITCH, NOD_DOWN, TURN_YAW, TURN_X, TILT = 0.046, 0.008, 0.030, 0.006, 0.012

log = logging.getLogger(__name__)
Pixels = NDArray[np.uint8]


class Talker:
    """A prepared picture, RGB uint8 (H, W, 3). Frame i depends on the sound around it and on the loop frame alone."""

    def __init__(self, image_rgb: Pixels, landmarks: Landmarks | None = None) -> None:
        """Prepare the picture. Raises: PictureUnreadable, FaceMissing (no landmarks given, none found)."""
        if image_rgb.ndim != 3 or image_rgb.shape[2] != 3 or image_rgb.dtype != np.uint8:
            raise PictureUnreadable(f"the picture is {image_rgb.dtype} {image_rgb.shape}; give RGB uint8 (H, W, 3)")
        self._image: Pixels = np.ascontiguousarray(image_rgb)
        self.landmarks = landmarks if landmarks is not None else find_landmarks(self._image)
        mouth = self.landmarks.mouth
        self._mouth = MouthWarp(self._image, mouth, eyes=self.landmarks.eyes, chin=self.landmarks.chin[1] - mouth.y)
        height, width = self._image.shape[:2]
        # A close crop may have cut an eye off.
        seen = [eye for eye in self.landmarks.eyes if 0 <= eye.x < width and 0 <= eye.y < height]
        self._eyes = tuple(EyeLids(self._image, eye) for eye in seen)
        self._brows = BrowRaise(self._image, self.landmarks)
        self._head = HeadField(self._image.shape[0], self._image.shape[1], mouth)

    def render(
        self,
        pcm_16k: NDArray[np.int16],
        events: Iterable[Event],
        *,
        context_samples: int,
        start_frame: int,
        frames: int,
        fps: int = 25,
        loop_frames: int = LOOP_FRAMES,
    ) -> Iterator[Pixels]:
        """Yield `frames` pictures RGB uint8 (H, W, 3); frame i hears `pcm_16k[context_samples + i * 16000 / fps:]`.

        `pcm_16k` is context, window and look-ahead; `events` are counted in its samples from `context_samples` on.
        `start_frame` is the loop frame of the first picture: in silence frame i equals the idle loop's frame
        (start_frame + i) mod `loop_frames`, byte for byte. Raises: SoundRefused.
        """
        poses = drive(pcm_16k, events, context_samples=context_samples, frames=frames, fps=fps)
        return self.frames(poses, start_frame=start_frame, loop_frames=loop_frames)

    def idle(self, frames: int = LOOP_FRAMES) -> Iterator[Pixels]:
        """Yield one idle loop of `frames` pictures RGB uint8 (H, W, 3); after the last comes the first, without seam.

        The movement is laid over the loop's frames, whatever their rate.
        """
        return self.frames([REST] * frames, start_frame=0, loop_frames=frames)

    def frames(self, poses: Iterable[FacePose], *, start_frame: int, loop_frames: int) -> Iterator[Pixels]:
        """Yield one picture a pose, beginning at loop frame `start_frame`."""
        blinks, gaze = blink_levels(loop_frames), looks(loop_frames)
        canvas = self._image.copy()
        with one_thread():
            for i, pose in enumerate(poses):
                phase = (start_frame + i) % loop_frames
                closed = lid_level(blinks, phase, pose.blink) / LEVELS
                yield self._frame(canvas, pose, closed, gaze[phase], _head_at(sway(phase, loop_frames), pose))

    def _frame(self, canvas: Pixels, pose: FacePose, closed: float, look: Look, move: HeadMove | None) -> Pixels:
        """Pose the face on `canvas`, move its head, and leave the canvas as it was."""
        touched = []

        def put(rows: slice, columns: slice, pixels: Pixels | None) -> None:
            if pixels is not None:
                canvas[rows, columns] = pixels
                touched.append((rows, columns))

        put(self._brows.rows, self._brows.columns, self._brows.patch(pose.brow))
        if closed or look != (0.0, 0.0):
            for eye in self._eyes:
                put(eye.rows, eye.columns, eye.patch(canvas, closed, look))
        put(self._mouth.rows, self._mouth.columns, self._mouth.patch(pose))
        frame: Pixels = canvas.copy() if move is None else self._head.moved(canvas, move)
        for rows, columns in touched:
            canvas[rows, columns] = self._image[rows, columns]
        return frame


def _head_at(idle: HeadMove | None, pose: FacePose) -> HeadMove | None:
    """The loop's sway and what speech adds to it."""
    if not (pose.nod or pose.turn or pose.tilt):
        return idle
    base = idle or HeadMove()
    return replace(
        base,
        pitch=base.pitch + NOD_PITCH * pose.nod,
        y=base.y + NOD_DOWN * pose.nod,
        yaw=base.yaw + TURN_YAW * pose.turn,
        x=base.x + TURN_X * pose.turn,
        roll=base.roll + TILT * pose.tilt,
    )


_kept: OrderedDict[str, Talker] = OrderedDict()
_lock = threading.Lock()


def talker_for(
    image_rgb: Pixels,
    *,
    landmarks: Landmarks | None = None,
    mouth_box: tuple[float, float, float, float] | None = None,
) -> Talker:
    """Return the talker of this picture, prepared once; the last few are kept, by the SHA-256 of the picture.

    `landmarks`, where they are known, in the picture's pixels; else they are found, with `mouth_box` where it is given.
    Raises: FaceMissing, FaceUnfit, MouthBoxRefused.
    """
    digest = hashlib.sha256(np.ascontiguousarray(image_rgb).tobytes())
    digest.update(repr((image_rgb.shape, landmarks, mouth_box)).encode())
    key = digest.hexdigest()
    with _lock:
        talker = _kept.get(key)
        if talker is None:
            with one_thread():
                talker = Talker(image_rgb, landmarks or find_landmarks(image_rgb, mouth_box=mouth_box))
            for note in talker.landmarks.notes:
                log.warning("OnAir Portrait: %s", note)
            _kept[key] = talker
            if len(_kept) > KEPT_TALKERS:
                _kept.popitem(last=False)
        else:
            _kept.move_to_end(key)
        return talker
