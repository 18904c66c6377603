from __future__ import annotations

import json
import shutil

from runner.bench.package import bench_package


def test_the_figures_are_json_and_say_plainly_when_ffmpeg_is_absent() -> None:
    figures = json.loads(json.dumps(bench_package(2)))
    assert figures["parts_ms"]["median"] > 0
    assert figures["append_ms"]["p95"] >= figures["append_ms"]["median"]
    both = bool(shutil.which("ffmpeg") and shutil.which("ffprobe"))
    assert (figures["ffmpeg_ms"] is not None) is both
    assert ("note" in figures) is not both
