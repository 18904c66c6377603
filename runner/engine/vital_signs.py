"""VitalSigns: when a ComfyUI that holds a prompt is given up. Times are those of the monotonic clock.

A wedged ComfyUI and one that works on a long step look alike from outside: no event, and a dead worker thread still
answers HTTP. What tells them apart is the work of the process itself, which we see where it is our child.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hls.ticks import NS_PER_SECOND

BUSY_TIMES = 6
"""A process that works, and a server whose work we cannot see, may be so many times longer without progress."""
LEAST_CORE = 0.05
"""Less than this share of a core is no work. Measured: a ComfyUI with a dead worker that is asked four times a second
uses 0.01, a process that computes without pause 0.17 on two cores with a load average of 12."""
LEAST_IO_BYTES_PER_S = 256_000
"""Loading a model from a slow disk hardly uses the CPU."""
SAMPLE_NS = NS_PER_SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a process has used since it began."""

    cpu_ns: int
    io_bytes: int


class VitalSigns:
    """`work` reads what the child has used; None: the process is somebody else's."""

    def __init__(self, now_ns: int, work: Callable[[], Work | None] | None) -> None:
        self._work = work
        self.begin(now_ns)

    def begin(self, now_ns: int) -> None:
        """Nobody asked it anything before, which is no silence."""
        self._progressed_ns = self._answered_ns = self._worked_ns = now_ns
        self._sample: tuple[int, Work] | None = None

    def progressed(self, now_ns: int) -> None:
        """An event came, or a prompt's status changed."""
        self._progressed_ns = now_ns

    def answered(self, now_ns: int) -> None:
        """It answered by HTTP."""
        self._answered_ns = now_ns

    def silent(self, now_ns: int, *, limit_ns: int, unseen_ns: int | None = None) -> bool:
        """Whether it answers, but nothing happens in it any more; `unseen_ns`: the limit where its work is unseen."""
        unseen_ns = limit_ns * BUSY_TIMES if unseen_ns is None else unseen_ns
        return self._over(self._progressed_ns, now_ns, limit_ns, unseen_ns=unseen_ns)

    def unreachable(self, now_ns: int, *, limit_ns: int) -> bool:
        """Whether it takes connections and never answers: frozen, or so busy that it is as good as that."""
        return self._over(self._answered_ns, now_ns, limit_ns, unseen_ns=limit_ns)

    def unanswered_ns(self, now_ns: int) -> int:
        """How long it has not answered."""
        return now_ns - self._answered_ns

    def _over(self, since_ns: int, now_ns: int, limit_ns: int, *, unseen_ns: int) -> bool:
        quiet_ns = now_ns - since_ns
        if self._work is None:
            return quiet_ns >= unseen_ns
        if quiet_ns >= limit_ns // 4:
            self._look(now_ns, every_ns=min(SAMPLE_NS, limit_ns // 4))
        return quiet_ns >= limit_ns * BUSY_TIMES or now_ns - max(since_ns, self._worked_ns) >= limit_ns

    def _look(self, now_ns: int, *, every_ns: int) -> None:
        if self._sample is not None and now_ns - self._sample[0] < every_ns:
            return
        used = self._work() if self._work is not None else None
        if used is None:
            return
        before, self._sample = self._sample, (now_ns, used)
        if before is None:
            return
        passed_ns = now_ns - before[0]
        works = used.cpu_ns - before[1].cpu_ns >= passed_ns * LEAST_CORE
        loads = (used.io_bytes - before[1].io_bytes) * NS_PER_SECOND >= passed_ns * LEAST_IO_BYTES_PER_S
        if works or loads:
            self._worked_ns = now_ns
