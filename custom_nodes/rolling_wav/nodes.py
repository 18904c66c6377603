"""OnAirWindow: one window's sound, picture, motion frames and seed, from a request file or from the editor's inputs.

Long, because a schema of thirteen inputs and nine outputs is most of it.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
from comfy_api.latest import io
from numpy.typing import NDArray

from ..hls_segment.guard import guarded
from ..hls_segment.paths import OnairFolders
from ..hls_segment.pixels import colour_statistics, to_bytes, to_floats
from ..hls_segment.request import WindowRequest
from ..hls_segment.state import check_state, read_state
from ..hls_segment.stopwatch import now_ns
from ..hls_segment.window import Window, editor_request
from . import sound
from .errors import WindowIndex
from .rolling_wav import RATE_HZ, AudioWindow, RollingWav

LARGEST = 2**31 - 1
LOOKAHEAD_FRAMES = 4
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
            inputs=[*_links(), *_shape(), *_paths()],
            outputs=[
                io.Audio.Output("audio", tooltip="Context, window and look-ahead, 16 kHz."),
                io.Audio.Output("audio_2", tooltip="The second speaker, if there is one."),
                io.Image.Output("image", tooltip="The picture in the stream's size."),
                io.Image.Output("motion_frames", tooltip="The frames that the window goes on from. Feed them on."),
                io.Int.Output("frames", tooltip="How many images the graph must return: overlap + new."),
                io.Int.Output("overlap", tooltip="How many of them repeat the window before."),
                io.Int.Output("context_frames", tooltip="Where in the sound the window starts, in frames."),
                io.Int.Output("seed", tooltip="This window's own seed."),
                io.Custom("ONAIR_WINDOW").Output("window", tooltip="For OnAir Segment and OnAir Portrait."),
            ],
        )

    @classmethod
    def check_lazy_status(cls, request_path: str = "", **kwargs: Any) -> list[str]:
        # Only linked inputs are named in kwargs: an unlinked optional one must not be asked for.
        return [] if request_path else [name for name in LAZY if name in kwargs and kwargs[name] is None]

    @classmethod
    def fingerprint_inputs(cls, request_path: str = "", image_path: str = "", **kwargs: Any) -> str:
        try:
            folders = _folders()
            names = [name for name in (request_path, image_path) if name]
            if request_path:
                request = WindowRequest.read(folders.read(request_path))
                names += [name for name in (request.audio, request.audio_2, request.image, request.state_in) if name]
            return ";".join(_stamp(folders, name) for name in names)
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
    ) -> io.NodeOutput:
        from comfy.model_management import InterruptProcessingException

        started_ns = now_ns()
        with guarded(InterruptProcessingException):
            folders = _folders()
            if request_path:
                request = WindowRequest.read(folders.read(request_path))
                pcm = _pcm_of(folders, request, request.audio)
                pcm_2 = _pcm_of(folders, request, request.audio_2) if request.audio_2 else b""
            else:
                cut = functools.partial(
                    _cut, index=index, window_frames=window_frames, overlap_frames=overlap_frames, fps=fps
                )
                heard = cut(audio)
                request = editor_request(
                    heard, index=index, fps=fps, width=width, height=height, seed=seed, events=_heard(events, heard)
                )
                pcm, pcm_2 = heard.pcm_s16le, cut(audio_2).pcm_s16le if audio_2 is not None else b""
            picture = _picture(folders, request, image_path, image)
            window, motion = _state(folders, request, picture, live=bool(request_path), started_ns=started_ns)
            return _outputs(window, pcm, pcm_2, picture, motion)


def _links() -> list[io.Input]:
    return [
        io.Image.Input("image", optional=True, tooltip="The reference picture; without one a drawn presenter is used."),
        io.Audio.Input(
            "audio", optional=True, lazy=True, tooltip="The whole speech, in the editor. Live it is cut off."
        ),
        io.Audio.Input("audio_2", optional=True, lazy=True, tooltip="A second speaker's sound, as long as the first."),
        io.Custom("ONAIR_EVENTS").Input(
            "events",
            optional=True,
            lazy=True,
            tooltip="Words and phonemes with their times, from OnAir Text To Speech.",
        ),
    ]


def _shape() -> list[io.Input]:
    def number(name: str, default: int, low: int, high: int, tooltip: str, **more: Any) -> io.Input:
        return io.Int.Input(name, default=default, min=low, max=high, tooltip=tooltip, **more)

    return [
        number("index", 0, 0, LARGEST, "Which window of the speech is rendered when you press Run, from 0."),
        number("window_frames", 45, 9, 4096, "Frames a window has, the overlap included. Less the overlap: 8 x n."),
        number("overlap_frames", 5, 1, 256, "Frames that repeat the end of the window before."),
        number("fps", 25, 1, 120, "Frames a second. Live is 25."),
        number("width", 512, 16, 8192, "The stream's width in pixels, a multiple of 16.", step=16),
        number("height", 512, 16, 8192, "The stream's height in pixels, a multiple of 16.", step=16),
        number("seed", 0, 0, 2**53 - 1, "Every window's seed is made from it.", control_after_generate=False),
    ]


def _paths() -> list[io.Input]:
    below = "below onair/ in ComfyUI's output or input folder"
    return [
        io.String.Input("image_path", default="", optional=True, tooltip=f"A picture file {below}, instead of image."),
        io.String.Input(
            "request_path", default="", optional=True, tooltip=f"The runner's request file {below}. Leave it empty."
        ),
    ]


def _folders() -> OnairFolders:
    import folder_paths

    return OnairFolders(
        input_folder=Path(folder_paths.get_input_directory()), output_folder=Path(folder_paths.get_output_directory())
    )


def _stamp(folders: OnairFolders, name: str) -> str:
    try:
        told = folders.read(name).stat()
    except OSError:
        return f"{name}:missing"
    return f"{name}:{told.st_size}:{told.st_mtime_ns}"


def _pcm_of(folders: OnairFolders, request: WindowRequest, name: str) -> bytes:
    """Return the request's sound, exactly as long as context, window and look-ahead; silence for no name (idle)."""
    frames = request.overlap_frames + request.new_frames + LOOKAHEAD_FRAMES
    samples = request.context_samples + frames * RATE_HZ // request.fps
    return sound.fit_samples(sound.read_wav(folders.read(name)) if name else b"", samples)


