"""A published folder as pixels and samples, the way any player sees it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from hls.mp4 import remux


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """`frames` (n, H, W, 3) RGB uint8; `pcm` 48 kHz mono int16."""

    frames: NDArray[np.uint8]
    pcm: NDArray[np.int16]


def decode_folder(folder: Path, work: Path) -> Decoded:
    """Remux and decode."""
    target = work / "decoded.mp4"
    remux(folder, target)
    return decode_file(target)


def decode_file(path: Path) -> Decoded:
    """Decode a file with sound and picture."""
    data = path.read_bytes()
    with av.open(io.BytesIO(data)) as file:
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])
    resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
    with av.open(io.BytesIO(data)) as file:
        pcm = [out.to_ndarray()[0] for frame in file.decode(audio=0) for out in resampler.resample(frame)]
    return Decoded(frames=frames, pcm=np.concatenate(pcm))
