"""Any file with sound → blocks of 16-bit samples at its own rate, however long it is; what is cut short is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from numpy.typing import NDArray

from .errors import SoundCut, SoundEmpty, SoundUnreadable

Block = NDArray[np.int16]
BLOCK_SAMPLES = 1 << 15
LAYOUTS = {1: "mono", 2: "stereo"}
SLACK_S = 0.25
"""How much less than its header says a whole file may hold: encoders' padding, and times in milliseconds."""
TELLING = ("flac", "aiff", "caf", "w64", "mov", "matroska")
"""Containers whose header says how long they are. The others' length is worked out from their size."""
STREAMED = (range(1), range(0x7FFFF000, 0x80000000), range(0xFFFFFF00, 0x100000000))
"""What writers that cannot go back put into a WAV for the length of its data (a pipe: 0, sox, ffmpeg)."""
TAG_BYTES = 1 << 16
OGG_END = 4


class SoundFile:
    """An open file with sound. `rate_hz` is the file's own; `channels` are 1, or 2 for what has more."""

    def __init__(self, path: Path) -> None:
        """Open it, as far as the first samples. Raises: SoundUnreadable, SoundEmpty, SoundCut."""
        self._path = path
        _refuse_cut(path)
        try:
            self._container = av.open(str(path))
        except (OSError, ValueError, av.FFmpegError) as exc:
            raise SoundUnreadable(
                f"{path.name} is no sound that can be read ({_short(exc)}); save it as WAV or FLAC"
            ) from exc
        try:
            if not self._container.streams.audio:
                raise SoundEmpty(f"{path.name} holds no sound; give a file that has some")
            self._stream = self._container.streams.audio[0]
            self.rate_hz = int(self._stream.rate or 0)
            self.channels = min(2, int(self._stream.codec_context.channels or 1))
            self._samples = 0
            self._frames = self._decode()
            self._first = next(self._frames, None)
            if self._first is None:
                raise SoundEmpty(f"{path.name} holds no sample; give a sound that lasts")
        except BaseException:
            self._container.close()
            raise

    def blocks(self) -> Iterator[Block]:
        """Yield all of it as int16 (channels, samples), some seconds at most at a time. Once.

        Raises: SoundUnreadable where it cannot be decoded, SoundCut where it ends before its header says.
        """
        resampler = av.AudioResampler(format="s16p", layout=LAYOUTS[self.channels])
        waiting: list[Block] = []
        held = 0
        frame = self._first
        try:
            while frame is not None:
                for out in resampler.resample(frame):
                    waiting.append(_samples(out))
                    held += out.samples
                if held >= BLOCK_SAMPLES:
                    yield np.concatenate(waiting, axis=1)
                    waiting, held = [], 0
                frame = next(self._frames, None)
            waiting += [_samples(out) for out in resampler.resample(None)]
        except (OSError, ValueError, av.FFmpegError) as exc:
            raise self._broken(exc) from exc
        if waiting:
            yield np.concatenate(waiting, axis=1)
        self._refuse_early_end()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _decode(self) -> Iterator[Any]:
        try:
            for frame in self._container.decode(self._stream):
                if frame.samples:
                    self._samples += frame.samples
                    yield frame
        except (OSError, ValueError, av.FFmpegError) as exc:
            raise self._broken(exc) from exc

    def _broken(self, exc: Exception) -> Exception:
        self._refuse_early_end()
        return SoundUnreadable(
            f"{self._path.name} cannot be decoded from {self._seconds():.1f} s on ({_short(exc)}); save it anew as WAV"
        )

    def _seconds(self) -> float:
        return self._samples / (self.rate_hz or 1)

    def _refuse_early_end(self) -> None:
        told_s = self._told_s()
        if told_s is not None and self._seconds() < told_s - SLACK_S:
            raise SoundCut(
                f"{self._path.name} ends after {self._seconds():.1f} s, its header says {told_s:.1f} s: it was cut "
                "short; give the whole file"
            )

    def _told_s(self) -> float | None:
        """What the header says; None where it says nothing of the sound."""
        name = self._container.format.name
        if not name.startswith(TELLING) and not (name == "mp3" and _has_mp3_header(self._path)):
            return None
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        if self._container.duration is None or self._container.streams.video:
            return None  # the pictures may last longer
        return self._container.duration / av.time_base


def _refuse_cut(path: Path) -> None:
    """Refuse a WAV or Ogg that ends early, which the demuxer takes for a shorter one. Raises: SoundCut."""
    try:
        size_bytes = path.stat().st_size
        with open(path, "rb") as file:
            head = file.read(12)
            # An AVI is a RIFF too; a WAV may end before it says that it is one.
            wav = head[:4] in (b"RIFF", b"RF64") and b"WAVE".startswith(head[8:])
            missing = wav and _wav_lacks(file, size_bytes)
            missing = missing or (head[:4] == b"OggS" and _ogg_lacks(file, size_bytes))
    except OSError as exc:
        raise SoundUnreadable(f"{path} cannot be opened: {exc.strerror}; give a file that can be read") from exc
    if not size_bytes:
        raise SoundEmpty(f"{path.name} is empty; give a sound that lasts")
    if missing:
        raise SoundCut(f"{path.name} was cut short: it holds less than its header says; give the whole file")


def _wav_lacks(file: BinaryIO, size_bytes: int) -> bool:
    long_bytes, at = 0, 12
    while at + 8 <= size_bytes:
        file.seek(at)
        name, length = file.read(4), int.from_bytes(file.read(4), "little")
        if name == b"ds64":
            long_bytes = int.from_bytes(file.read(16)[8:], "little")
        if name == b"data":
            if any(length in values for values in STREAMED):
                length = long_bytes
            return at + 8 + length > size_bytes
        at += 8 + length + length % 2
    return True


def _ogg_lacks(file: BinaryIO, size_bytes: int) -> bool:
    """Whether the last page is not marked as the end, or is not whole (a page has 64 kB at most)."""
    file.seek(max(0, size_bytes - 2 * TAG_BYTES))
    end = file.read()
    page = end[end.rfind(b"OggS") :]
    body = 27 + page[26] if len(page) > 27 else len(page) + 1
    return len(page) < body or not page[5] & OGG_END or len(page) < body + sum(page[27:body])


def _has_mp3_header(path: Path) -> bool:
    """Whether the first frame tells the number of frames; else the length is estimated from the first bit rate."""
    with open(path, "rb") as file:
        start = file.read(10)
        if start[:3] == b"ID3":
            file.seek(10 + sum(byte << 7 * (3 - place) for place, byte in enumerate(start[6:10])))
        else:
            file.seek(0)
        first = file.read(TAG_BYTES)
    return b"Xing" in first or b"Info" in first


def _samples(frame: Any) -> Block:
    samples: Block = frame.to_ndarray()
    return samples


def _short(exc: Exception) -> str:
    return str(getattr(exc, "strerror", None) or exc)
