"""The rehearsal: what cannot go on air is told now, the first real sentence finds all warm, and the speed is known."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hls.errors import HlsError
from runner.compose import Stage, new_studio
from runner.errors import RunnerError
from runner.live.counters import Meter, NoMeter
from runner.live.paces import Paces
from runner.live.planner import Pace
from runner.live.recording import record
from runner.ports import Clock
from runner.settings import Settings

SHORT = "Yes."
"""One window of nearly any graph, the shortest render there is: it loads the models and shows what cannot go on air."""
SENTENCE = "One, two, three, four. Good evening, and welcome to the programme."
"""Windows that follow each other, rendered warm: their speed is the one that counts."""
QUICK_NS = 15_000_000_000
"""A graph whose first window took longer, models included, is not made to wait for a whole sentence."""
logger = logging.getLogger(__name__)


async def rehearse(stage: Stage, settings: Settings, *, clock: Clock, say: Callable[[str], None]) -> Paces:
    """Speak to nobody, where the settings want that; return how fast this machine renders the graph.

    Raises: RunnerError for what cannot go on air. What may be gone the next time is only logged: the streams that are
    open must not wait for a full disk, or for an engine that comes back.
    """
    if not settings.rehearsal or settings.fake_run or not settings.allow_generation:
        return Paces()
    begun_ns = clock.monotonic_ns()
    told = _Told(say)
    # Each engine loads its own models; that it cannot go on air is told of all of them.
    alone = [replace(stage, renderer=one, others=()) for one in (stage.renderer, *stage.others)]
    cold, *_ = await asyncio.gather(*(_speak(SHORT, one, settings, clock=clock, meter=told) for one in alone))
    if cold is None:
        return Paces()
    if clock.monotonic_ns() - begun_ns > QUICK_NS:
        # Loading is in this figure: it stands only until the first real window is measured.
        return Paces(Pace(rtf=cold.last_rtf, spread=cold.step.spread))
    return await _speak(SENTENCE, alone[0], settings, clock=clock, meter=told) or cold


class _Told(NoMeter):
    """Says which window is being rendered."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._window = 0
        self._next()

    def window(self, *, render_ns: int, playing_ns: int) -> None:
        """See `Meter`."""
        self._next()

    def _next(self) -> None:
        self._window += 1
        self._say(f"Rehearsing: window {self._window} …")


async def _speak(text: str, stage: Stage, settings: Settings, *, clock: Clock, meter: Meter) -> Paces | None:
    """Return the measured paces; None when it failed for a passing reason."""
    paces = Paces()
    with tempfile.TemporaryDirectory(prefix="onair-") as folder:
        try:
            await record(
                text,
                studio=replace(new_studio(stage, clock=clock, paces=paces), meter=meter),
                speech=stage.speech,
                voice=settings.voice,
                speed=settings.speed,
                folder=Path(folder),
                anchor_unix_ns=clock.unix_ns(),
                on_progress=lambda done, total: None,
            )
        except (RunnerError, HlsError) as exc:
            if exc.retryable:
                logger.warning("the rehearsal failed", extra={"code": exc.code, "reason": str(exc)})
                return None
            if isinstance(exc, RunnerError):
                raise
            raise RunnerError(f"this workflow cannot go on air; correct this first: {exc}", code=exc.code) from exc
    return paces
