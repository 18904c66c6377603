"""OnAirWindow: one window's sound, picture, motion frames and seed, from a request file or from the editor's inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from comfy_api.latest import io
from numpy.typing import NDArray

from ...hls_segment.guard import guarded
from ...hls_segment.paths import OnairFolders
from ...hls_segment.pixels import to_floats
from ...hls_segment.request import WindowRequest
from ...hls_segment.stopwatch import now_ns
from ...hls_segment.window import Window, editor_request
from ...portrait.beside import landmarks_name
from .. import sound
from ..rolling_wav import RATE_HZ
from ..waveform import waveform
from . import ports
from .window_picture import beginning, reference, stamp
from .window_sound import cut, heard_events, pcm_of

LAZY = ("audio", "audio_2", "events")


class OnAirWindow(io.ComfyNode):
    """The graph's beginning. Live, everything comes from the request file; in the editor from links and widgets."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="OnAirWindow",
            display_name="OnAir Window",
            category="OnAir",
            description="Cuts one window out of the speech: what the frames of one render hear and start from. "
            "Live, the runner fills it for every window.",
            search_aliases=["RollingWav", "talking avatar", "audio window", "live"],
            inputs=ports.inputs(),
            outputs=ports.outputs(),
        )

    @classmethod
    def check_lazy_status(cls, request_path: str = "", **kwargs: Any) -> list[str]:
        # Only linked inputs are named in kwargs: an unlinked optional one must not be asked for.
        return [] if request_path else [name for name in LAZY if name in kwargs and kwargs[name] is None]

    @classmethod
    def fingerprint_inputs(cls, request_path: str = "", image_path: str = "", **kwargs: Any) -> str:
        try:
            import folder_paths

            folders = OnairFolders.of(folder_paths)
            names = [name for name in (request_path, image_path) if name]
            pictures = [image_path] if image_path else []
            if request_path:
                request = WindowRequest.read(folders.read(request_path))
                names += [name for name in (request.audio, request.audio_2, request.image, request.state_in) if name]
                pictures += [request.image] if request.image else []
            names += [landmarks_name(name) for name in pictures]
            return ";".join(stamp(folders, name) for name in names)
        except Exception as exc:  # execute says what is wrong; here it would only be a warning in the log
            return f"unreadable: {exc}"

    @classmethod
    def execute(
        cls,
        index: int,
        window_frames: int,
        overlap_frames: int,
        fps: int,
        width: int,
        height: int,
        seed: int,
        image: Any = None,
        audio: Any = None,
        audio_2: Any = None,
        events: Any = None,
        image_path: str = "",
        request_path: str = "",
        loudness: float = 0.0,
    ) -> io.NodeOutput:
        import folder_paths
        from comfy.model_management import InterruptProcessingException

        started_ns = now_ns()
        with guarded(InterruptProcessingException):
            folders = OnairFolders.of(folder_paths)
            if request_path:
                request, pcm, pcm_2, preview, shown = _from_file(folders, request_path)
            else:
                span = {"index": index, "window_frames": window_frames, "overlap_frames": overlap_frames, "fps": fps}
                size = {"width": width, "height": height}
                given = {"audio": audio, "audio_2": audio_2, "events": events, "loudness": loudness}
                request, pcm, pcm_2, preview, shown = _from_editor(given, span=span, size=size, seed=seed)
            picture = reference(folders, request, image_path, image)
            begin = beginning(folders, request, picture.pixels)
            window = Window(
                request=request,
                live=bool(request_path),
                frame_index=begin.frame_index,
                colour_reference=begin.colour_reference,
                started_ns=started_ns,
                pcm_s16le=preview,
                landmarks=picture.landmarks,
            )
            return _outputs(window, pcm, pcm_2, picture.pixels, begin.motion, shown=shown)


Heard = tuple[WindowRequest, bytes, bytes, bytes, dict[str, Any] | None]
"""The request, its sound, the second speaker's, what the preview plays, and what the editor draws."""


def _from_file(folders: OnairFolders, request_path: str) -> Heard:
    """Take all from the request's files; no preview: the runner has the sound in a better quality."""
    request = WindowRequest.read(folders.read(request_path))
    pcm_2 = pcm_of(folders, request, request.audio_2) if request.audio_2 else b""
    return request, pcm_of(folders, request, request.audio), pcm_2, b"", None


def _from_editor(given: dict[str, Any], *, span: dict[str, int], size: dict[str, int], seed: int) -> Heard:
    """Make the request of links and widgets."""
    audio, audio_2, loudness_lufs = given["audio"], given["audio_2"], given["loudness"]
    heard = cut(audio, **span, loudness_lufs=loudness_lufs)
    index, fps = span["index"], span["fps"]
    told = heard_events(given["events"], heard)
    request = editor_request(heard, index=index, fps=fps, seed=seed, events=told, **size)
    pcm_2 = cut(audio_2, **span, loudness_lufs=loudness_lufs).pcm_s16le if audio_2 is not None else b""
    if audio is None:
        return request, heard.pcm_s16le, pcm_2, b"", None
    return request, heard.pcm_s16le, pcm_2, sound.new_samples(heard, fps=fps), waveform(heard, fps=fps)


def _outputs(
    window: Window,
    pcm: bytes,
    pcm_2: bytes,
    picture: NDArray[np.uint8],
    motion: NDArray[np.float32],
    *,
    shown: dict[str, Any] | None,
) -> io.NodeOutput:
    import torch

    def audio(pcm_s16le: bytes) -> dict[str, Any]:
        return {"waveform": torch.from_numpy(sound.to_floats(pcm_s16le))[None, None], "sample_rate": RATE_HZ}

    request = window.request
    image = to_floats([picture], 1, request.height, request.width)
    return io.NodeOutput(
        audio(pcm),
        audio(pcm_2) if pcm_2 else None,
        torch.from_numpy(image),
        torch.from_numpy(motion),
        window.frames,
        request.overlap_frames,
        window.context_frames,
        window.seed,
        window,
        ui={"onair": [shown]} if shown else None,
    )
