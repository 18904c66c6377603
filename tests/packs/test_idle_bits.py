"""What the default avatar takes of a network: a phone's 1.6 Mbit/s must hold it with sound and room to spare."""

from __future__ import annotations

from pathlib import Path

import pytest

from custom_nodes.portrait.drawn import DEFAULT, draw
from custom_nodes.portrait.talker import Talker
from hls.encode import encode_clip

SIZE, FRAMES, FPS = 512, 96, 25


@pytest.mark.parametrize(("idr_every_frames", "most_bits_per_s"), [(8, 900_000), (24, 600_000)])
def test_idle_fits_a_slow_network(tmp_path: Path, idr_every_frames: int, most_bits_per_s: int) -> None:
    talker = Talker(draw(DEFAULT, SIZE, SIZE))
    path = tmp_path / "loop.mp4"
    encode_clip(talker.idle(FRAMES), path, width=SIZE, height=SIZE, idr_every_frames=idr_every_frames)
    bits_per_s = path.stat().st_size * 8 * FPS / FRAMES
    assert 100_000 < bits_per_s < most_bits_per_s
