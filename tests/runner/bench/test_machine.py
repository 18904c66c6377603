from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from runner.bench.machine import machine, resident_bytes, spread


def test_the_machine_is_named_with_its_cores_and_versions(tmp_path: Path) -> None:
    (tmp_path / "comfyui_version.py").write_text('__version__ = "1.2.3"\n')
    told = machine(comfyui=tmp_path)
    assert told["machine"]["cores"] >= 1
    assert told["machine"]["processor"]
    assert told["versions"]["comfyui"] == "1.2.3"
    assert told["versions"]["numpy"][0].isdigit()
    assert machine(comfyui=tmp_path / "none")["versions"]["comfyui"] == "unknown"


def test_a_series_is_its_median_and_its_95th_percentile() -> None:
    assert spread(list(range(1, 101))) == {"median": 50.5, "p95": 96, "n": 100}
    assert spread([4.0]) == {"median": 4.0, "p95": 4.0, "n": 1}
    assert spread([]) == {"n": 0}


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_resident_memory_is_what_is_held() -> None:
    before = resident_bytes()
    held = np.ones(64 << 20, np.uint8)
    assert resident_bytes(os.getpid()) - before == pytest.approx(held.nbytes, abs=4 << 20)
