"""OnAirSegment: a window's images → clip, state and sidecar; in the editor a preview with picture and sound.

Long, because the order in which its files are written is one rule.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from comfy_api.latest import io
from numpy.typing import NDArray

from .. import pixels
from ..beside import THREAD
from ..errors import ClipParameters, FrameCount
from ..forgetting import forget, forget_old_turns
from ..guard import guarded
from ..paths import OnairFolders
from ..request import WindowRequest
from ..sidecar import TO_COME, failure_name, sidecar, sidecar_name, write_json
from ..state import State, write_state
from ..stopwatch import now_ns
from ..tail import NO_TAIL, Tail, closing_tail
from ..window import RATE_HZ, Window
from .clip import WINDOW_TYPE, encode, look

IDR_EVERY_FRAMES = 24  # a window's clip: at its start and at every segment (CONTRACTS section 3)
COLOUR_EVERY_FRAMES = 8


class OnAirSegment(io.ComfyNode):
    """The graph's end: cuts the overlap, writes the clip, then the state, and the sidecar last."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="OnAirSegment",
            display_name="OnAir Segment",
            category="OnAir",
            description="Ends a live graph: the window's new images become a clip that the runner puts on air.",
            search_aliases=["HLS segment", "live output", "live streaming", "go live", "talking avatar", "直播"],
            is_output_node=True,
            inputs=[
                io.Image.Input(
                    "images",
                    tooltip="As many images as frames of OnAir Window says, overlap included, in the window's size.",
                ),
                WINDOW_TYPE.Input(
                    "window", tooltip="From OnAir Window: which frames are new, and where the clip goes."
                ),
                io.Boolean.Input(
                    "preview",
                    default=True,
                    optional=True,
                    tooltip="Show the clip here, with its sound. The runner turns it off.",
                ),
                io.String.Input(
                    "attempt",
                    default="",
                    optional=True,
                    advanced=True,
                    tooltip="The runner's, new for every try. Leave it empty.",
                ),
            ],
            outputs=[WINDOW_TYPE.Output("window", tooltip="The same window, for more nodes.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, images: Any, window: Window, preview: bool = True, attempt: str = "") -> io.NodeOutput:
        from comfy.model_management import InterruptProcessingException

        with guarded(InterruptProcessingException):
            floats = _checked(images, window)
            told, shown = _write_live(floats, window) if window.live else _write_preview(floats, window, cls.hidden)
            ui: dict[str, list[Any]] = {"onair": [told]}
            if preview:
                ui |= {"images": [shown], "animated": [True]}
            return io.NodeOutput(window, ui=ui)


def _checked(images: Any, window: Window) -> NDArray[np.float32]:
    """Return the images as an array. Raises: FrameCount, ClipParameters."""
    request = window.request
    count, height, width = images.shape[:3]
    if count != window.frames:
        raise FrameCount(
            f"the graph returned {count} images for window {request.index}; let it return {window.frames}, "
            f"{request.overlap_frames} of overlap and {request.new_frames} new ones (OnAir Window's frames)"
        )
    if (width, height) != (request.width, request.height):
        raise ClipParameters(
            f"the graph returned images of {width}x{height}, the stream is {request.width}x{request.height}; "
            "scale them before OnAir Segment"
        )
    floats: NDArray[np.float32] = images.detach().float().cpu().numpy()
    return floats


def _new_frames(
    floats: NDArray[np.float32],
    carried: NDArray[np.float16],
    tail: Tail,
    overlap: int,
    seen: list[NDArray[np.uint8]],
) -> Iterator[NDArray[np.uint8]]:
    """Yield the new frames as bytes; what the next window repeats is published as the state rounds it."""
    first_carried = len(floats) - len(carried)
    for index in range(overlap, len(floats)):
        image = carried[index - first_carried] if index >= first_carried else floats[index]
        frame = pixels.to_bytes(tail.dissolve(image, index - overlap))
        if (index - overlap) % COLOUR_EVERY_FRAMES == 0:
            seen.append(frame[::4, ::4].copy())
        yield frame


def _render(
    floats: NDArray[np.float32],
    carried: NDArray[np.float16],
    tail: Tail,
    window: Window,
    target: Path,
    *,
    in_prompt: bool = True,
) -> dict[str, Any]:
    """Write the clip; return the sidecar."""
    request = window.request
    seen: list[NDArray[np.uint8]] = []
    clip = encode(
        _new_frames(floats, carried, tail, request.overlap_frames, seen),
        target,
        width=request.width,
        height=request.height,
        fps=request.fps,
        idr_every_frames=IDR_EVERY_FRAMES,
        in_prompt=in_prompt,
    )
    return sidecar(
        request,
        encode={name: str(clip[name]) for name in ("codec", "profile", "sps_sha256", "pps_sha256")},
        frames=int(clip["frames"]),
        render_ns=now_ns() - window.started_ns,
        colour=pixels.colour_statistics(seen),
        colour_reference=window.colour_reference,
        notes=window.notes,
    )


def _carried(floats: NDArray[np.float32], window: Window) -> NDArray[np.float16]:
    """Return the motion frames for the next window."""
    return pixels.to_half(floats[len(floats) - window.request.overlap_frames :])


def _write_live(floats: NDArray[np.float32], window: Window) -> tuple[dict[str, Any], dict[str, str]]:
    """Clip, state, sidecar: the sidecar last, so that it says that all three are there.

    Beside, the clip comes after the state, which the next prompt starts from, and both it and the sidecar after the
    prompt; a note of a failure takes the sidecar's place.
    """
    import folder_paths

    folders, request = OnairFolders.of(folder_paths), window.request
    target, side = folders.write(request.clip_out), folders.write(sidecar_name(request.clip_out))
    carried = _carried(floats, window)
    tail = closing_tail(folders.read(request.closing_state), request) if request.closing_state else NO_TAIL
    state = State(
        motion_frames=carried,
        colour_reference=window.colour_reference,
        frame_index=window.next_frame_index,
        workflow_sha256=request.workflow_sha256,
        index=request.index,
    )
    folder = f"onair/{request.clip_out}".rpartition("/")[0]
    shown = {"filename": target.name, "subfolder": folder, "type": "output"}
    if _beside(request):
        note = folders.write(failure_name(request.clip_out))
        for old in (side, note):  # of an attempt before
            old.unlink(missing_ok=True)
        write_state(folders.write(request.state_out), state)
        _write_later(partial(_render, floats, carried, tail, window, target, in_prompt=False), side=side, note=note)
        told: dict[str, Any] = {TO_COME: sidecar_name(request.clip_out)}
    else:
        told = _render(floats, carried, tail, window, target)
        write_state(folders.write(request.state_out), state)
        write_json(side, told)
    _forget(folders, request)
    return told, shown


def _write_later(render: Callable[[], dict[str, Any]], *, side: Path, note: Path) -> None:
    """Encode after the prompt, then write the sidecar; a failure's note where that cannot be."""

    def finish() -> None:
        if side.parent.is_dir():  # else the turn is over, and its files are gone
            write_json(side, render())

    def failed(exc: BaseException) -> None:
        write_json(note, {"kind": type(exc).__name__, "message": str(exc)})

    THREAD.give(finish, failed=failed, look=look())


def _beside(request: WindowRequest) -> bool:
    """Tell whether the clip is encoded after the prompt: on a processor it would take the next prompt's time."""
    if request.beside != "gpu":
        return request.beside == "always"
    from comfy.model_management import get_torch_device

    return str(get_torch_device().type) != "cpu"


def _forget(folders: OnairFolders, request: WindowRequest) -> None:
    if request.forget:
        look()()  # a window that was cancelled meanwhile may be asked for once more, with files of these names
        forget(folders, request.forget)
        if request.index == 0:
            forget_old_turns(folders, request.state_out)


def _write_preview(floats: NDArray[np.float32], window: Window, hidden: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Write the clip of a window that is tried in the editor to `temp`, in place of the node's last one."""
    import folder_paths

    from ....hls.mp4 import add_sound

    folder = Path(folder_paths.get_temp_directory()) / "onair"
    node = hashlib.sha256(str(hidden.unique_id).encode()).hexdigest()[:8]
    for last in folder.glob(f"{node}_*.mp4"):
        last.unlink(missing_ok=True)
    # A new name every time: the browser would show the old clip again.
    target = folder / f"{node}_{window.request.index:05d}_{now_ns():x}.mp4"
    told = _render(floats, _carried(floats, window), NO_TAIL, window, target)
    if window.pcm_s16le:
        add_sound(target, window.pcm_s16le, rate_hz=RATE_HZ)
    return told, {"filename": target.name, "subfolder": "onair", "type": "temp"}
