"""The idle loop comes to a talk's entry point a moment too early: talk begins at a later one, not a loop later."""

from __future__ import annotations

from pathlib import Path

import pytest

from hls.store import MemoryStore
from hls.ticks import FRAME_TICKS, NS_PER_MS, ticks_to_ns

from .conftest import SECOND, open_stage

TEXT = "a sentence that is long enough for some windows and not for a whole loop"
PHASES_MS = range(0, 320, 40)


@pytest.mark.parametrize("rtf", [0.2, 0.5, 0.65, 0.8])
async def test_talk_that_keeps_up_begins_long_before_the_loop_comes_round(rtf: float, tmp_path: Path) -> None:
    async with open_stage(tmp_path, rtf=rtf, spread=0.4, store_for=lambda _: MemoryStore()) as stage:
        waited = []
        for phase_ms in PHASES_MS:
            session = await stage.session()
            await stage.clock.advance_ns(2 * SECOND + phase_ms * NS_PER_MS)
            asked_ns, turns = stage.clock.unix_ns(), len(stage.of("turn_end"))
            await session.prompt(TEXT)
            await stage.until(lambda: stage.of("state")[-1]["state"] == "talking", limit_s=20)
            waited.append(stage.clock.unix_ns() - asked_ns)
            await stage.turn_ends(turns + 1)
            await stage.hub.close_session(session.id)
        loop_ns = ticks_to_ns(session.channel.idle.frames * FRAME_TICKS)
        assert max(waited) < 0.75 * loop_ns, waited
