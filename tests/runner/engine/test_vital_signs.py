"""A wedged engine is given up soon; one that works on a long step, or loads a model, is not."""

from __future__ import annotations

import pytest

from hls.ticks import NS_PER_SECOND as NS
from runner.engine.vital_signs import BUSY_TIMES, VitalSigns, Work

LIMIT_NS = 10 * NS


class Process:
    """Uses `core` of a core and reads `io` bytes a second."""

    def __init__(self, *, core: float = 0.0, io: int = 0) -> None:
        self.core, self.io, self.now_ns = core, io, 0

    def work(self) -> Work:
        return Work(cpu_ns=int(self.now_ns * self.core), io_bytes=self.io * self.now_ns // NS)


def silent_after_s(process: Process | None, *, at_most_s: int = 200) -> int | None:
    """Ask four times a second, as the client does; return after how many seconds it is given up."""
    signs = VitalSigns(0, process.work if process is not None else None)
    for quarter in range(at_most_s * 4):
        now_ns = quarter * NS // 4
        if process is not None:
            process.now_ns = now_ns
        signs.answered(now_ns)
        assert not signs.unreachable(now_ns, limit_ns=LIMIT_NS)
        if signs.silent(now_ns, limit_ns=LIMIT_NS):
            return quarter // 4
    return None


@pytest.mark.parametrize(
    ("process", "seconds"),
    [
        (Process(core=0.0), 10),
        (Process(core=0.01), 10),  # what asking it costs
        (Process(core=0.1), 10 * BUSY_TIMES),
        (Process(core=0.02, io=5_000_000), 10 * BUSY_TIMES),  # a model from a slow disk
        (None, 10 * BUSY_TIMES),  # somebody else's server
    ],
)
def test_silence_counts_from_the_last_work_that_is_seen(process: Process | None, seconds: int) -> None:
    assert silent_after_s(process) == seconds


def test_work_that_stops_is_the_last_sign() -> None:
    process = Process(core=1.0)
    signs = VitalSigns(0, process.work)
    for quarter in range(60 * 4):
        process.now_ns = min(quarter * NS // 4, 20 * NS)
        if signs.silent(quarter * NS // 4, limit_ns=LIMIT_NS):
            assert 30 <= quarter / 4 <= 31
            return
    pytest.fail("never given up")


def test_progress_begins_the_silence_anew() -> None:
    signs = VitalSigns(0, Process().work)
    signs.progressed(8 * NS)
    assert not signs.silent(17 * NS, limit_ns=LIMIT_NS)
    assert signs.silent(18 * NS, limit_ns=LIMIT_NS)


@pytest.mark.parametrize("process", [Process(), None])
def test_no_answer_at_all_counts_at_once(process: Process | None) -> None:
    signs = VitalSigns(0, process.work if process is not None else None)
    signs.progressed(9 * NS)  # a late event from the socket's buffer is no answer
    assert not signs.unreachable(9 * NS, limit_ns=LIMIT_NS)
    assert signs.unreachable(10 * NS, limit_ns=LIMIT_NS)
