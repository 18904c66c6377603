"""Talk that renders slower than it plays: the real live loop in virtual time, judged on the playlist it published."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest

from hls.store import MemoryStore
from hls.ticks import FRAME_TICKS, ticks_to_ns
from runner.live.paces import Paces
from runner.live.planner import Pace
from runner.ports import ApiGraph

from .conftest import GENERATED, LEAD_NS, SECOND, TALK, Stage, open_stage
from .playlist import Listed, listed

TEXT = "we shall now hear how a long answer is told without a pause or a fault by whoever renders it slowly"
MARGIN_NS = 40_000_000


@dataclass(frozen=True)
class Case:
    """A speech of about `seconds` on a machine whose windows take `rtf`, each up to `spread` of it more or less."""

    seconds: int
    rtf: float
    spread: float
    talk: ApiGraph

    @property
    def name(self) -> str:
        return f"{self.seconds}s-rtf{self.rtf}-spread{self.spread}-{'portrait' if self.talk is TALK else 'generated'}"

    @property
    def text(self) -> str:
        # The tone voice speaks some 16 letters a second.
        words: list[str] = []
        of = TEXT.split()
        while sum(map(len, words)) < 13 * self.seconds:
            words.append(of[len(words) % len(of)] + ("." if len(words) % 9 == 8 else ""))
        return " ".join(words)


def cases() -> list[Case]:
    """Hundreds, from short and just too slow to long and hopeless; the first dozen covers all of it coarsely."""
    few = [
        Case(seconds, rtf, spread, talk)
        for seconds, rtf, spread in [(20, 3.0, 0.2), (3, 1.1, 0.0), (8, 1.5, 0.5), (14, 2.0, 0.1), (5, 8.0, 0.3)]
        for talk in (GENERATED, TALK)
    ]
    chance = random.Random(4)
    many = [
        Case(
            chance.randint(2, 24),
            round(chance.uniform(1.02, 9.0), 2),
            round(chance.uniform(0, 0.6), 2),
            chance.choice([GENERATED, TALK]),
        )
        for _ in range(300)
    ]
    return few + [case for case in many if case.seconds * case.rtf < 120]


ALL = cases()


@pytest.mark.parametrize("case", ALL[:10], ids=lambda case: case.name)
async def test_slow_talk_starts_when_it_was_told_and_plays_through(case: Case, tmp_path: Path) -> None:
    await play(case, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("case", ALL[10:], ids=lambda case: case.name)
async def test_slow_talk_of_any_length_speed_and_spread(case: Case, tmp_path: Path) -> None:
    await play(case, tmp_path)


async def play(case: Case, data: Path) -> None:
    paces = Paces(Pace(rtf=case.rtf, spread=case.spread), known=True)
    async with open_stage(
        data, rtf=case.rtf, spread=case.spread, talk=case.talk, paces=paces, store_for=lambda _: MemoryStore()
    ) as stage:
        session = await stage.session()
        await stage.clock.advance_ns(2 * SECOND)
        asked_ns = stage.clock.unix_ns()
        await session.prompt(case.text)
        told = await until_talk(stage)
        await stage.turn_ends(limit_s=200)
        await stage.clock.advance_ns(2 * SECOND)
        segments = listed(session.channel.stream.playlist(live_parts=False))
        folder = next((data / "turns" / session.channel.id).iterdir())
        assert stage.of("turn_end")[0]["reason"] == "done", stage.of("error")
        assert [kind for kind, _ in groupby(one.kind for one in segments)] == ["idle", "talk", "idle"]
        assert not any(one.discontinuity for one in segments)
        assert stage.counters.windows_late == 0
        assert stage.counters.publish_late_ns_max < 1_000_000
        first = next(one for one in segments if one.kind == "talk")
        published_ns = first.pdt_unix_ns - LEAD_NS
        loop_ns = ticks_to_ns(session.channel.idle.frames * FRAME_TICKS)
        told_ns, eta_ns = told[-1]
        assert abs(told_ns + eta_ns - published_ns) <= ticks_to_ns(8 * FRAME_TICKS), (eta_ns, told)
        # An oracle that knows all render times could begin so early; what it cannot beat is the loop's entry points.
        windows = windows_of(folder)
        late_ns = published_ns - asked_ns - earliest_ns(windows, engines=1)
        playing_ns = ticks_to_ns(talk_frames(segments) * FRAME_TICKS)
        # At the start what is still to be rendered is as long as what is to be played: that much may be uncertain.
        unknown_ns = playing_ns * case.spread / (1 - case.spread) + max(one.render_ns for one in windows)
        assert -ticks_to_ns(8 * FRAME_TICKS) < late_ns <= unknown_ns + loop_ns + MARGIN_NS, (late_ns, unknown_ns)


async def until_talk(stage: Stage) -> list[tuple[int, int]]:
    """Wait for the talk; return each eta that was told and when, in nanoseconds."""
    told: list[tuple[int, int]] = []
    seen = 0

    def talks() -> bool:
        nonlocal seen
        states = stage.of("state")
        for state in states[seen:]:
            if state["state"] == "thinking" and "eta_ms" in state:
                told.append((stage.clock.unix_ns(), state["eta_ms"] * 1_000_000))
        seen = len(states)
        return states[-1]["state"] == "talking"

    await stage.until(talks, limit_s=400)
    return told


@dataclass(frozen=True)
class Window:
    """What a window took, where it plays, and whether it begins a passage."""

    render_ns: int
    start_frame: int
    new_frames: int
    begins: bool


def windows_of(folder: Path) -> list[Window]:
    told = [json.loads(path.read_text()) for path in sorted(folder.glob("window_?????.json"))]
    return [
        Window(one["render_ns"], one["start_frame"], one["new_frames"], "/entry_" in one["state_in"]) for one in told
    ]


def earliest_ns(windows: list[Window], *, engines: int) -> int:
    """Return the earliest start without an underrun, by what the windows took: each passage on who is free first."""
    free_ns, start_ns, lane = [0] * engines, 0, 0
    for window in windows:
        if window.begins:
            lane = free_ns.index(min(free_ns))
        free_ns[lane] += window.render_ns
        start_ns = max(start_ns, free_ns[lane] - ticks_to_ns(window.start_frame * FRAME_TICKS))
    return start_ns


def talk_frames(segments: list[Listed]) -> int:
    return sum(one.duration_ticks for one in segments if one.kind == "talk") // FRAME_TICKS
