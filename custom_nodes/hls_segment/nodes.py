"""OnAirSegment and OnAirIdle: images → clip, state and sidecar of a window; an idle loop with its entry states.

One file for both, though long: they end a graph in the same way and share the encoder and the folders.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from comfy_api.latest import io
from numpy.typing import NDArray

from ...hls.encode import EncodedClip, encode_clip
from . import idle_loop, pixels
from .errors import ClipParameters, FrameCount
from .guard import guarded, interruptible
from .paths import OnairFolders
from .sidecar import sidecar, sidecar_name, write_json
from .state import State, write_state
from .stopwatch import now_ns
from .window import Window

WINDOW_TYPE = io.Custom("ONAIR_WINDOW")
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
            search_aliases=["HLS segment", "live output", "stream"],
            is_output_node=True,
            inputs=[
                io.Image.Input("images", tooltip="As many images as OnAir Window's frames says, overlap included."),
                WINDOW_TYPE.Input("window", tooltip="From OnAir Window."),
                io.Boolean.Input("preview", default=True, optional=True, tooltip="Show the clip here. Off when live."),
                io.String.Input(
                    "attempt", default="", optional=True, advanced=True, tooltip="Set by the runner for every try."
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


class OnAirIdle(io.ComfyNode):
    """Renders the loop that is seen between sentences, and writes it with an entry state at every eighth frame."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="OnAirIdle",
            display_name="OnAir Idle",
            category="OnAir",
            description="Makes the seamless loop that is on air while nobody speaks: from a picture, or from a clip.",
            search_aliases=["idle loop", "seamless loop"],
            is_output_node=True,
            inputs=[
                io.Image.Input("image", tooltip="The same picture as in the talk graph. From OnAir Window."),
                io.Int.Input(
                    "frames", default=192, min=24, max=24 * 1000, step=24, tooltip="Length in frames, a multiple of 24."
                ),
                io.Image.Input("images", optional=True, tooltip="A clip to be made seamless, instead of the portrait."),
                WINDOW_TYPE.Input(
                    "window", optional=True, tooltip="From OnAir Window: overlap, fps, and where to write."
                ),
            ],
            outputs=[io.Image.Output("images", tooltip="The loop; made only when linked.")],
            hidden=[io.Hidden.unique_id, io.Hidden.prompt],
        )

    @classmethod
    def execute(cls, image: Any, frames: int, images: Any = None, window: Window | None = None) -> io.NodeOutput:
        import torch
        from comfy.model_management import InterruptProcessingException

        with guarded(InterruptProcessingException):
            reference = pixels.to_bytes(image[0].detach().cpu().numpy())
            frames, source = _idle_source(reference, frames, images, window)
            shape = _loop_shape(reference, frames, window)
            name = _idle_name(reference, shape, window)
            told = idle_loop.write_loop(
                _folders().write(f"{name}/loop.mp4").parent,
                interruptible(source(), _look()),
                shape,
                reference=reference,
                encode=functools.partial(
                    _encode, width=shape.width, height=shape.height, fps=shape.fps, idr=idle_loop.ENTRY_EVERY_FRAMES
                ),
            )
            loop = image[:1]
            if _is_linked(cls.hidden):  # 192 frames of 512x512 are 600 MB as floats: only where somebody wants them
                loop = torch.from_numpy(pixels.to_floats(source(), frames, shape.height, shape.width))
            shown = {"filename": "loop.mp4", "subfolder": f"onair/{name}", "type": "output"}
            return io.NodeOutput(loop, ui={"onair": [{"name": name, **told}], "images": [shown], "animated": [True]})


def _folders() -> OnairFolders:
    import folder_paths

    return OnairFolders(
        input_folder=Path(folder_paths.get_input_directory()), output_folder=Path(folder_paths.get_output_directory())
    )


def _look() -> Any:
    from comfy.model_management import throw_exception_if_processing_interrupted

    return throw_exception_if_processing_interrupted


def _checked(images: Any, window: Window) -> NDArray[np.float32]:
    """Return the images as an array. Raises: FrameCount, ClipParameters."""
    request = window.request
    count, height, width = images.shape[:3]
    if count != window.frames:
        raise FrameCount(
            f"the graph returned {count} images for window {request.index}; it must return {window.frames}: "
            f"{request.overlap_frames} of overlap and {request.new_frames} new ones"
        )
    if (width, height) != (request.width, request.height):
        raise ClipParameters(
            f"the graph returned images of {width}x{height}, the stream is {request.width}x{request.height}; "
            "scale them before OnAir Segment"
        )
    floats: NDArray[np.float32] = images.detach().float().cpu().numpy()
    return floats


def _encode(
    frames: Iterator[NDArray[np.uint8]], path: Path, *, width: int, height: int, fps: int, idr: int
) -> EncodedClip:
    return encode_clip(frames, path, width=width, height=height, fps=fps, idr_every_frames=idr)


