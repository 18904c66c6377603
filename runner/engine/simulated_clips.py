"""What a simulated prompt writes: the clip, state and sidecar of a window, or an idle loop with its entry states."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custom_nodes.hls_segment.errors import StateMissing
from custom_nodes.hls_segment.idle_loop import ENTRY_EVERY_FRAMES, LoopShape, write_loop
from custom_nodes.hls_segment.request import WindowRequest
from custom_nodes.hls_segment.sidecar import sidecar, sidecar_name, write_json
from custom_nodes.hls_segment.state import State, check_state, read_state, write_state
from hls.access_unit import decode_frames
from hls.encode import EncodedClip, encode_clip
from hls.ticks import NS_PER_SECOND
from hls.whole_file import write_whole
from runner.errors import PromptFailed
from runner.ports import ApiGraph

from .api_graph import number, of_class
from .cut_graph import SEGMENT, WINDOW
from .failure import prompt_failed
from .files import write_file
from .idle_renderer import DEFAULT_FRAMES, IDLE
from .simulated_nodes import WORK

IDR_EVERY_FRAMES = 24
STEPS = 10
Frame = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a prompt takes and does: `video_ns` of video (or `fixed_ns` whatever the speed), then `finish(took_ns)`."""

    node: str
    video_ns: int
    finish: Callable[[int], dict[str, list[Any]]]
    fixed_ns: int | None = None
    steps: int = STEPS


def read_work(graph: ApiGraph, data: Path, loop: Path | None) -> Work:
    """Read what a graph asks for, as the real nodes would when they begin.

    Raises: SegmentError (a request or state that is missing or foreign), PromptFailed (no request).
    """
    if of_class(graph, WORK):
        return _plain_work(graph, of_class(graph, WORK)[0], data)
    windows = of_class(graph, WINDOW)
    path = graph[windows[0]]["inputs"].get("request_path", "") if windows else ""
    if not path:
        raise PromptFailed("the simulated engine renders requests only; OnAirWindow.request_path is empty")
    request = WindowRequest.read(data / str(path).removeprefix("onair/"))
    video_ns = request.new_frames * NS_PER_SECOND // request.fps
    if of_class(graph, IDLE):
        node = of_class(graph, IDLE)[0]
        frames = number(graph, node, "frames", DEFAULT_FRAMES)
        return Work(
            node=node,
            video_ns=frames * NS_PER_SECOND // request.fps,
            finish=lambda _: _write_idle(request, frames, data, loop),
        )
    state = _state(request, data)
    return Work(
        node=of_class(graph, SEGMENT)[0],
        video_ns=video_ns,
        finish=lambda took_ns: _write_window(request, state, took_ns, data, loop),
    )


def _plain_work(graph: ApiGraph, node: str, data: Path) -> Work:
    inputs = graph[node]["inputs"]
    message = str(inputs.get("message", ""))

    def finish(_: int) -> dict[str, list[Any]]:
        if message:
            raise prompt_failed(message=message, node=WORK, kind="ValueError")
        told: dict[str, list[Any]] = {"probe": [{"attempt": str(inputs.get("attempt", ""))}]}
        if inputs.get("makes"):  # a file below the folder of that kind, `output/sub/a.txt`
            kind, *folders, name = str(inputs["makes"]).split("/")
            write_file(data / str(inputs["makes"]), str(inputs.get("seed", "")).encode())
            told["files"] = [{"filename": name, "subfolder": "/".join(folders), "type": kind}]
        return told

    steps, step_ms = int(inputs.get("steps", 1)), int(inputs.get("step_ms", 0))
    return Work(node=node, video_ns=0, finish=finish, fixed_ns=steps * step_ms * 1_000_000, steps=max(1, steps))


def _state(request: WindowRequest, data: Path) -> State | None:
    if not request.state_in:
        return None
    path = data / request.state_in
    if not path.is_file():
        raise StateMissing(f"the state {path.name} is not there: the window before failed, or has not finished yet")
    state = read_state(path)
    check_state(state, request)
    return state


def _write_window(
    request: WindowRequest, before: State | None, took_ns: int, data: Path, loop: Path | None
) -> dict[str, list[Any]]:
    """Write clip, state, sidecar, in this order."""
    first = before.frame_index if before is not None else request.start_frame
    size = (request.width, request.height)
    content, clip = _encoded_window(loop, first % max(1, request.loop_frames), request.new_frames, size, request.fps)
    target = data / request.clip_out
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, content)
    colour = np.zeros((2, 3), dtype=np.float32)
    following = first + request.new_frames
    state = State(
        motion_frames=np.zeros((request.overlap_frames, request.height, request.width, 3), dtype=np.uint8),
        colour_reference=colour,
        frame_index=following % request.loop_frames if request.loop_frames else following,
        workflow_sha256=request.workflow_sha256,
        index=request.index,
    )
    if request.state_out:
        write_state(data / request.state_out, state)
    encode = {key: str(value) for key, value in asdict(clip).items() if key != "frames"}
    told = sidecar(
        request, encode=encode, frames=clip.frames, render_ns=took_ns, colour=colour, colour_reference=colour
    )
    write_json(data / sidecar_name(request.clip_out), told)
    return {"onair": [told]}


def _write_idle(request: WindowRequest, frames: int, data: Path, loop: Path | None) -> dict[str, list[Any]]:
    shape = LoopShape(
        frames=frames,
        fps=request.fps,
        width=request.width,
        height=request.height,
        overlap_frames=request.overlap_frames,
        workflow_sha256=request.workflow_sha256,
    )
    size = (request.width, request.height)
    folder = (data / request.clip_out).parent
    told = write_loop(
        folder,
        lambda: (_picture(loop, index, size) for index in range(frames)),
        shape,
        reference=_picture(loop, 0, size),
        encode=lambda images, path, idr: _encode(images, path, size, request.fps, idr),
    )
    return {"onair": [{"name": request.clip_out.rpartition("/")[0], **told}]}


def _encode(images: Iterator[Frame], path: Path, size: tuple[int, int], fps: int, idr: int) -> EncodedClip:
    return encode_clip(images, path, width=size[0], height=size[1], fps=fps, idr_every_frames=idr)


@functools.lru_cache(maxsize=64)
def _encoded_window(
    loop: Path | None, first: int, count: int, size: tuple[int, int], fps: int
) -> tuple[bytes, EncodedClip]:
    """Encode once per place in the loop and length: a long simulation costs a copy per window."""
    # The drawn pattern repeats every 8 frames, so few clips serve any number of windows.
    start = first if loop is not None else first % ENTRY_EVERY_FRAMES
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        clip = _encode(
            (_picture(loop, start + index, size) for index in range(count)), path, size, fps, IDR_EVERY_FRAMES
        )
        return path.read_bytes(), clip


@functools.lru_cache(maxsize=2)
def _loop_pictures(loop: Path) -> tuple[Frame, ...]:
    return tuple(decode_frames(loop))


def _picture(loop: Path | None, index: int, size: tuple[int, int]) -> Frame:
    """Return frame `index`: the loop's, or a grey field with one bright eighth that moves on with every frame."""
    if loop is not None:
        pictures = _loop_pictures(loop)
        return pictures[index % len(pictures)]
    width, height = size
    picture = np.full((height, width, 3), 96, dtype=np.uint8)
    eighth = max(1, width // ENTRY_EVERY_FRAMES)
    left = (index % ENTRY_EVERY_FRAMES) * eighth
    picture[height // 2 :, left : left + eighth] = 200
    return picture
