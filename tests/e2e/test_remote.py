"""`speak` with a ComfyUI of somebody else's: no folder in common, and restarted by its owner in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hls.access_unit import read_clip
from tests.comfy_server import REPOSITORY, ComfyServer, end_comfyui, start_comfyui

pytestmark = pytest.mark.comfyui

LONG = "Good evening. This is a sentence that is long enough for many windows, so that something can go wrong in it. "
SPEAK_LIMIT_S = 240


@dataclass
class Remote:
    """A ComfyUI whose input and output are its own."""

    base: Path
    with_pack: bool = True
    most_states: int = 0
    server: ComfyServer | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        port = int(self.server.url.rsplit(":", 1)[1]) if self.server is not None else 0
        self.server, self.process = start_comfyui(self.base, self.link, shared=False, port=port)

    def link(self, custom_nodes: Path) -> None:
        if self.with_pack:
            (custom_nodes / "onair").symlink_to(REPOSITORY, target_is_directory=True)

    def end(self) -> None:
        if self.process is not None:
            end_comfyui(self.process)

    def windows(self) -> int:
        """Return how many windows the newest turn there has come to."""
        found = [path.name for path in self.base.glob("output/onair/turns/*/*/window_*.mp4")]
        self.most_states = max(self.most_states, len(self.turn_files("*.safetensors")))
        return max((int(name[7:12]) for name in found), default=-1) + 1

    def turn_files(self, pattern: str = "*") -> list[Path]:
        """Return what windows have left there, in both folders."""
        return [
            path for folder in ("input", "output") for path in self.base.glob(f"{folder}/onair/turns/*/*/{pattern}")
        ]


@pytest.fixture
def remote(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Remote]:
    remote = Remote(tmp_path / "base", with_pack=getattr(request, "param", True))
    remote.start()
    try:
        yield remote
    finally:
        remote.end()


def speak(remote: Remote, text: str, target: Path) -> subprocess.CompletedProcess[str]:
    assert remote.server is not None
    command = [sys.executable, "-m", "runner", "speak", text, "-o", str(target), "--comfyui", remote.server.url]
    env = {**os.environ, "ONAIR_DATA": str(target.parent / "data")}
    return subprocess.run(
        command, cwd=REPOSITORY, env=env, capture_output=True, text=True, timeout=SPEAK_LIMIT_S, check=False
    )


def test_sound_pictures_clips_and_states_cross_without_a_shared_folder_also_when_its_owner_restarts_it(
    remote: Remote, tmp_path: Path
) -> None:
    said = speak(remote, "Hello there, this is far away.", tmp_path / "hello.mp4")
    assert said.returncode == 0, said.stderr
    assert len(read_clip(tmp_path / "hello.mp4").units) > 40
    assert not list((tmp_path / "data").rglob("*.safetensors"))  # states stay where they are made

    remote.most_states = 0
    before = remote.windows()

    over = threading.Event()

    def restart() -> None:
        while remote.windows() < before + 2:
            if over.wait(0.05):
                return
        remote.end()
        time.sleep(12)  # longer than a server may be quiet before it is taken for gone
        remote.start()

    owner = threading.Thread(target=restart)
    owner.start()
    said = speak(remote, LONG * 4, tmp_path / "long.mp4")
    over.set()
    owner.join()
    assert said.returncode == 0, said.stderr
    assert "Traceback" not in said.stderr
    assert len(read_clip(tmp_path / "long.mp4").units) > 400
    assert remote.most_states <= 6
    assert len(remote.turn_files()) <= 24  # of two turns, not of some thirty windows


@pytest.mark.parametrize("remote", [False], indirect=True)
def test_a_comfyui_without_the_pack_gets_one_sentence(remote: Remote, tmp_path: Path) -> None:
    said = speak(remote, "Hello.", tmp_path / "hello.mp4")
    assert said.returncode == 3
    assert "does not have the OnAir nodes: install" in said.stderr
    assert said.stderr.strip().splitlines()[-1].startswith("error [engine.no_pack]")
