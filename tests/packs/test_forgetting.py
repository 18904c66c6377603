"""What windows left behind is removed where only the pack can; nothing else ever is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from custom_nodes.hls_segment.errors import PathRefused
from custom_nodes.hls_segment.forgetting import DAY_S, forget, forget_old_turns
from custom_nodes.hls_segment.paths import OnairFolders

pytestmark = pytest.mark.fast


def test_files_of_windows_go_from_both_folders_and_others_stay(tmp_path: Path) -> None:
    folders = OnairFolders(input_folder=tmp_path / "input", output_folder=tmp_path / "output")
    gone = ["input/onair/turns/c/t/window_00000.wav", "output/onair/turns/c/t/state_00000.safetensors"]
    kept = ["output/onair/turns/c/t/window_00001.mp4", "output/onair/idle/a/loop.mp4", "input/onair/avatars/face.png"]
    for name in gone + kept:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    names = ["turns/c/t/window_00000.wav", "turns/c/t/state_00000.safetensors", "turns/c/t/never.mp4"]
    forget(folders, [*names, "idle/a/loop.mp4", "avatars/face.png", "turns/../idle/a/loop.mp4"])
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert left == sorted(kept)
    assert not (tmp_path / "input/onair/turns/c/t").exists()  # an empty folder is left behind as well
    with pytest.raises(PathRefused):
        forget(folders, ["turns/\\windows"])


def test_turns_of_a_killed_runner_go_after_a_day(tmp_path: Path) -> None:
    folders = OnairFolders(input_folder=tmp_path / "input", output_folder=tmp_path / "output")
    turns = [
        "output/onair/turns/c/old",
        "input/onair/turns/c/old",
        "output/onair/turns/c/new",
        "output/onair/jobs/c/old",
    ]
    for name in turns:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "window_00000.mp4").write_bytes(b"x")
    now_s = (tmp_path / turns[2]).stat().st_mtime
    for name in (turns[0], turns[1], turns[3]):
        os.utime(tmp_path / name, (now_s, now_s - DAY_S - 5))
    forget_old_turns(folders, "turns/c/new/window_00000.mp4")
    assert [(tmp_path / name).exists() for name in turns] == [False, False, True, True]
