"""What `bench live` tells beside its figures: how long it takes, and what the page's player complained of."""

from __future__ import annotations

import pytest

from runner.bench.live import by_detail, foretold
from runner.bench.table import render_table

pytestmark = pytest.mark.fast


def test_its_length_is_foretold_by_the_rounds() -> None:
    assert foretold(1).startswith("bench live: some 1 min (")
    assert foretold(60).startswith("bench live: some 11 min (")
    assert "60 sentences" in foretold(60)


def test_player_errors_are_told_by_detail_and_by_what_became_of_them() -> None:
    stall = {"details": "bufferStalledError", "fatal": False}
    errors = [{"details": "levelLoadError", "fatal": True}, stall, stall]
    assert by_detail(errors) == [
        "bufferStalledError x 2 (mended by the player)",
        "levelLoadError x 1 (fatal: it began anew)",
    ]
    assert "none" in render_table({"player_errors": by_detail([])})
