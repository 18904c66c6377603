"""The window's sound and events: from the request's files, or cut out of the editor's AUDIO."""

from __future__ import annotations

import dataclasses
from typing import Any

from ...hls_segment.paths import OnairFolders
from ...hls_segment.request import WindowRequest
from .. import sound
from ..errors import WindowIndex
from ..loudness import LoudnessMeter, gain_to
from ..rolling_wav import RATE_HZ, AudioWindow, RollingWav

LOOKAHEAD_FRAMES = 4


def pcm_of(folders: OnairFolders, request: WindowRequest, name: str) -> bytes:
    """Return the request's sound, exactly as long as context, window and look-ahead; silence for no name (idle)."""
    frames = request.overlap_frames + request.new_frames + LOOKAHEAD_FRAMES
    samples = request.context_samples + frames * RATE_HZ // request.fps
    return sound.fit_samples(sound.read_wav(folders.read(name)) if name else b"", samples)


def cut(
    audio: Any, *, index: int, window_frames: int, overlap_frames: int, fps: int, loudness_lufs: float = 0.0
) -> AudioWindow:
    """Return window `index` of a whole sound; without sound every window is silence. Raises: WindowIndex."""
    from ...tts.resample import resample

    shape = {"window_frames": window_frames, "overlap_frames": overlap_frames, "fps": fps}
    if audio is None:
        rolling = RollingWav(**shape)
        # All windows of silence are alike, so none is made of those before: the index may be anything.
        rolling.feed(b"\0\0")
        return dataclasses.replace(
            rolling.finish()[0], index=index, start_frame=index * (window_frames - overlap_frames)
        )
    waveform = sound.mono(audio["waveform"].detach().cpu().numpy())
    pcm = resample(sound.to_s16le(waveform), int(audio["sample_rate"]), RATE_HZ)
    meter = LoudnessMeter()
    if loudness_lufs:
        meter.feed(pcm)
    rolling = RollingWav(**shape, loudness_lufs=loudness_lufs, gain=gain_to(loudness_lufs, of_lufs=meter.lufs))
    windows = rolling.feed(pcm) + rolling.finish()
    if index >= len(windows):
        raise WindowIndex(
            f"the sound has {len(windows)} window(s); set index to {max(0, len(windows) - 1)} at most, not {index}"
            if windows
            else "the sound is empty; give OnAir Window's audio at least one sample"
        )
    return windows[index]


def heard_events(events: Any, window: AudioWindow) -> list[dict[str, Any]]:
    """Return those of the whole sound's events that `window` hears, counted from its first sample at 16 kHz."""
    heard_samples = len(window.pcm_s16le) // 2 - window.context_samples
    frames = window.overlap_frames + window.new_frames + LOOKAHEAD_FRAMES
    start_frame = window.start_frame - window.overlap_frames
    return sound.events_of(
        events or (),
        start_samples=start_frame * (heard_samples // frames),
        context_samples=window.context_samples,
        samples=heard_samples,
    )
