"""RollingWav: PCM in pieces of any size, overlapping AudioWindows out; the same windows whatever the pieces were."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import WindowShape
from .loudness import LoudnessMeter, amplified, gain_to

RATE_HZ = 16_000
BYTES_PER_SAMPLE = 2
PART_FRAMES_AT_25 = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioWindow:
    """What one render hears: context, overlap, new frames, look-ahead; s16le mono at 16 kHz.

    Frames count on the turn's timeline. The window covers `[start_frame - overlap_frames, start_frame + new_frames)`;
    `pcm_s16le` begins `context_samples` before it and ends with the look-ahead. Before the turn and after its end is
    silence. `closing_frames` of the new frames are to be shown: all but in a padded last window, where the rest lies
    beyond the closing entry point.
    """

    index: int
    start_frame: int
    new_frames: int
    overlap_frames: int
    context_samples: int
    pcm_s16le: bytes
    last: bool
    closing_frames: int


class RollingWav:
    """Cuts one turn's sound. Holds no more than one window and its context, however long the turn is."""

    def __init__(
        self,
        *,
        window_frames: int = 45,
        overlap_frames: int = 5,
        fps: int = 25,
        context_frames: int = 25,
        first_new_frames: int | None = None,
        lookahead_frames: int = 4,
        tail_frames: int = 2,
        any_length: bool | None = None,
        loudness_lufs: float = 0.0,
        gain: float | None = None,
    ) -> None:
        """Check the shape once. Steps are whole parts of 8 frames (16 at 50 fps), so that every cut is on a part.

        first_new_frames: a short first window, for graphs of any length. any_length (default: whether that is given):
        the last window is only as long as its sound, rounded up to whole parts, instead of padded to the full step.
        tail_frames: silence kept after the last sample, in which a mouth shuts. loudness_lufs: how loud all windows are
        made, by one gain; 0 leaves them. gain: that gain, where the whole speech is known; else it is found from what
        the first window hears, for it cannot wait for the rest. Raises: WindowShape.
        """
        if min(overlap_frames, context_frames, lookahead_frames, tail_frames) < 0:
            raise WindowShape("overlap, context, look-ahead or tail is negative; use 0 frames or more")
        self._part = _part_frames(fps)
        self._step = window_frames - overlap_frames
        self._first = self._step if first_new_frames is None else first_new_frames
        _check_steps(self._step, self._first, self._part)
        self._overlap, self._context = overlap_frames, context_frames
        self._lookahead, self._tail = lookahead_frames, tail_frames
        self._any_length = first_new_frames is not None if any_length is None else any_length
        self._loudness_lufs, self._gain = loudness_lufs, gain if loudness_lufs else 1.0
        self._frame_bytes = RATE_HZ // fps * BYTES_PER_SAMPLE
        self._index = 0
        self._start_frame = 0
        # The buffer begins with the silence before the turn, so that window 0 is cut like every other.
        self._buffer_frame = -(overlap_frames + context_frames)
        self._buffer = bytearray(-self._buffer_frame * self._frame_bytes)
        self._fed = False
        self._finished = False

    def feed(self, pcm16k: bytes) -> list[AudioWindow]:
        """Take s16le mono PCM at 16 kHz, any number of bytes; return the windows that are complete now."""
        if self._finished:
            raise WindowShape("the turn is finished; begin a new one with a new RollingWav")
        self._buffer += pcm16k
        self._fed = self._fed or bool(pcm16k)
        windows = []
        # "More than", not "as much as": what is left for `finish` is then never nothing, so one window is the last.
        while self._available_bytes() > (self._next_new() + self._lookahead) * self._frame_bytes:
            windows.append(self._cut(self._next_new(), last=False, closing=self._next_new()))
        return windows

    def finish(self) -> list[AudioWindow]:
        """Return what is left, the last window padded with silence. No sound at all gives no window."""
        self._finished = True
        if not self._fed:
            return []
        windows = []
        while True:
            # an odd last byte is half a sample and is dropped; a frame that is only begun counts whole
            left = -(-(self._available_bytes() // 2 * 2) // self._frame_bytes) + self._tail
            closing = max(self._part, -(-left // self._part) * self._part)
            if closing <= self._next_new():
                new_frames = closing if self._any_length else self._next_new()
                windows.append(self._cut(new_frames, last=True, closing=closing))
                return windows
            windows.append(self._cut(self._next_new(), last=False, closing=self._next_new()))

    def _next_new(self) -> int:
        return self._first if self._index == 0 else self._step

    def _available_bytes(self) -> int:
        return len(self._buffer) - (self._start_frame - self._buffer_frame) * self._frame_bytes

    def _cut(self, new_frames: int, *, last: bool, closing: int) -> AudioWindow:
        frames = self._context + self._overlap + new_frames + self._lookahead
        begin = (self._start_frame - self._overlap - self._context - self._buffer_frame) * self._frame_bytes
        size = frames * self._frame_bytes
        pcm = bytes(self._buffer[begin : begin + size])
        window = AudioWindow(
            index=self._index,
            start_frame=self._start_frame,
            new_frames=new_frames,
            overlap_frames=self._overlap,
            context_samples=self._context * self._frame_bytes // BYTES_PER_SAMPLE,
            pcm_s16le=self._levelled(pcm[: len(pcm) // 2 * 2]).ljust(size, b"\0"),
            last=last,
            closing_frames=closing,
        )
        self._index += 1
        self._start_frame += new_frames
        keep_from = self._start_frame - self._overlap - self._context
        del self._buffer[: (keep_from - self._buffer_frame) * self._frame_bytes]
        self._buffer_frame = keep_from
        return window

    def _levelled(self, pcm_s16le: bytes) -> bytes:
        if self._gain is None:
            meter = LoudnessMeter()
            meter.feed(pcm_s16le)
            self._gain = gain_to(self._loudness_lufs, of_lufs=meter.lufs)
        return amplified(pcm_s16le, self._gain)


def _part_frames(fps: int) -> int:
    """Frames of a part. Raises: WindowShape when a frame is no whole number of samples."""
    if fps < 1 or RATE_HZ % fps:
        raise WindowShape(f"{fps} frames a second do not divide {RATE_HZ} samples; set fps to 25 or 50")
    return PART_FRAMES_AT_25 * max(1, fps // 25)


def _check_steps(step: int, first: int, part: int) -> None:
    for name, frames in (("window less overlap", step), ("the first window", first)):
        if frames < 1 or frames % part or frames > step:
            raise WindowShape(
                f"{name} is {frames} frames; make it a multiple of {part}, at most {step}, "
                "as window_frames 45 with overlap_frames 5 do"
            )
