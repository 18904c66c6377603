"""The channel's timeline: contiguous ticks since it was created, spans of idle or talk, and the gate between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .errors import SpanClosed, TimelineGap
from .ticks import NS_PER_MS, ticks_to_ns

Kind = Literal["idle", "talk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of one kind, half-open; it grows while it is the last one."""

    kind: Kind
    label: str
    start_ticks: int
    end_ticks: int


class Timeline:
    """Says where the next media goes. Memory is constant: only the last span is kept."""

    def __init__(self, *, next_ticks: int = 0, anchor_unix_ns: int = 0) -> None:
        self._next_ticks = next_ticks
        self._anchor_unix_ns = whole_ms(anchor_unix_ns)
        self._talk_is_open = False
        self._last: Span | None = None

    @property
    def next_ticks(self) -> int:
        """Where the timeline ends, which is where the next media begins."""
        return self._next_ticks

    @property
    def anchor_unix_ns(self) -> int:
        """Wall time of tick 0, in whole milliseconds, so that every PROGRAM-DATE-TIME is exactly linear in ticks."""
        return self._anchor_unix_ns

    @property
    def last_span(self) -> Span | None:
        """The span that grows, or None before the first append."""
        return self._last

    def open_talk(self) -> None:
        """Close the gate for idle. Raises: SpanClosed when a talk span is open already."""
        if self._talk_is_open:
            raise SpanClosed(f"a talk span is open at tick {self._next_ticks}; close it before the next one")
        self._talk_is_open = True

    def close_talk(self) -> None:
        """Open the gate for idle; harmless when it is open."""
        self._talk_is_open = False

    def refuse(self, kind: Kind) -> None:
        """Raises: SpanClosed for idle while a talk span is open."""
        if kind == "idle" and self._talk_is_open:
            raise SpanClosed(
                f"idle was offered at tick {self._next_ticks} while a talk span is open; close the span first"
            )

    def append(self, *, kind: Kind, label: str, duration_ticks: int, start_ticks: int | None = None) -> Span:
        """Take media of `duration_ticks`; return its place.

        Raises: TimelineGap when `start_ticks` is given and is not where the timeline ends, or nothing is added;
        SpanClosed for idle while a talk span is open.
        """
        self.refuse(kind)
        start = self._next_ticks
        if start_ticks is not None and start_ticks != start:
            raise TimelineGap(
                f"media for tick {start_ticks} was offered; the timeline ends at {start}: offer what begins there"
            )
        if duration_ticks <= 0:
            raise TimelineGap(f"{duration_ticks} ticks of media were offered at tick {start}; offer one frame at least")
        self._next_ticks = start + duration_ticks
        last = self._last
        grows = last is not None and (last.kind, last.label) == (kind, label)
        first = last.start_ticks if last is not None and grows else start
        self._last = Span(kind=kind, label=label, start_ticks=first, end_ticks=self._next_ticks)
        return Span(kind=kind, label=label, start_ticks=start, end_ticks=self._next_ticks)

    def anchor(self, unix_ns: int) -> None:
        """Set a new wall time of tick 0; only legal together with a discontinuity."""
        self._anchor_unix_ns = whole_ms(unix_ns)

    def pdt_unix_ns(self, ticks: int) -> int:
        """PROGRAM-DATE-TIME of a tick, in ns since 1970."""
        return self._anchor_unix_ns + ticks_to_ns(ticks)


def whole_ms(unix_ns: int) -> int:
    """The time rounded down to a millisecond, which is what a playlist can say."""
    return unix_ns // NS_PER_MS * NS_PER_MS
