from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hls.errors import JournalBroken, StoreFull
from hls.journal import Journal, JournalState

STATE = JournalState(
    media_sequence=7, discontinuity_sequence=1, init_n=2, next_ticks=46_080, anchor_unix_ns=5, extra={"k": [1]}
)


def test_what_was_written_is_loaded_with_the_time_of_the_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "channel" / "journal.json")
    assert journal.load() is None
    journal.write(replace(STATE, open_turn="t1", next_window=3))
    loaded = journal.load()
    assert loaded is not None
    assert loaded.written_unix_ns == (tmp_path / "channel" / "journal.json").stat().st_mtime_ns
    assert replace(loaded, written_unix_ns=0) == replace(STATE, open_turn="t1", next_window=3)
    assert [path.name for path in (tmp_path / "channel").iterdir()] == ["journal.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 9}', '{"version": 1, "unknown": 1}'])
def test_a_journal_that_cannot_be_understood_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "journal.json").write_text(text)
    with pytest.raises(JournalBroken, match=r"journal\.json"):
        Journal(tmp_path / "journal.json").load()


def test_a_journal_that_cannot_be_written_raises_store_full(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreFull):
        Journal(tmp_path / "file" / "journal.json").write(STATE)


def test_without_a_path_it_remembers() -> None:
    journal = Journal(None)
    journal.write(STATE)
    assert journal.load() == STATE
