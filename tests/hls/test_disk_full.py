"""A real full disk: a tiny tmpfs where we may mount one, else a limit on the size of files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hls.check import check_stream
from hls.errors import StoreFull
from hls.journal import Journal
from hls.store import FolderStore, MemoryStore


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder of 256 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = sys.platform == "linux" and os.geteuid() == 0
    if mounted:
        command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
        mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
    if not mounted:
        pytest.skip("only root may mount a tmpfs here; the size limit below covers the rest")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_never_stops_the_stream_and_heals(small_disk, new_stream, play, fetch_of, idle_clip) -> None:
    stream = new_stream(store=FolderStore(small_disk), journal=Journal(small_disk / "journal.json"))
    play(stream, idle_clip, "idle", frames=24)
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="space"):
        ballast.write_bytes(bytes(400_000))
    for _ in range(6):
        play(stream, idle_clip, "idle", frames=24)
    assert stream.store_failures > 0
    assert check_stream(fetch_of(stream)).violations == []
    on_disk = check_stream(small_disk)
    assert on_disk.violations == []
    assert on_disk.segments < 7
    ballast.unlink()
    play(stream, idle_clip, "idle", frames=24)
    healed = check_stream(small_disk)
    assert healed.violations == []
    assert healed.segments == 8
    assert not list(small_disk.glob(".*"))


def test_a_folder_of_a_full_disk_keeps_its_old_file(small_disk: Path) -> None:
    store = FolderStore(small_disk)
    store.put("a.m4s", b"old")
    with pytest.raises(StoreFull, match=r"a\.m4s"):
        store.put("a.m4s", bytes(400_000))
    assert store.get("a.m4s") == b"old"
    assert store.names() == ["a.m4s"]


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit there")
def test_a_file_size_limit_is_store_full_and_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys, pathlib\n"
        "from hls.store import FolderStore\n"
        "from hls.errors import StoreFull\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "store = FolderStore(pathlib.Path(sys.argv[1]))\n"
        "store.put('a.m4s', b'x' * 4000)\n"
        "try:\n    store.put('a.m4s', b'y' * 9000)\n"
        "except StoreFull:\n    print(store.names(), len(store.get('a.m4s')))\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['a.m4s'] 4000"
    assert [path.name for path in tmp_path.iterdir()] == ["a.m4s"]


def test_what_never_fitted_leaves_the_pending_list_with_its_listing(new_stream, play, fetch_of, idle_clip) -> None:
    store = MemoryStore(limit_bytes=6_000)
    stream = new_stream(store=store, listed_segments=4)
    for _ in range(40):
        play(stream, idle_clip, "idle", frames=24)
    assert stream.store_failures > 0
    assert len(stream._publisher._pending) <= 4
    assert check_stream(fetch_of(stream)).violations == []
