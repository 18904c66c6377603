"""The runner's log: set aside when it is large, and followed over that."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer import live_log

pytestmark = pytest.mark.fast


def test_a_log_is_set_aside_only_when_it_is_large_and_one_old_one_stays(tmp_path: Path) -> None:
    log = tmp_path / "live.log"
    live_log.roll(log)
    for number in (1, 2):
        log.write_text(f"{number}")
        live_log.roll(log)
        assert log.read_text() == f"{number}"
        with log.open("r+b") as file:
            file.truncate(live_log.ROLL_BYTES + 1)
        live_log.roll(log)
        assert not log.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["live.log.1"]
    assert (tmp_path / "live.log.1").read_bytes()[:1] == b"2"


def test_a_follower_reads_what_comes_and_goes_on_in_the_new_log(tmp_path: Path) -> None:
    log = tmp_path / "live.log"
    log.write_text("old\n")
    lines = live_log.follow(log)
    with log.open("a") as file:
        file.write("one\n")
    assert next(lines) == "one"
    log.rename(tmp_path / "live.log.1")
    log.write_text("two\n")
    assert next(lines) == "two"
    lines.close()