def _cut(audio: Any, *, index: int, window_frames: int, overlap_frames: int, fps: int) -> AudioWindow:
    """Return window `index` of a whole sound; without sound every window is silence. Raises: WindowIndex."""
    from ..tts.resample import resample

    rolling = RollingWav(window_frames=window_frames, overlap_frames=overlap_frames, fps=fps)
    if audio is None:
        silence = b"\0\0" * ((index + 1) * (window_frames - overlap_frames) * RATE_HZ // fps)
        return (rolling.feed(silence) + rolling.finish())[index]
    waveform = sound.mono(audio["waveform"].detach().cpu().numpy())
    pcm = resample(sound.to_s16le(waveform), int(audio["sample_rate"]), RATE_HZ)
    windows = rolling.feed(pcm) + rolling.finish()
    if index >= len(windows):
        raise WindowIndex(
            f"the sound has {len(windows)} window(s), so the last index is {len(windows) - 1}, not {index}"
        )
    return windows[index]


def _heard(events: Any, window: AudioWindow) -> list[dict[str, Any]]:
    spf_samples = len(window.pcm_s16le) // 2 - window.context_samples
    frames = window.overlap_frames + window.new_frames + LOOKAHEAD_FRAMES
    start_frame = window.start_frame - window.overlap_frames
    return sound.events_of(
        events or (),
        start_samples=start_frame * (spf_samples // frames),
        context_samples=window.context_samples,
        samples=spf_samples,
    )


@functools.lru_cache(maxsize=4)
def _file_picture(path: Path, stamp: str, width: int, height: int) -> NDArray[np.uint8]:
    from ..portrait.picture import load_picture

    return load_picture(path, width=width, height=height)


@functools.lru_cache(maxsize=2)
def _presenter(width: int, height: int) -> NDArray[np.uint8]:
    from ..portrait.presenter import draw_presenter

    return draw_presenter(width, height)


def _picture(folders: OnairFolders, request: WindowRequest, image_path: str, image: Any) -> NDArray[np.uint8]:
    """Return the reference as uint8 RGB in the stream's size: the request's, the named, the linked or a drawn one."""
    name = request.image or image_path
    if name:
        return _file_picture(folders.read(name), _stamp(folders, name), request.width, request.height)
    if image is None:
        return _presenter(request.width, request.height)
    from ..portrait.picture import cover

    return cover(to_bytes(image[0].detach().cpu().numpy()), request.width, request.height)


def _state(
    folders: OnairFolders, request: WindowRequest, picture: NDArray[np.uint8], *, live: bool, started_ns: int
) -> tuple[Window, NDArray[np.float32]]:
    """Return the hand-off and the motion frames. Raises: StateMissing, StateForeign.

    Without the name of a state (in the editor, and for the idle loop) the window begins on the picture. A state that is
    named and missing is an error, never a fresh start.
    """
    if request.state_in:
        state = read_state(folders.read(request.state_in))
        check_state(state, request)
        motion, colour, frame_index = state.motion(request.overlap_frames), state.colour_reference, state.frame_index
    else:
        repeated = [picture] * request.overlap_frames
        motion = to_floats(repeated, len(repeated), request.height, request.width)
        colour, frame_index = colour_statistics([picture]), request.start_frame
    window = Window(request=request, live=live, frame_index=frame_index, colour_reference=colour, started_ns=started_ns)
    return window, motion


def _outputs(
    window: Window, pcm: bytes, pcm_2: bytes, picture: NDArray[np.uint8], motion: NDArray[np.float32]
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
    )
