"""What goes into one prompt of a turn, its request, and what comes out, its clip as coded frames."""

from __future__ import annotations

from custom_nodes.hls_segment.request import RequestEvent, WindowRequest
from custom_nodes.rolling_wav.rolling_wav import AudioWindow
from custom_nodes.tts.speech import SpeechEvent
from hls.access_unit import AccessUnit, Clip
from hls.errors import MediaParameters
from hls.ticks import FRAME_TICKS
from runner.live.idle import IdleLoop
from runner.live.renderer import GraphShape
from runner.live.turn_names import TurnNames

TICKS_PER_MODEL_SAMPLE = 3


def build_request(
    window: AudioWindow,
    *,
    names: TurnNames,
    graph: GraphShape,
    idle: IdleLoop,
    events: list[SpeechEvent],
    attempt: int,
    seed: int,
    image: str,
    state_in: str,
    closing_frames: int = 0,
    closing_state: str = "",
    audio_2: str = "",
) -> WindowRequest:
    """Return the request of one window; `events` count 48 kHz samples of the turn.

    `seed` is the graph's: OnAir Window makes the window's own from it, live as in the editor.
    """
    return WindowRequest(
        workflow_sha256=graph.workflow_sha256,
        channel=names.channel,
        turn=names.turn,
        index=window.index,
        attempt=attempt,
        start_frame=window.start_frame,
        new_frames=window.new_frames,
        overlap_frames=window.overlap_frames,
        context_samples=window.context_samples,
        fps=idle.fps,
        width=graph.width,
        height=graph.height,
        seed=seed,
        loop_frames=idle.frames,
        audio=names.wav(window.index),
        image=image,
        state_in=state_in,
        clip_out=names.clip(window.index),
        state_out=names.state(window.index),
        events=_from_window_start(events, window),
        closing_frames=closing_frames,
        closing_state=closing_state,
        audio_2=audio_2,
    )


def _from_window_start(events: list[SpeechEvent], window: AudioWindow) -> tuple[RequestEvent, ...]:
    """Return events in 16 kHz samples from the window's first one on; those of its context are negative."""
    first_sample = (window.start_frame - window.overlap_frames) * FRAME_TICKS
    return tuple(
        RequestEvent(kind=e.kind, name=e.name, start_samples=(e.start_samples - first_sample) // TICKS_PER_MODEL_SAMPLE)
        for e in events
    )


def fit_units(media: Clip, *, name: str, idle: IdleLoop, new_frames: int) -> tuple[AccessUnit, ...]:
    """Return a window's coded frames when they fit the stream of `idle`.

    Raises: MediaParameters when size, rate, SPS, PPS or the number of frames differ.
    """
    if (media.width, media.height, media.fps) != (idle.width, idle.height, idle.fps):
        raise MediaParameters(
            f"{name} is {media.width}x{media.height} at {media.fps} fps, "
            f"the stream {idle.width}x{idle.height} at {idle.fps}; make the talk and the idle graph equal"
        )
    if media.sps != idle.sps or media.pps != idle.pps:
        raise MediaParameters(f"{name} was encoded with another SPS or PPS than the idle loop; render the loop again")
    if len(media.units) != new_frames or not media.units[0].is_idr:
        raise MediaParameters(
            f"{name} holds {len(media.units)} frames, {new_frames} were asked for; let the graph keep the length"
        )
    return media.units
