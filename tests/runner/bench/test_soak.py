from __future__ import annotations

import json

from runner.bench.soak import bench_soak


def test_a_soak_counts_windows_and_reads_the_stream_back_strictly() -> None:
    figures = json.loads(json.dumps(bench_soak(60)))
    assert figures["windows"] >= 60
    assert figures["turns"] > 1
    assert figures["turns_failed"] == figures["windows_late"] == figures["stalls"] == 0
    assert figures["strict_checks"] >= 1
    assert figures["violations"] == []
    assert figures["growth_bytes"] is None, "one mark only: there is nothing to compare"
    assert figures["rss_bytes"]["60"] > 0
