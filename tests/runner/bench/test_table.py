from __future__ import annotations

from runner.bench.machine import spread
from runner.bench.table import render_table


def test_a_series_is_one_line_with_median_p95_and_count() -> None:
    lines = render_table({"stages": {"pcm": spread([1.0, 2.0, 9.0])}}).splitlines()
    assert [line.split() for line in lines] == [["stages.pcm", "median", "2,", "p95", "9", "(n", "3)"]]


def test_an_empty_series_says_so() -> None:
    assert "nothing was measured" in render_table({"presented": spread([])})


def test_equal_records_are_columns_under_their_names() -> None:
    lines = render_table({"sizes": [{"width": 512, "median_ms": 0.5}, {"width": 1280, "median_ms": 2.25}]}).split("\n")
    assert [line.split() for line in lines if line] == [["width", "median_ms"], ["512", "0.5"], ["1280", "2.25"]]
    assert len({len(line) for line in lines if line}) == 1


def test_plain_figures_lists_and_what_is_missing_are_readable() -> None:
    rows = dict(
        line.split(maxsplit=1) for line in render_table({"ended": None, "faults": [], "names": ["a", "b"]}).split("\n")
    )
    assert rows == {"ended": "-", "faults": "none", "names": "a, b"}
