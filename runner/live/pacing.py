"""Pacing: when the next part of a stream is due, and how a burst is paid back."""

from __future__ import annotations

from hls.ticks import PART_TICKS, ticks_to_ns

PART_NS = ticks_to_ns(PART_TICKS)
PAYBACK_SHARE = 0.03
"""Idle is at most this much slower while a burst is paid back: no player's rate controller notices."""
MAX_AHEAD_NS = 20_000_000_000
"""Bursts that are not paid back yet; beyond it a stop has no burst, and the page plays out. Being ahead costs no
latency, since players follow the edge and not the wall clock: room for some 20 stops in a lively talk."""


class Pacing:
    """The stream's end is kept `lead_ns` ahead of the clock, and `ahead_ns` more until bursts are paid back."""

    def __init__(self, *, lead_ns: int, origin_ns: int) -> None:
        self.lead_ns = lead_ns
        self.ahead_ns = 0
        self._origin_ns = origin_ns

    def begin(self, origin_ns: int, *, ahead_ns: int = 0) -> None:
        """Tick 0 plays at `origin_ns` of the monotonic clock by its date, and `ahead_ns` sooner until that is paid."""
        self._origin_ns = origin_ns - ahead_ns
        self.ahead_ns = ahead_ns

    def due_ns(self, next_ticks: int) -> int:
        """When the part at `next_ticks` is due: as soon as the published end is less than the lead ahead."""
        return self._origin_ns + ticks_to_ns(next_ticks) - self.lead_ns

    def may_burst(self, parts: int) -> bool:
        """Whether `parts` more may be published at once."""
        return self.ahead_ns + parts * PART_NS <= MAX_AHEAD_NS

    def burst(self, parts: int) -> None:
        """`parts` were published before they were due: what follows is due as it would have been without them."""
        self._origin_ns -= parts * PART_NS
        self.ahead_ns += parts * PART_NS

    def pay_back(self) -> None:
        """One part of idle was published: the next is due a little later while something is to be paid back."""
        paid_ns = min(self.ahead_ns, int(PART_NS * PAYBACK_SHARE))
        self._origin_ns += paid_ns
        self.ahead_ns -= paid_ns

    def after_stall(self, late_ns: int) -> int:
        """Go on now with what was due `late_ns` ago, and owe nothing. Returns when tick 0 would have played."""
        self._origin_ns += late_ns
        self.ahead_ns = 0
        return self._origin_ns
