"""OnAirReference: the Window's picture from a node of its own, which the runner puts into live graphs.

OnAir Window has another request for every window, so ComfyUI runs everything again that depends on one of its outputs.
What only depends on the picture (its CLIP vision, its latent) is the same in the whole session, and stays cached when
its picture comes from here.
"""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...hls_segment.guard import guarded
from ...hls_segment.paths import OnairFolders
from ...hls_segment.pixels import to_floats
from ...portrait.beside import landmarks_name
from .ports import LARGEST
from .window_picture import picture_of, stamp


class OnAirReference(io.ComfyNode):
    """The picture in the stream's size, as OnAir Window returns it. Hidden in the editor, where nobody needs it."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="OnAirReference",
            display_name="OnAir Reference",
            category="OnAir",
            description="The reference picture of a live graph; the runner puts it there by itself.",
            search_aliases=["reference image", "avatar picture"],
            is_dev_only=True,
            inputs=[
                io.Image.Input("image", optional=True, tooltip="What is linked to image of OnAir Window."),
                io.Int.Input(
                    "width", default=512, min=16, max=LARGEST, tooltip="The stream's width in pixels, a multiple of 16."
                ),
                io.Int.Input(
                    "height",
                    default=512,
                    min=16,
                    max=LARGEST,
                    tooltip="The stream's height in pixels, a multiple of 16.",
                ),
                io.String.Input(
                    "image_path",
                    default="",
                    optional=True,
                    tooltip="A picture file below onair/ in ComfyUI's output or input folder, instead of image.",
                ),
            ],
            outputs=[io.Image.Output("image", tooltip="The picture, scaled and cropped to width x height pixels.")],
        )

    @classmethod
    def fingerprint_inputs(cls, image_path: str = "", **kwargs: Any) -> str:
        try:
            import folder_paths

            names = (image_path, landmarks_name(image_path)) if image_path else ()
            return ";".join(stamp(OnairFolders.of(folder_paths), name) for name in names)
        except Exception as exc:  # execute says what is wrong; here it would only be a warning in the log
            return f"unreadable: {exc}"

    @classmethod
    def execute(cls, width: int, height: int, image: Any = None, image_path: str = "") -> io.NodeOutput:
        import folder_paths
        import torch
        from comfy.model_management import InterruptProcessingException

        with guarded(InterruptProcessingException):
            picture = picture_of(OnairFolders.of(folder_paths), image_path, image, width, height).pixels
            return io.NodeOutput(torch.from_numpy(to_floats([picture], 1, height, width)))
