from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.cli.bench import SoakEngine, bench
from runner.errors import BadInput


def test_a_bench_prints_a_table_and_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "figures.json"
    bench("talker", rounds=1, output=target)
    printed = capsys.readouterr().out
    assert "processor" in printed
    assert "python" in printed
    header = next(line for line in printed.splitlines() if "median_ms" in line)
    assert header.split()[:4] == ["width", "height", "frames", "median_ms"]
    assert [size["width"] for size in json.loads(target.read_text())["sizes"]] == [512, 832, 1280]


def test_an_unknown_bench_names_those_that_there_are() -> None:
    with pytest.raises(BadInput, match="talker, package, live, engine, job, soak"):
        bench("tlaker")


@pytest.mark.parametrize("wanted", [{"engine": SoakEngine.comfyui}, {"real_time": True}])
def test_what_belongs_to_the_soak_is_refused_elsewhere(wanted: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="leave them to bench soak"):
        bench("package", **wanted)  # type: ignore[arg-type]


def test_comfyui_is_not_soaked_by_real_time() -> None:
    with pytest.raises(BadInput, match="back to back"):
        bench("soak", engine=SoakEngine.comfyui, real_time=True)
