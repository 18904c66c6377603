"""What the live loop counts; `runner/metrics.py` reads it."""

from __future__ import annotations

from dataclasses import dataclass


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
