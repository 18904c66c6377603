"""OnAirIdle: a picture, or a clip, → the loop that is seen between sentences, with its entry states."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from comfy_api.latest import io
from numpy.typing import NDArray

from .. import idle_loop, pixels
from ..errors import ClipParameters
from ..guard import guarded
from ..paths import OnairFolders
from ..window import Window
from .clip import WINDOW_TYPE, encode


class OnAirIdle(io.ComfyNode):
    """Renders the loop that is seen between sentences, and writes it with the states that talk begins from."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="OnAirIdle",
            display_name="OnAir Idle",
            category="OnAir",
            description="Makes the seamless loop that is on air while nobody speaks: from a picture, or from a clip.",
            search_aliases=["idle loop", "seamless loop", "boomerang", "loop video", "talking avatar"],
            is_output_node=True,
            inputs=[
                io.Image.Input("image", tooltip="The same picture as in the talk graph. From OnAir Window."),
                io.Int.Input(
                    "frames",
                    default=192,
                    min=24,
                    max=24 * 1000,
                    step=24,
                    tooltip="Length of the loop in frames, a multiple of 24; at 25 frames per second 192 are 7.7 s.",
                ),
                io.Image.Input(
                    "images",
                    optional=True,
                    tooltip="A clip to be made seamless, instead of the portrait: at least 25 images of its size.",
                ),
                WINDOW_TYPE.Input(
                    "window", optional=True, tooltip="From OnAir Window: overlap, fps, and where to write."
                ),
                io.String.Input(
                    "landmarks",
                    default="",
                    optional=True,
                    advanced=True,
                    tooltip="Where the face is, as JSON in pixels, as in OnAir Portrait. Empty: it is found by itself.",
                ),
            ],
            outputs=[io.Image.Output("images", tooltip="The loop's images; made only when linked.")],
            hidden=[io.Hidden.unique_id, io.Hidden.prompt],
        )

    @classmethod
    def execute(
        cls, image: Any, frames: int, images: Any = None, window: Window | None = None, landmarks: str = ""
    ) -> io.NodeOutput:
        import folder_paths
        import torch
        from comfy.model_management import InterruptProcessingException

        with guarded(InterruptProcessingException):
            reference = pixels.to_bytes(image[0].detach().cpu().numpy())
            frames, source = _idle_source(reference, frames, images, landmarks or (window.landmarks if window else ""))
            shape = _loop_shape(
                reference, frames, window, entry_points=() if images is None else idle_loop.neutral_points(frames)
            )
            name = _idle_name(next(source()), shape, window)
            told = idle_loop.write_loop(
                OnairFolders.of(folder_paths).write(f"{name}/{idle_loop.LOOP_CLIP}").parent,
                source,
                shape,
                reference=reference,
                encode=lambda images, path, idr_every_frames: encode(
                    images,
                    path,
                    width=shape.width,
                    height=shape.height,
                    fps=shape.fps,
                    idr_every_frames=idr_every_frames,
                ),
            )
            loop = image[:1]
            if _is_linked(cls.hidden):  # 192 frames of 512x512 are 600 MB as floats: only where somebody wants them
                loop = torch.from_numpy(pixels.to_floats(source(), frames, shape.height, shape.width))
            shown = {"filename": idle_loop.LOOP_CLIP, "subfolder": f"onair/{name}", "type": "output"}
            return io.NodeOutput(loop, ui={"onair": [{"name": name, **told}], "images": [shown], "animated": [True]})


def _idle_source(reference: NDArray[np.uint8], frames: int, images: Any, landmarks: str) -> tuple[int, Any]:
    """Return the loop's length and a function that yields its frames: the clip made seamless, or the portrait."""
    if images is not None:
        clip = images.detach().cpu().numpy()
        if clip.shape[1:3] != reference.shape[:2]:
            size, wanted = clip.shape[2:0:-1], reference.shape[1::-1]
            raise ClipParameters(
                f"the clip is {size[0]}x{size[1]}, the picture {wanted[0]}x{wanted[1]}; scale the clip to the picture"
            )
        frames = idle_loop.seamless_length(len(clip), frames)
        return frames, lambda: idle_loop.seamless(lambda index: pixels.to_bytes(clip[index]), len(clip), frames)
    from ...portrait.landmarks_json import given_for
    from ...portrait.talker import talker_for

    idle_loop.check_loop_frames(frames)
    talker = talker_for(reference, landmarks=given_for(landmarks, reference))
    return frames, lambda: talker.idle(frames)


def _loop_shape(
    reference: NDArray[np.uint8], frames: int, window: Window | None, *, entry_points: tuple[int, ...]
) -> idle_loop.LoopShape:
    request = window.request if window else None
    return idle_loop.LoopShape(
        frames=frames,
        fps=request.fps if request else 25,
        width=reference.shape[1],
        height=reference.shape[0],
        overlap_frames=request.overlap_frames if request else 5,
        workflow_sha256=request.workflow_sha256 if request else "",
        entry_points=entry_points,
    )


def _idle_name(first: NDArray[np.uint8], shape: idle_loop.LoopShape, window: Window | None) -> str:
    """Return the loop's folder below onair/: where the request's clip_out lies, else named after its first frame."""
    if window and window.live:
        return window.request.clip_out.removeprefix("onair/").rpartition("/")[0]
    digest = hashlib.sha256(repr(shape).encode() + first.tobytes()).hexdigest()
    return f"idle/{digest[:16]}"


def _is_linked(hidden: Any) -> bool:
    nodes = (hidden.prompt or {}).values()
    links = (value for node in nodes for value in node.get("inputs", {}).values() if isinstance(value, list))
    return any(len(link) == 2 and str(link[0]) == str(hidden.unique_id) for link in links)
