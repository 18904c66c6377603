from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hls.errors import StoreFull
from hls.store import FolderStore, MemoryStore
from runner.ports import SegmentStore


@pytest.fixture(params=[lambda _: MemoryStore(), FolderStore], ids=["fake", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SegmentStore:
    make: Callable[[Path], SegmentStore] = request.param
    return make(tmp_path / "store")


def test_what_was_put_is_got_back(store: SegmentStore) -> None:
    store.put("idle_0.m4s", b"abc")
    store.put("manifest.m3u8", b"")
    assert store.get("idle_0.m4s") == b"abc"
    assert store.get("manifest.m3u8") == b""
    assert store.names() == ["idle_0.m4s", "manifest.m3u8"]


def test_putting_again_replaces(store: SegmentStore) -> None:
    store.put("a.m4s", b"one")
    store.put("a.m4s", b"other")
    assert store.get("a.m4s") == b"other"
    assert store.names() == ["a.m4s"]


def test_an_unknown_name_is_none_and_deleting_it_no_error(store: SegmentStore) -> None:
    assert store.get("nothing.m4s") is None
    store.delete("nothing.m4s")


def test_deleted_is_gone(store: SegmentStore) -> None:
    store.put("a.m4s", b"one")
    store.delete("a.m4s")
    assert store.get("a.m4s") is None
    assert store.names() == []


@pytest.mark.parametrize("name", ["", "../a", "a/b", ".hidden", "/etc/x", "a\0b", "ä.m4s", "x" * 300])
def test_names_that_leave_the_folder_are_refused(store: SegmentStore, name: str) -> None:
    with pytest.raises(StoreFull):
        store.put(name, b"x")
    assert store.get(name) is None
    store.delete(name)
    assert store.names() == []


def test_a_reader_never_sees_half_a_file(store: SegmentStore) -> None:
    versions = [bytes([n]) * 200_000 for n in range(3)]
    store.put("a.m4s", versions[0])
    stop, seen = threading.Event(), set()

    def read() -> None:
        while not stop.is_set():
            seen.add(store.get("a.m4s"))

    reader = threading.Thread(target=read)
    reader.start()
    for n in range(60):
        store.put("a.m4s", versions[n % 3])
    stop.set()
    reader.join()
    assert seen <= set(versions)


def test_a_folder_forgets_half_written_files_of_a_killed_process(tmp_path: Path) -> None:
    (tmp_path / ".a.m4s.77.tmp").write_bytes(b"half")
    assert FolderStore(tmp_path).names() == []
    assert list(tmp_path.iterdir()) == []


def test_a_full_memory_store_keeps_what_it_had() -> None:
    store = MemoryStore(limit_bytes=10)
    store.put("a.m4s", b"12345678")
    with pytest.raises(StoreFull):
        store.put("a.m4s", b"12345678901")
    assert store.get("a.m4s") == b"12345678"
