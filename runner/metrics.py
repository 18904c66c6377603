"""What `/metrics` shows. The owner of prometheus-client."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

RTF_BUCKETS = (0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 0.75, 1.0, 1.5, 3.0, 10.0, 30.0)
DRIFT_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2)  # 0.02 is just seen side by side
FIRST_FRAME_BUCKETS = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 15.0, 60.0)

TOTALS = {
    # Field of the live loop's totals -> what it counts. A field that is not here is shown by its own name.
    "parts_idle": "Parts of idle published",
    "parts_talk": "Parts of talk published",
    "windows_rendered": "Windows rendered",
    "windows_retried": "Windows sent again after an error",
    "windows_late": "Talk spans that closed because the next window was late (a stall avoided by idle)",
    "windows_discarded": "Windows rendered and not published",
    "spans_opened": "Talk spans opened",
    "spans_resumed": "Talk spans opened again inside a turn",
    "media_parameters": "Clips refused because their H.264 parameters were not the stream's",
    "sessions_opened": "Sessions opened",
    "sessions_refused": "Sessions refused for lack of capacity",
    "sessions_closed": "Sessions closed",
}


class Metrics:
    """One registry of its own, so that two servers in a process (tests) do not count into each other.

    What the parts count themselves is read at the moment of `render` (`totals`, `gauge`, `counter`); what only
    happens once is observed here (`window`, `colour_drift`, `first_frame`).
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._rtf = Histogram(
            "onair_window_rtf", "Seconds to render / seconds rendered", buckets=RTF_BUCKETS, registry=self._registry
        )
        self._first_frame = Histogram(
            "onair_first_frame_seconds",
            "From the text to the publishing of its first talk part",
            buckets=FIRST_FRAME_BUCKETS,
            registry=self._registry,
        )
        self._colour_drift = Histogram(
            "onair_colour_drift",
            "A window's mean colour from the reference's, in OKLab",
            buckets=DRIFT_BUCKETS,
            registry=self._registry,
        )
        self._errors = Counter(
            "onair_errors", "What was refused and what failed, by code", labelnames=("code",), registry=self._registry
        )

    def window(self, *, render_ns: int, playing_ns: int) -> None:
        """Observe one rendered window by its render time and its playing time."""
        if playing_ns > 0:
            self._rtf.observe(render_ns / playing_ns)

    def colour_drift(self, distance: float) -> None:
        """Observe one rendered window's distance from the reference's colour."""
        self._colour_drift.observe(distance)

    def first_frame(self, latency_ns: int) -> None:
        """Observe a turn's wait, from its text to its first published talk part."""
        self._first_frame.observe(latency_ns / 1e9)

    def error(self, code: str) -> None:
        """Count an error by its code; codes are ours, so the label cannot grow without bound."""
        self._errors.labels(code=code).inc()

    def totals(self, read: Callable[[], Any]) -> None:
        """Show every number of the dataclass that `read` returns, as `onair_<field>_total`; `…_max` is a gauge."""
        self._registry.register(_Totals(read))

    def counter(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Show a total that another part counts: engine restarts, store failures."""
        self._registry.register(_Read(CounterMetricFamily, f"onair_{name}", description, read))

    def gauge(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Show a value as it is at the moment of reading: open sessions, the engine's memory."""
        Gauge(f"onair_{name}", description, registry=self._registry).set_function(read)

    def render(self) -> bytes:
        """Return everything as Prometheus text."""
        return generate_latest(self._registry)


class _Totals(Collector):
    def __init__(self, read: Callable[[], Any]) -> None:
        self._read = read

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        totals = self._read()
        for field in dataclasses.fields(totals):
            value = getattr(totals, field.name)
            if isinstance(value, (int, float)):
                description = TOTALS.get(field.name, field.name.replace("_", " "))
                family = GaugeMetricFamily if field.name.endswith("_max") else CounterMetricFamily
                yield family(f"onair_{field.name}", description, value=value)


class _Read(Collector):
    def __init__(
        self, family: type[CounterMetricFamily], name: str, description: str, read: Callable[[], float]
    ) -> None:
        self._family = family
        self._name = name
        self._description = description
        self._read = read

    def collect(self) -> Iterable[CounterMetricFamily]:
        yield self._family(self._name, self._description, value=self._read())
