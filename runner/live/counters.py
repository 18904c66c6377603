"""What the live loop counts, and what it tells a meter; `runner/metrics.py` shows both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(slots=True, kw_only=True)
class LiveCounters:
    """Totals since the start, over all channels. Only the live loop writes them."""

    parts_idle: int = 0
    parts_talk: int = 0
    discontinuities: int = 0
    publish_late_ns_max: int = 0
    channels_failed: int = 0
    spans_opened: int = 0
    spans_resumed: int = 0
    windows_rendered: int = 0
    windows_retried: int = 0
    windows_late: int = 0
    """Talk spans that closed because the next window was not there."""
    windows_discarded: int = 0
    """Rendered, and then not published: the turn was cut, or its entry had passed."""
    passages_moved: int = 0
    """Times that another engine took over what one that is gone had begun."""
    entries_missed: int = 0
    turns_done: int = 0
    turns_interrupted: int = 0
    turns_failed: int = 0
    turns_resumed: int = 0
    bursts: int = 0
    sessions_opened: int = 0
    sessions_refused: int = 0
    sessions_closed: int = 0
    messages_dropped: int = 0
    media_parameters: int = 0
    """Clips refused because their parameters were not the stream's."""


class Meter(Protocol):
    """What is observed once, as a distribution: `runner.metrics.Metrics`."""

    def window(self, *, render_ns: int, playing_ns: int) -> None:
        """Take one rendered window's render time and playing time."""

    def colour_drift(self, distance: float) -> None:
        """Take one rendered window's distance from the reference's colour, in OKLab."""

    def first_frame(self, latency_ns: int) -> None:
        """Take a turn's wait, from its text to its first published talk part."""

    def error(self, code: str) -> None:
        """Take the code of an error: it ended a turn, or let a window be sent again."""


class NoMeter:
    """Observes nothing: a recording, a rehearsal, a test."""

    def window(self, *, render_ns: int, playing_ns: int) -> None:
        """See `Meter`."""

    def colour_drift(self, distance: float) -> None:
        """See `Meter`."""

    def first_frame(self, latency_ns: int) -> None:
        """See `Meter`."""

    def error(self, code: str) -> None:
        """See `Meter`."""
