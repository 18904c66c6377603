"""How far a transfer is, in lines where there is no terminal."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from installer import meter
from installer.meter import Meter

pytestmark = pytest.mark.fast


def test_a_line_tells_what_came_how_much_there_is_and_what_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = iter([0.0, 5.0, 20.0, 21.0, 40.0])
    monkeypatch.setattr(meter, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    moved = Meter("a.safetensors", done_bytes=500_000_000, total_bytes=2_000_000_000)
    for _ in range(4):
        moved.add(100_000_000)
    moved.end()
    assert capsys.readouterr().out.splitlines() == [
        "    a.safetensors: 700 MB of 2.0 GB, 35 %, 2:10 left, 10 MB/s",
        "    a.safetensors: 900 MB of 2.0 GB, 45 %, 1:50 left, 10 MB/s",
    ]


def test_where_nobody_knows_the_length_nothing_is_made_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = iter([0.0, 20.0])
    monkeypatch.setattr(meter, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    Meter("a", done_bytes=0, total_bytes=0).add(100_000_000)
    assert capsys.readouterr().out == "    a: 100 MB, 5 MB/s\n"


def test_a_transfer_that_begins_anew_is_counted_anew(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = iter([0.0, 5.0, 20.0])
    monkeypatch.setattr(meter, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    moved = Meter("a", done_bytes=50_000_000, total_bytes=200_000_000)
    moved.add(100_000_000)
    moved.moved(0)
    moved.add(100_000_000)
    assert "a: 100 MB of 200 MB, 50 %" in capsys.readouterr().out