def _new_frames(
    floats: NDArray[np.float32], carried: NDArray[np.float16], overlap: int, seen: list[NDArray[np.uint8]]
) -> Iterator[NDArray[np.uint8]]:
    """Yield the new frames as bytes; what the next window repeats is published as the state rounds it."""
    first_carried = len(floats) - len(carried)
    for index in range(overlap, len(floats)):
        frame = pixels.to_bytes(carried[index - first_carried] if index >= first_carried else floats[index])
        if (index - overlap) % COLOUR_EVERY_FRAMES == 0:
            seen.append(frame[::4, ::4].copy())
        yield frame


def _render(floats: NDArray[np.float32], window: Window, target: Path) -> tuple[dict[str, Any], NDArray[np.float16]]:
    """Write the clip; return the sidecar and the motion frames for the next window."""
    request = window.request
    carried = pixels.to_half(floats[len(floats) - request.overlap_frames :])
    seen: list[NDArray[np.uint8]] = []
    frames = interruptible(_new_frames(floats, carried, request.overlap_frames, seen), _look())
    clip = _encode(frames, target, width=request.width, height=request.height, fps=request.fps, idr=IDR_EVERY_FRAMES)
    told = sidecar(
        request,
        encode={
            "codec": clip.codec,
            "profile": clip.profile,
            "sps_sha256": clip.sps_sha256,
            "pps_sha256": clip.pps_sha256,
        },
        frames=clip.frames,
        render_ns=now_ns() - window.started_ns,
        colour=pixels.colour_statistics(seen),
        colour_reference=window.colour_reference,
    )
    return told, carried


def _write_live(floats: NDArray[np.float32], window: Window) -> tuple[dict[str, Any], dict[str, str]]:
    """Clip, state, sidecar: in this order, so that a sidecar says that all three are there."""
    folders, request = _folders(), window.request
    target = folders.write(request.clip_out)
    told, carried = _render(floats, window, target)
    state = State(
        motion_frames=carried,
        colour_reference=window.colour_reference,
        frame_index=window.next_frame_index,
        workflow_sha256=request.workflow_sha256,
        index=request.index,
    )
    write_state(folders.write(request.state_out), state)
    write_json(folders.write(sidecar_name(request.clip_out)), told)
    folder = f"onair/{request.clip_out}".rpartition("/")[0]
    return told, {"filename": target.name, "subfolder": folder, "type": "output"}


def _write_preview(floats: NDArray[np.float32], window: Window, hidden: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Write the clip of a window that is tried in the editor to `temp`, in place of the node's last one."""
    import folder_paths

    folder = Path(folder_paths.get_temp_directory()) / "onair"
    node = hashlib.sha256(str(hidden.unique_id).encode()).hexdigest()[:8]
    for last in folder.glob(f"{node}_*.mp4"):
        last.unlink(missing_ok=True)
    # A new name every time: the browser would show the old clip again.
    target = folder / f"{node}_{window.request.index:05d}_{now_ns():x}.mp4"
    told, _ = _render(floats, window, target)
    return told, {"filename": target.name, "subfolder": "onair", "type": "temp"}


def _idle_source(reference: NDArray[np.uint8], frames: int, images: Any, window: Window | None) -> tuple[int, Any]:
    """Return the loop's length and a function that yields its frames: the clip made seamless, or the portrait."""
    if images is not None:
        clip = images.detach().cpu().numpy()
        if clip.shape[1:3] != reference.shape[:2]:
            size, wanted = clip.shape[2:0:-1], reference.shape[1::-1]
            raise ClipParameters(
                f"the clip is {size[0]}x{size[1]}, the picture {wanted[0]}x{wanted[1]}; make them equal"
            )
        frames = idle_loop.seamless_length(len(clip), frames)
        return frames, lambda: idle_loop.seamless(lambda index: pixels.to_bytes(clip[index]), len(clip), frames)
    from ..portrait.talker import talker_for

    idle_loop.check_loop_frames(frames)
    talker = talker_for(reference)
    return frames, lambda: talker.idle(frames, window.request.fps if window else 25)


def _loop_shape(reference: NDArray[np.uint8], frames: int, window: Window | None) -> idle_loop.LoopShape:
    request = window.request if window else None
    return idle_loop.LoopShape(
        frames=frames,
        fps=request.fps if request else 25,
        width=reference.shape[1],
        height=reference.shape[0],
        overlap_frames=request.overlap_frames if request else 5,
        workflow_sha256=request.workflow_sha256 if request else "",
    )


def _idle_name(reference: NDArray[np.uint8], shape: idle_loop.LoopShape, window: Window | None) -> str:
    """Return the loop's folder below onair/: where the request's clip_out lies, else one named after the picture."""
    if window and window.live:
        return window.request.clip_out.removeprefix("onair/").rpartition("/")[0]
    digest = hashlib.sha256(repr(shape).encode() + reference.tobytes()).hexdigest()
    return f"idle/{digest[:16]}"


def _is_linked(hidden: Any) -> bool:
    nodes = (hidden.prompt or {}).values()
    links = (value for node in nodes for value in node.get("inputs", {}).values() if isinstance(value, list))
    return any(len(link) == 2 and str(link[0]) == str(hidden.unique_id) for link in links)
