"""OnAirPortrait: a picture, the window's sound and its phonemes → talking images."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from comfy_api.latest import io
from numpy.typing import NDArray

from ..hls_segment.guard import guarded, interruptible
from ..hls_segment.pixels import to_bytes, to_floats
from ..hls_segment.window import RATE_HZ, Window

if TYPE_CHECKING:  # it needs OpenCV, which is loaded when the node runs
    from .landmarks import Landmarks


class OnAirPortrait(io.ComfyNode):
    """Makes one picture speak on one CPU thread. Takes a window of any length."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        def box(name: str, what: str) -> io.Input:
            tooltip = f"The lips' {what} in pixels of the stream's size; all four 0: they are found by themselves."
            return io.Int.Input(name, default=0, min=0, max=8192, optional=True, advanced=True, tooltip=tooltip)

        return io.Schema(
            node_id="OnAirPortrait",
            display_name="OnAir Portrait",
            category="OnAir",
            description="Lets a photo or a drawing speak: lips, brows, nods, blinks and breath, on the CPU.",
            search_aliases=["talking head", "talking avatar", "talking photo", "lip sync", "数字人", "口型"],
            inputs=[
                io.Image.Input("image", tooltip="One face seen from the front, mouth closed. From OnAir Window."),
                io.Audio.Input("audio", tooltip="The window's sound. From OnAir Window."),
                io.Custom("ONAIR_WINDOW").Input("window", tooltip="From OnAir Window: lengths, phonemes, idle phase."),
                box("mouth_x", "left edge"),
                box("mouth_y", "upper edge"),
                box("mouth_width", "width"),
                box("mouth_height", "height"),
                io.String.Input(
                    "landmarks",
                    default="",
                    optional=True,
                    advanced=True,
                    tooltip="Where mouth, eyes and chin are, as JSON in pixels (docs/landmarks.md), instead of the box "
                    "above. Empty: what OnAir Window knows of its picture, else it is found by itself.",
                ),
            ],
            outputs=[io.Image.Output("images", tooltip="Overlap and new frames, for OnAir Segment.")],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(
        cls,
        image: Any,
        audio: Any,
        window: Window,
        mouth_x: int = 0,
        mouth_y: int = 0,
        mouth_width: int = 0,
        mouth_height: int = 0,
        landmarks: str = "",
    ) -> io.NodeOutput:
        import torch
        from comfy.model_management import InterruptProcessingException, throw_exception_if_processing_interrupted

        from .landmarks_json import given_for
        from .talker import LOOP_FRAMES, talker_for

        with guarded(InterruptProcessingException):
            picture = to_bytes(image[0].detach().cpu().numpy())
            box = (float(mouth_x), float(mouth_y), float(mouth_width), float(mouth_height))
            mouth_box = box if mouth_width and mouth_height else None
            # What is typed in here goes before what lies beside the picture.
            told = landmarks or ("" if mouth_box else window.landmarks)
            request = window.request
            talker = talker_for(picture, landmarks=given_for(told, picture), mouth_box=mouth_box)
            frames = talker.render(
                _pcm(audio),
                request.events,
                context_samples=request.context_samples,
                start_frame=window.start_frame_in_loop,
                frames=window.frames,
                fps=request.fps,
                loop_frames=request.loop_frames or LOOP_FRAMES,
            )
            watched = interruptible(frames, throw_exception_if_processing_interrupted)
            images = to_floats(watched, window.frames, picture.shape[0], picture.shape[1])
            shown = None if window.live else _preview(picture, talker.landmarks, str(cls.hidden.unique_id))
            return io.NodeOutput(torch.from_numpy(images), ui=shown)


def _preview(picture: NDArray[np.uint8], landmarks: Landmarks, node: str) -> dict[str, Any]:
    """Write the picture with its points to `temp`, in place of the node's last one, for the editor to show."""
    import folder_paths

    from .picture import png_bytes
    from .points_picture import points_picture

    data = png_bytes(points_picture(picture, landmarks))
    folder = Path(folder_paths.get_temp_directory()) / "onair"
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"points_{hashlib.sha256(node.encode()).hexdigest()[:8]}"
    # Named by its content: the browser would show an old picture of the same name.
    target = folder / f"{stem}_{hashlib.sha256(data).hexdigest()[:12]}.png"
    for last in folder.glob(f"{stem}_*.png"):
        if last != target:
            last.unlink(missing_ok=True)
    target.write_bytes(data)
    return {"images": [{"filename": target.name, "subfolder": "onair", "type": "temp"}]}


def _pcm(audio: Any) -> np.ndarray[Any, np.dtype[np.int16]]:
    """ComfyUI's AUDIO → int16 mono at 16 kHz, shape (samples,)."""
    from ..rolling_wav.sound import mono, to_s16le
    from ..tts.resample import resample

    pcm = to_s16le(mono(audio["waveform"].detach().cpu().numpy()))
    rate_hz = int(audio["sample_rate"])
    return np.frombuffer(pcm if rate_hz == RATE_HZ else resample(pcm, rate_hz, RATE_HZ), dtype="<i2")
