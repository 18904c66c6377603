"""State, paths, sidecar, idle loop: what the segment pack writes and what it refuses."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from custom_nodes.hls_segment import idle_loop, pixels
from custom_nodes.hls_segment.errors import (
    DiskFull,
    FrameCount,
    NodeEnded,
    PathRefused,
    RequestUnreadable,
    StateForeign,
    StateMissing,
)
from custom_nodes.hls_segment.guard import guarded, interruptible
from custom_nodes.hls_segment.paths import OnairFolders
from custom_nodes.hls_segment.request import RequestEvent, WindowRequest
from custom_nodes.hls_segment.seed import window_seed
from custom_nodes.hls_segment.sidecar import sidecar_name, write_json
from custom_nodes.hls_segment.state import State, check_state, read_state, write_state
from custom_nodes.hls_segment.window import Window

pytestmark = pytest.mark.fast
SIZE = 32

REQUEST = WindowRequest(
    workflow_sha256="a" * 64,
    channel="c",
    turn="t",
    index=3,
    attempt=0,
    start_frame=120,
    new_frames=40,
    overlap_frames=5,
    context_samples=16000,
    fps=25,
    width=SIZE,
    height=SIZE,
    seed=7,
    loop_frames=192,
    audio="turns/c/t/window_00003.wav",
    image="",
    state_in="turns/c/t/state_00002.safetensors",
    clip_out="turns/c/t/window_00003.mp4",
    state_out="turns/c/t/state_00003.safetensors",
    events=(RequestEvent(kind="phoneme", name="a:", start_samples=-20),),
)


def a_state(**changes: object) -> State:
    frames = np.random.default_rng(1).random((5, SIZE, SIZE, 3), dtype=np.float32).astype(np.float16)
    colour = np.random.default_rng(2).random((2, 3), dtype=np.float32)
    plain = State(motion_frames=frames, colour_reference=colour, frame_index=120, workflow_sha256="a" * 64, index=2)
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def test_state_comes_back_bit_for_bit(tmp_path: Path) -> None:
    state = a_state()
    write_state(tmp_path / "s", state)
    back = read_state(tmp_path / "s")
    assert back.motion_frames.dtype == np.float16
    assert back.motion_frames.tobytes() == state.motion_frames.tobytes()
    assert back.colour_reference.tobytes() == state.colour_reference.tobytes()
    assert (back.frame_index, back.index, back.workflow_sha256) == (120, 2, "a" * 64)
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_eight_bit_and_half_float_states_carry_the_same_motion(tmp_path: Path) -> None:
    frames = np.random.default_rng(3).integers(0, 256, (5, SIZE, SIZE, 3), dtype=np.uint8)
    half = pixels.to_half(pixels.to_floats(list(frames), 5, SIZE, SIZE))
    write_state(tmp_path / "s", a_state(motion_frames=frames))
    assert np.array_equal(read_state(tmp_path / "s").motion(5), a_state(motion_frames=half).motion(5))


def test_state_gives_the_last_frames_of_more(tmp_path: Path) -> None:
    state = a_state()
    assert np.array_equal(state.motion(2), state.motion_frames[-2:].astype(np.float32))


def test_missing_state_is_retryable(tmp_path: Path) -> None:
    with pytest.raises(StateMissing, match=r"^\[state\.missing\] ") as caught:
        read_state(tmp_path / "none")
    assert caught.value.retryable


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\xff" * 200])
def test_file_that_is_no_state_is_foreign(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s").write_bytes(content)
    with pytest.raises(StateForeign, match=r"^\[state\.foreign\] "):
        read_state(tmp_path / "s")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"index": 1}, "window 1"),
        ({"workflow_sha256": "b" * 64}, "workflow"),
        ({"motion_frames": np.zeros((5, SIZE, 48, 3), np.float16)}, "48x32"),
        ({"motion_frames": np.zeros((4, SIZE, SIZE, 3), np.float16)}, "4 motion frames"),
    ],
)
def test_state_of_another_window_is_foreign(changes: dict[str, object], word: str) -> None:
    check_state(a_state(), REQUEST)
    with pytest.raises(StateForeign, match=word):
        check_state(a_state(**changes), REQUEST)


def test_entry_state_fits_every_window_of_its_size() -> None:
    check_state(a_state(index=-1, workflow_sha256="other"), REQUEST)


def test_state_on_a_folder_that_is_gone_says_so(tmp_path: Path) -> None:
    named = rf"s cannot be written into {tmp_path / 'gone'}: No such file or directory"
    with pytest.raises(DiskFull, match=named):
        write_state(tmp_path / "gone" / "s", a_state())
    with pytest.raises(DiskFull, match=named):
        write_json(tmp_path / "gone" / "s", {})


def test_request_comes_back_whole(tmp_path: Path) -> None:
    (tmp_path / "r").write_text(REQUEST.to_json(), encoding="utf-8")
    assert WindowRequest.read(tmp_path / "r") == REQUEST


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1}', '{"version": 99}', '{"version": 1, "events": 5}'])
def test_request_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(RequestUnreadable, match=r"^\[request\.unreadable\] "):
        WindowRequest.from_json(text)


@pytest.fixture
def folders(tmp_path: Path) -> OnairFolders:
    for name in ("in/onair", "out/onair", "secret"):
        (tmp_path / name).mkdir(parents=True)
    return OnairFolders(input_folder=tmp_path / "in", output_folder=tmp_path / "out")


@pytest.mark.parametrize(
    "name",
    ["", "onair/", ".", "..", "../secret/x", "a/../../x", "/etc/passwd", "C:\\x", "C:x", "a\\..\\x", "a\0b", "link/x"],
)
def test_names_that_leave_the_folder_are_refused(folders: OnairFolders, name: str) -> None:
    (folders.output_folder / "onair" / "link").symlink_to(folders.output_folder.parent / "secret")
    for resolve in (folders.read, folders.write):
        with pytest.raises(PathRefused, match=r"^\[path\.refused\] "):
            resolve(name)


def test_reading_looks_in_output_first_and_then_in_input(folders: OnairFolders) -> None:
    (folders.input_folder / "onair" / "x").write_text("in")
    assert folders.read("x").read_text() == "in"
    (folders.output_folder / "onair" / "x").write_text("out")
    assert folders.read("onair/x").read_text() == "out"
    assert folders.write("a/b/c").parent.is_dir()


def test_onair_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "onair").symlink_to(tmp_path / "data")
    folders = OnairFolders(input_folder=tmp_path / "out", output_folder=tmp_path / "out")
    assert folders.write("turns/x") == tmp_path / "data" / "turns" / "x"


def test_seeds_of_windows_are_fixed_and_differ() -> None:
    assert window_seed(7, 3) == window_seed(7, 3)
    assert len({window_seed(seed, index) for seed in range(20) for index in range(50)}) == 1000
    assert all(0 <= window_seed(seed, 1) < 2**53 for seed in range(100))


def test_window_counts_on_the_loop() -> None:
    window = Window(
        request=REQUEST, live=True, frame_index=184, colour_reference=np.zeros((2, 3), np.float32), started_ns=0
    )
    assert (window.frames, window.context_frames) == (45, 25)
    assert (window.start_frame_in_loop, window.next_frame_index) == (179, 32)
    at_zero = dataclasses.replace(window, frame_index=0)
    assert at_zero.start_frame_in_loop == 187


def test_every_eight_bit_value_survives_floats_and_halves() -> None:
    frame = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    floats = pixels.to_floats([frame], 1, 16, 16)
    assert np.array_equal(floats[0], frame.astype(np.float32) / 255.0)
    assert np.array_equal(pixels.to_bytes(floats[0]), frame)
    assert np.array_equal(pixels.to_bytes(pixels.to_half(floats)[0]), frame)


def test_odd_pictures_become_rgb() -> None:
    odd = np.array([[[np.nan, -1.0, 2.0, 0.5]]], np.float32)
    assert pixels.to_bytes(odd).tolist() == [[[0, 0, 255]]]
    assert pixels.to_half(odd[None]).tolist() == [[[[0.0, 0.0, 1.0]]]]
    assert pixels.to_bytes(np.full((1, 1, 1), 1.0, np.float32)).tolist() == [[[255, 255, 255]]]


def test_base_exceptions_become_ordinary_ones_but_the_interrupt() -> None:
    class Interrupt(BaseException):
        pass

    with pytest.raises(NodeEnded), guarded(Interrupt):
        raise SystemExit(3)
    with pytest.raises(Interrupt), guarded(Interrupt):
        raise Interrupt
    with pytest.raises(ValueError, match="plain"), guarded(Interrupt):
        raise ValueError("plain")


def test_the_interrupt_is_looked_for_every_four_frames() -> None:
    looked: list[int] = []
    list(interruptible(range(9), lambda: looked.append(1)))
    assert len(looked) == 3


def gradient(frames: int) -> list[NDArray[np.uint8]]:
    return [np.full((SIZE, SIZE, 3), 2 * index, np.uint8) for index in range(frames)]


def shape(frames: int, overlap: int = 5) -> idle_loop.LoopShape:
    return idle_loop.LoopShape(
        frames=frames, fps=25, width=SIZE, height=SIZE, overlap_frames=overlap, workflow_sha256="w"
    )


def keep(frames: Iterator[NDArray[np.uint8]], path: Path, idr_every_frames: int) -> None:
    path.write_bytes(b"".join(frame.tobytes() for frame in frames))


@pytest.mark.parametrize("overlap", [1, 5, 8, 9, 17])
def test_every_entry_state_holds_the_frames_seen_before_it(tmp_path: Path, overlap: int) -> None:
    frames = gradient(48)
    told = idle_loop.write_loop(tmp_path, lambda: frames, shape(48, overlap), reference=frames[0], encode=keep)
    assert told["entry_points"] == [0, 8, 16, 24, 32, 40]
    assert json.loads((tmp_path / "loop.json").read_text()) == told
    for point in told["entry_points"]:
        state = read_state(tmp_path / f"entry_{point}.safetensors")
        assert (state.frame_index, state.index) == (point, -1)
        seen = [int(frame[0, 0, 0]) // 2 for frame in state.motion_frames]
        assert seen == [(point - overlap + offset) % 48 for offset in range(overlap)]
    assert (tmp_path / "loop.mp4").read_bytes() == (tmp_path / "loop_24.mp4").read_bytes()


def test_a_short_generated_loop_is_entered_at_its_neutral_frame_alone(tmp_path: Path) -> None:
    frames = gradient(48)
    given = dataclasses.replace(shape(48, 9), entry_points=idle_loop.neutral_points(48))
    told = idle_loop.write_loop(tmp_path, lambda: frames, given, reference=frames[0], encode=keep)
    assert told["entry_points"] == [0]
    assert [path.name for path in tmp_path.glob("entry_*")] == ["entry_0.safetensors"]
    seen = [int(frame[0, 0, 0]) // 2 for frame in read_state(tmp_path / "entry_0.safetensors").motion_frames]
    assert seen == list(range(39, 48))
    assert idle_loop.neutral_points(72) == ()


def test_unfinished_loop_has_no_loop_json(tmp_path: Path) -> None:
    idle_loop.write_loop(tmp_path, lambda: gradient(24), shape(24), reference=gradient(1)[0], encode=keep)
    with pytest.raises(FrameCount):
        idle_loop.write_loop(tmp_path, lambda: gradient(20), shape(24), reference=gradient(1)[0], encode=keep)
    assert not (tmp_path / "loop.json").exists()


@pytest.mark.parametrize("frames", [0, 23, 25, 100])
def test_loops_are_whole_segments(frames: int) -> None:
    with pytest.raises(FrameCount, match="whole segments"):
        idle_loop.check_loop_frames(frames)


@pytest.mark.parametrize("clip_frames", [25, 40, 60, 100])
def test_a_clip_becomes_a_loop_without_a_jump_at_its_seam(clip_frames: int) -> None:
    frames = gradient(clip_frames)
    length = idle_loop.seamless_length(clip_frames, 192)
    loop = [int(frame[0, 0, 0]) for frame in idle_loop.seamless(frames.__getitem__, clip_frames, length)]
    assert len(loop) == length
    assert length % 24 == 0
    around = [*loop, loop[0]]
    steps = [abs(after - before) for before, after in itertools.pairwise(around)]
    # without the dissolve one step would be the whole way back: 2 * (length - 1)
    assert max(steps) <= max(2, 2 * length / min(12, clip_frames - length))
    assert loop[0] == 2 * min(12, clip_frames - length)  # a rendered frame, not a mixed one


def test_too_short_a_clip_is_refused() -> None:
    with pytest.raises(FrameCount):
        idle_loop.seamless_length(24, 192)


def test_sidecar_lies_beside_the_clip() -> None:
    assert sidecar_name("turns/c/t/window_00003.mp4") == "turns/c/t/window_00003.json"
