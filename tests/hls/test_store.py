from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hls.store import FolderStore


def test_names_of_a_stream_do_not_enter_the_interpreters_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, entered = FolderStore(tmp_path), []
    monkeypatch.setattr(sys, "intern", lambda text: entered.append(text) or text)
    for ticks in range(3):
        store.put(f"part_{ticks}.m4s", b"data")
        assert store.get(f"part_{ticks}.m4s") == b"data"
        store.delete(f"part_{ticks}.m4s")
    assert store.names() == []
    monkeypatch.undo()
    assert entered == [], "pathlib interns every name, and Python 3.12 keeps them for ever"
