"""Intake: a sound file of any kind becomes speech on disk, 48 kHz s16le, in constant memory."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from custom_nodes.tts.resample import PROGRAMME_HZ, Resampler
from hls.sound_file import SoundFile
from hls.ticks import BYTES_PER_SAMPLE
from runner.errors import EngineError

SPEECH = "speech.s16le"
SPEECH_2 = "speech_2.s16le"
SOUND = "sound.s16le"
"""In stereo, interleaved; not there where the sound has one channel."""
PART = ".part"


def take_in(
    source: Path, speech: Path, *, stereo: Path | None = None, stop: threading.Event | None = None
) -> tuple[int, int]:
    """Write the mono `speech`, and `stereo` where the source has more channels; return samples and channels kept.

    Blocking, until it is done or `stop` is set. What was begun before is written anew; both take their place when they
    are whole. Raises: SoundUnreadable, SoundEmpty, SoundCut; EngineError `engine.disk`; CancelledError once stopped.
    """
    with contextlib.closing(SoundFile(source)) as sound:
        channels = sound.channels if stereo is not None else 1
        targets = [speech] if channels == 1 or stereo is None else [speech, stereo]
        parts = [target.with_name(target.name + PART) for target in targets]
        try:
            samples = _write(sound, parts, stop or threading.Event())
            for part, target in zip(parts, targets, strict=True):
                part.replace(target)
        except OSError as exc:
            raise EngineError(
                f"the sound cannot be written into {speech.parent}: {exc.strerror}; free some space there",
                code="engine.disk",
                retryable=True,
            ) from exc
        finally:
            for part in parts:
                part.unlink(missing_ok=True)
    return samples, channels


def _write(sound: SoundFile, parts: Sequence[Path], stop: threading.Event) -> int:
    samples = 0
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(part.open("wb")) for part in parts]
        for block in _resampled(sound):
            if stop.is_set():
                raise CancelledError
            files[0].write(_mono(block).tobytes())
            if len(files) > 1:
                files[1].write(np.ascontiguousarray(block.T).tobytes())
            samples += block.shape[1]
    return samples


def _resampled(sound: SoundFile) -> Iterator[NDArray[np.int16]]:
    """Yield the sound at 48 kHz, int16 (channels, samples)."""
    resamplers = [Resampler(sound.rate_hz, PROGRAMME_HZ) for _ in range(sound.channels)]
    for block in sound.blocks():
        pieces = [one.feed(channel.tobytes()) for one, channel in zip(resamplers, block, strict=True)]
        yield np.stack([np.frombuffer(piece, "<i2") for piece in pieces])
    yield np.stack([np.frombuffer(one.finish(), "<i2") for one in resamplers])


def _mono(block: NDArray[np.int16]) -> NDArray[np.int16]:
    mean: NDArray[np.int16] = (block.astype(np.int32).sum(axis=0) // len(block)).astype("<i2")
    return mean


def samples_of(speech: Path) -> int:
    """Return how many samples a mono file of speech holds; 0 where there is none."""
    try:
        return speech.stat().st_size // BYTES_PER_SAMPLE
    except OSError:
        return 0
