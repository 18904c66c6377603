"""The window's sound between file, bytes and floats. All of it mono, 16 kHz."""

from __future__ import annotations

import wave
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import SoundUnreadable
from .rolling_wav import RATE_HZ, AudioWindow


def read_wav(path: Path) -> bytes:
    """Return the s16le samples of a 16 kHz mono WAV. Raises: SoundUnreadable."""
    try:
        with wave.open(str(path), "rb") as file:
            shape = (file.getframerate(), file.getnchannels(), file.getsampwidth())
            if shape != (RATE_HZ, 1, 2):
                raise SoundUnreadable(
                    f"{path.name} is {shape[0]} Hz, {shape[1]} channel(s), {8 * shape[2]} bit; "
                    f"write it as {RATE_HZ} Hz, mono, 16 bit"
                )
            return file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as exc:
        raise SoundUnreadable(f"the sound {path.name} cannot be read ({exc}); write the window's WAV again") from exc


def to_wav(pcm_s16le: bytes) -> bytes:
    """16 kHz mono s16le samples → the WAV that `read_wav` takes."""
    content = BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(pcm_s16le)
    return content.getvalue()


def fit_samples(pcm_s16le: bytes, samples: int) -> bytes:
    """Cut or pad with silence to `samples`."""
    return pcm_s16le[: 2 * samples].ljust(2 * samples, b"\0")


def new_samples(window: AudioWindow, *, fps: int) -> bytes:
    """Return the s16le samples under the window's new frames: what is heard while its clip is seen."""
    frame_samples = RATE_HZ // fps
    start_samples = window.context_samples + window.overlap_frames * frame_samples
    return window.pcm_s16le[2 * start_samples : 2 * (start_samples + window.new_frames * frame_samples)]


def to_floats(pcm_s16le: bytes) -> NDArray[np.float32]:
    """s16le → float32 in -1..1, shape (samples,)."""
    samples: NDArray[np.float32] = np.frombuffer(pcm_s16le, dtype="<i2").astype(np.float32)
    samples /= np.float32(32768.0)
    return samples


def to_s16le(samples: NDArray[np.float32]) -> bytes:
    """float32 in -1..1 (samples,) → s16le; what is louder is clipped, NaN is silence."""
    scaled = np.nan_to_num(samples * np.float32(32768.0))
    return bytes(np.clip(np.rint(scaled), -32768, 32767).astype("<i2").tobytes())


def mono(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """ComfyUI's waveform (batch, channels, samples) or (channels, samples) → the first sound's mean over channels."""
    first = waveform[0] if waveform.ndim == 3 else waveform
    return np.ascontiguousarray(first.mean(axis=0) if first.ndim == 2 else first, dtype=np.float32)


def events_of(
    events: Iterable[dict[str, Any]], *, start_samples: int, context_samples: int, samples: int
) -> list[dict[str, Any]]:
    """Return the events a window hears, counted from its first sample (`start_samples` of the whole sound).

    Units: samples at 16 kHz. From `context_samples` before the window to `samples` after its start; the last event
    before that is kept too, because a phoneme holds until the next one.
    """
    shifted = sorted(
        ({**event, "start_samples": int(event["start_samples"]) - start_samples} for event in events),
        key=lambda event: event["start_samples"],
    )
    inside = [event for event in shifted if -context_samples <= event["start_samples"] < samples]
    before = [event for event in shifted if event["start_samples"] < -context_samples and event["kind"] == "phoneme"]
    return [*before[-1:], *inside]
