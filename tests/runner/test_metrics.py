"""What `/metrics` shows."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from runner.metrics import Metrics


@dataclass
class Totals:
    windows_rendered: int = 0
    something_new: int = 0
    publish_late_ns_max: int = 0
    name: str = "not a number"


def shown(metrics: Metrics) -> dict[str, float]:
    families = text_string_to_metric_families(metrics.render().decode())
    samples = [sample for family in families for sample in family.samples]
    return {sample.name + "".join(f"{{{v}}}" for v in sample.labels.values()): sample.value for sample in samples}


def test_totals_are_read_when_they_are_shown() -> None:
    metrics, totals = Metrics(), Totals()
    metrics.totals(lambda: totals)
    assert shown(metrics)["onair_windows_rendered_total"] == 0
    totals.windows_rendered, totals.something_new, totals.publish_late_ns_max = 3, 4, 5
    values = shown(metrics)
    assert values["onair_windows_rendered_total"] == 3
    assert values["onair_something_new_total"] == 4
    assert values["onair_publish_late_ns_max"] == 5
    assert not [name for name in values if name.startswith("onair_name")]


def test_rtf_and_the_first_frame_are_histograms() -> None:
    metrics = Metrics()
    metrics.window(render_ns=80_000_000, playing_ns=1_600_000_000)
    metrics.window(render_ns=3_200_000_000, playing_ns=1_600_000_000)
    metrics.window(render_ns=1, playing_ns=0)
    metrics.first_frame(400_000_000)
    values = shown(metrics)
    assert values["onair_window_rtf_count"] == 2
    assert values["onair_window_rtf_sum"] == 2.05
    assert values["onair_window_rtf_bucket{0.05}"] == 1
    assert values["onair_window_rtf_bucket{1.0}"] == 1
    assert values["onair_first_frame_seconds_bucket{0.3}"] == 0
    assert values["onair_first_frame_seconds_bucket{0.5}"] == 1


def test_other_parts_numbers_are_shown_by_name() -> None:
    metrics = Metrics()
    restarts = [0]
    metrics.counter("engine_restarts", "Restarts of the engine", lambda: restarts[0])
    metrics.gauge("sessions", "Open sessions", lambda: 2)
    restarts[0] = 7
    values = shown(metrics)
    assert values["onair_engine_restarts_total"] == 7
    assert values["onair_sessions"] == 2


def test_errors_are_counted_by_code() -> None:
    metrics = Metrics()
    for code in ("text.refused", "text.refused", "capacity.full"):
        metrics.error(code)
    values = shown(metrics)
    assert values["onair_errors_total{text.refused}"] == 2
    assert values["onair_errors_total{capacity.full}"] == 1


def test_two_servers_in_a_process_do_not_share_numbers() -> None:
    first, second = Metrics(), Metrics()
    first.first_frame(1)
    assert shown(second)["onair_first_frame_seconds_count"] == 0
