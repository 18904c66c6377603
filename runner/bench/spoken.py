"""The windows of a spoken text, as the live loop asks for them: what benches of a real engine render."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from custom_nodes.hls_segment.request import WindowRequest
from runner.compose import Stage
from runner.engine.window_renderer import RenderedWindow, WindowRenderer
from runner.live.clauses import split_clauses
from runner.live.closing import Cut
from runner.live.jobs import build_request
from runner.live.offload import in_thread
from runner.live.speech_file import SpeechFile
from runner.live.studio import Studio
from runner.live.synthesis import synthesise
from runner.live.turn_names import TurnNames
from runner.live.windows import new_speech_windows
from runner.ports import PromptProgress

CHANNEL = "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWindow:
    """One window of the turn, not rendered yet; `pcm_s16le` at 16 kHz is what it hears."""

    request: WindowRequest
    prompt_id: str
    pcm_s16le: bytes

    async def render(
        self, renderer: WindowRenderer, on_progress: Callable[[PromptProgress], None] | None = None
    ) -> RenderedWindow:
        """Render it. Raises: as `WindowRenderer.render`."""
        return await renderer.render(
            self.request, prompt_id=self.prompt_id, pcm_s16le=self.pcm_s16le, on_progress=on_progress
        )


async def spoken_windows(stage: Stage, studio: Studio, turn: str, text: str) -> AsyncIterator[SpokenWindow]:
    """Speak the text and yield its windows, each of which starts from the one before. Raises: SpeechFailed."""
    names = TurnNames(channel=CHANNEL, turn=turn)
    speech = SpeechFile(stage.data / names.folder)
    try:
        await synthesise(speech, split_clauses(text), speech=stage.speech, voice="en-us", speed=1.0, offload=in_thread)
        windows = new_speech_windows(studio)(speech, start=Cut(index=0, frame=0, ticks=0), end=lambda: None)
        state_in, index = stage.idle.state_name(0), 0
        while (window := await windows.get(index)) is not None:
            request = build_request(
                window,
                names=names,
                graph=stage.renderer.graph,
                idle=stage.idle,
                events=speech.recent_events(0, speech.samples),
                attempt=0,
                seed=stage.renderer.graph.seed,
                image=stage.avatar.name if stage.avatar is not None else "",
                state_in=state_in,
            )
            prompt_id = names.prompt_id(window.index, 0)
            yield SpokenWindow(request=request, prompt_id=prompt_id, pcm_s16le=window.pcm_s16le)
            state_in, index = names.state(index), index + 1
    finally:
        speech.close()
