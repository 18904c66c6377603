"""The persistent AAC encoder of a stream: one for all its life, because each new one would begin with priming."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from .errors import MediaParameters
from .ticks import AAC_FRAME_TICKS, BYTES_PER_SAMPLE, TICKS_HZ

BIT_RATE = 96_000
FULL_SCALE = 32_768.0


class AacEncoder:
    """48 kHz mono s16le in, raw AAC-LC packets of 1024 samples out; packet 0 starts at the first sample fed.

    Fed n samples it has given floor(n / 1024) - 2 packets: lavc's encoder looks two frames ahead, so a part carries
    the sound of its own time less 2048 ticks.
    """

    def __init__(self) -> None:
        context: Any = av.CodecContext.create("aac", "w")
        context.sample_rate = TICKS_HZ
        context.layout = "mono"
        context.format = "fltp"
        context.bit_rate = BIT_RATE
        context.time_base = Fraction(1, TICKS_HZ)
        context.open()
        self._context = context
        self._rest: NDArray[np.float32] = np.empty(0, dtype=np.float32)
        self._fed_samples = 0

    @property
    def config(self) -> bytes:
        """AudioSpecificConfig, as lavc writes it (5 bytes for mono): it goes into `esds` unchanged."""
        return bytes(self._context.extradata)

    def feed(self, pcm_s16le: bytes) -> list[bytes]:
        """Encode whole samples; return the packets that became ready. Raises: MediaParameters (half a sample)."""
        if len(pcm_s16le) % BYTES_PER_SAMPLE:
            raise MediaParameters(f"{len(pcm_s16le)} bytes are not whole 16-bit samples; feed an even number")
        fresh = np.frombuffer(pcm_s16le, dtype="<i2").astype(np.float32) / np.float32(FULL_SCALE)
        samples = np.concatenate([self._rest, fresh]) if len(self._rest) else fresh
        whole = len(samples) // AAC_FRAME_TICKS * AAC_FRAME_TICKS
        self._rest = samples[whole:].copy()
        packets: list[bytes] = []
        for at in range(0, whole, AAC_FRAME_TICKS):
            packets += self._encode(samples[at : at + AAC_FRAME_TICKS])
        return packets

    def _encode(self, samples: NDArray[np.float32]) -> list[bytes]:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), format="fltp", layout="mono")
        frame.sample_rate = TICKS_HZ
        frame.time_base = Fraction(1, TICKS_HZ)
        frame.pts = self._fed_samples
        self._fed_samples += AAC_FRAME_TICKS
        return self._kept(self._context.encode(frame))

    @staticmethod
    def _kept(packets: list[Any]) -> list[bytes]:
        # pts -1024 is the priming packet: dropped, and the next one stands at 0, so no edit list is needed.
        return [bytes(packet) for packet in packets if packet.pts is not None and packet.pts >= 0]
