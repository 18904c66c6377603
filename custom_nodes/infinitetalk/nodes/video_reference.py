"""OnAirVideoReference: a video → the picture that is the window's reference."""

from __future__ import annotations

from typing import Any

import numpy as np
from comfy_api.latest import io
from numpy.typing import NDArray

from ...hls_segment.guard import guarded
from ...hls_segment.pixels import to_bytes, to_floats
from ...hls_segment.window import Window
from ..errors import VideoUnreadable
from ..video_place import place_at


class OnAirVideoReference(io.ComfyNode):
    """One frame for each window, and the first for its crop: a long video needs no more memory than a short one."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="OnAirVideoReference",
            display_name="OnAir Video Reference",
            category="OnAir",
            description="The video's frame at the place where a window begins, for video to video: InfiniteTalk keeps "
            "to it as it keeps to a picture. At its end the video runs back, then forth again.",
            search_aliases=["cond_video", "video to video", "V2V", "dubbing"],
            inputs=[
                io.Video.Input("video", tooltip="The video that gives the references. From Load Video."),
                io.Custom("ONAIR_WINDOW").Input(
                    "window",
                    optional=True,
                    tooltip="From OnAir Window. Without it: the first frame, as it is, for OnAir Window's image.",
                ),
            ],
            outputs=[
                io.Image.Output(
                    "image",
                    tooltip="One picture of the window's size, for image of OnAir InfiniteTalk or OnAir Window.",
                )
            ],
        )

    @classmethod
    def execute(cls, video: Any, window: Window | None = None) -> io.NodeOutput:
        import torch
        from comfy.model_management import InterruptProcessingException

        from ...portrait.picture import cover

        with guarded(InterruptProcessingException):
            if window is None:
                return io.NodeOutput(_frame(video, 0))
            request = window.request
            first = max(0, request.start_frame - request.overlap_frames)
            frame, begin = _pixels(_frame(video, first, fps=request.fps)), _pixels(_frame(video, 0))
            # Cut as its first frame is: a crop that followed the face would jump from window to window.
            picture = cover(frame, request.width, request.height, like=begin)
            return io.NodeOutput(torch.from_numpy(to_floats([picture], 1, request.height, request.width)))


def _pixels(image: Any) -> NDArray[np.uint8]:
    return to_bytes(image[0].detach().cpu().numpy())


def _frame(video: Any, frame: int, *, fps: int = 25) -> Any:
    """Return the video's picture at that frame of the stream, (1, H, W, 3). Raises: VideoUnreadable."""
    try:
        rate = float(video.get_frame_rate())
        frames = max(1, round(float(video.get_duration()) * rate))
        place = place_at(frame, fps=fps, frames=frames, rate=rate)
        # from the middle of the frame before, for less than two frames: rounded time stamps cannot miss it
        part = video.as_trimmed(start_time=max(0.0, (place - 0.5) / rate), duration=1.5 / rate, strict_duration=False)
        images = part.get_components().images if part is not None else ()
    except Exception as exc:
        raise VideoUnreadable(f"the video cannot be read: {exc}; save it as MP4 with H.264") from exc
    if not len(images):
        raise VideoUnreadable(f"the video has no frame {place} of {frames}; save it again, as MP4 with H.264")
    return images[:1, ..., :3]
