"""What a remote ComfyUI is told to remove: never what a window may still start from, and never without end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from custom_nodes.hls_segment.request import WindowRequest
from runner.engine.leftovers import A_REQUEST, MOST_NAMES, OPEN_TURNS, Leftovers

pytestmark = pytest.mark.fast


def request(index: int, turn: str = "t", *, kind: str = "turns", forget: tuple[str, ...] = ()) -> WindowRequest:
    folder = f"{kind}/c/{turn}"
    return WindowRequest(
        workflow_sha256="", channel="c", turn=turn, index=index, attempt=0, start_frame=0, new_frames=40,
        overlap_frames=5, context_samples=0, fps=25, width=64, height=64, seed=0, loop_frames=0,
        audio=f"{folder}/{index}.wav", image="avatars/face.png", state_in="idle/a/entry_0.safetensors",
        clip_out=f"{folder}/{index}.mp4", state_out=f"{folder}/state_{index}", forget=forget,
    )  # fmt: skip


def path(index: int) -> str:
    return f"turns/c/t/{index}.request.json"


def test_a_window_that_is_rendered_once_more_does_not_remove_what_it_makes() -> None:
    left = Leftovers()
    for index in range(2):
        left.done(request(index), path(index))
    named = left.take(replace(request(1), state_in="turns/c/t/state_0"), path(1))
    assert not [name for name in named if "/1." in name or name.endswith(("state_0", "state_1"))]
    assert "turns/c/t/0.mp4" in named
    assert not set(left.take(request(2), path(2))) & {"turns/c/t/1.mp4", "turns/c/t/1.json", path(1)}


def test_a_rendered_window_leaves_its_files_and_the_state_before_its_own() -> None:
    left = Leftovers()
    left.done(request(0), path(0))
    files = ("turns/c/t/0.mp4", "turns/c/t/0.json", "turns/c/t/0.request.json", "turns/c/t/0.wav")
    assert (
        left.take(request(1), path(1)) == files
    )  # neither the entry state nor the picture, nor what window 1 starts from
    left.done(request(1, forget=files), "")
    assert left.take(request(2), path(2)) == (
        "turns/c/t/1.mp4",
        "turns/c/t/1.json",
        "turns/c/t/1.wav",
        "turns/c/t/state_0",
    )
    left.done(request(1), "")  # once more, after a retry
    assert "turns/c/t/state_1" not in left.take(request(2), path(2))


def test_a_turn_that_is_long_over_leaves_its_last_state_and_a_waiting_job_does_not() -> None:
    left = Leftovers()
    left.done(request(0, "long", kind="jobs"), "")
    for number in range(OPEN_TURNS + 2):
        left.done(request(0, str(number)), "")
    named = [name for name in left._names if "state" in name]
    assert named == ["turns/c/0/state_0", "turns/c/1/state_0"]


def test_what_is_named_is_bounded() -> None:
    left = Leftovers()
    for index in range(MOST_NAMES):
        left.done(request(index), "")
    assert len(left.take(request(MOST_NAMES), "")) == A_REQUEST
    assert len(left._names) == MOST_NAMES


def test_a_folder_that_is_shared_after_all_is_left_alone() -> None:
    left = Leftovers()
    left.done(request(0), "", was_here=True)
    left.done(request(1), "")
    assert left.take(request(2), "") == ()


def test_windows_that_are_rendered_once_more_are_not_removed_by_the_one_before_them() -> None:
    left = Leftovers()
    for index in range(3):
        left.done(request(index), f"turns/c/t/{index}.request.json")
    names = left.take(request(1), "turns/c/t/1.request.json")
    assert names == ("turns/c/t/0.mp4", "turns/c/t/0.json", "turns/c/t/0.request.json", "turns/c/t/0.wav")
