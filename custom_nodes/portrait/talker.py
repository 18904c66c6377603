"""One picture + sound + phonemes → talking frames, on one thread; and the idle loop that they leave and join."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from .blink import EyePatches, blink_levels
from .driver import Event, MouthPose, drive
from .errors import PictureUnreadable
from .face import find_landmarks
from .landmarks import Landmarks
from .mouth import NECK, MouthPatches
from .one_thread import one_thread
from .sway import sway_matrix

LOOP_FRAMES = 192  # 7.68 s at 25 fps: whole segments of 24, and long enough that nobody sees it come round
KEPT_TALKERS = 4  # pictures; each holds its mouth patches

log = logging.getLogger(__name__)
Pixels = NDArray[np.uint8]
REST = MouthPose(opening=0.0, width=0.0)


class Talker:
    """A prepared picture, RGB uint8 (H, W, 3). Frame i depends on the sound around it and on the loop frame alone."""

    def __init__(self, image_rgb: Pixels, landmarks: Landmarks | None = None) -> None:
        """Prepare the picture. Raises: PictureUnreadable, FaceMissing (no landmarks given, none found)."""
        if image_rgb.ndim != 3 or image_rgb.shape[2] != 3 or image_rgb.dtype != np.uint8:
            raise PictureUnreadable(f"the picture is {image_rgb.dtype} {image_rgb.shape}; give RGB uint8 (H, W, 3)")
        self._image: Pixels = np.ascontiguousarray(image_rgb)
        self.landmarks = landmarks if landmarks is not None else find_landmarks(self._image)
        mouth = self.landmarks.mouth
        self._mouth = MouthPatches(self._image, mouth)
        self._eyes = EyePatches(self._image, self.landmarks.eyes)
        self._pivot = (mouth.x, mouth.y + NECK * mouth.side)

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

    def frames(self, poses: Iterable[MouthPose], *, start_frame: int, loop_frames: int) -> Iterator[Pixels]:
        """Yield one picture a pose, beginning at loop frame `start_frame`."""
        blinks = blink_levels(loop_frames)
        canvas = self._image.copy()
        with one_thread():
            for i, pose in enumerate(poses):
                yield self._frame(canvas, pose, (start_frame + i) % loop_frames, loop_frames, blinks)

    def _frame(self, canvas: Pixels, pose: MouthPose, phase: int, loop_frames: int, blinks: tuple[int, ...]) -> Pixels:
        """Paste the patches on `canvas`, move it, and leave the canvas as it was."""
        patches = list(self._eyes.patches(blinks[phase]))
        mouth = self._mouth.patch(pose.opening, pose.width)
        if mouth is not None:
            patches.append((self._mouth.rows, self._mouth.columns, mouth))
        for rows, columns, pixels in patches:
            canvas[rows, columns] = pixels
        matrix = sway_matrix(phase, loop_frames, pivot=self._pivot, side=self.landmarks.mouth.side)
        if matrix is None:
            frame: Pixels = canvas.copy()
        else:
            size = (canvas.shape[1], canvas.shape[0])
            moved = cv2.warpAffine(canvas, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
            frame = moved.astype(np.uint8, copy=False)
        for rows, columns, _ in patches:
            canvas[rows, columns] = self._image[rows, columns]
        return frame


_kept: OrderedDict[str, Talker] = OrderedDict()
_lock = threading.Lock()


def talker_for(image_rgb: Pixels, *, mouth_box: tuple[float, float, float, float] | None = None) -> Talker:
    """Return the talker of this picture, prepared once; the last few are kept, by the SHA-256 of the picture.

    Raises: FaceMissing, MouthBoxRefused.
    """
    digest = hashlib.sha256(np.ascontiguousarray(image_rgb).tobytes())
    digest.update(repr((image_rgb.shape, mouth_box)).encode())
    key = digest.hexdigest()
    with _lock:
        talker = _kept.get(key)
        if talker is None:
            with one_thread():
                talker = Talker(image_rgb, find_landmarks(image_rgb, mouth_box=mouth_box))
            for note in talker.landmarks.notes:
                log.warning("OnAir Portrait: %s", note)
            _kept[key] = talker
            if len(_kept) > KEPT_TALKERS:
                _kept.popitem(last=False)
        else:
            _kept.move_to_end(key)
        return talker
