"""Session: one conversation on a channel.

Long, because what a client may do and what the hub does meet in the one turn under way.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from custom_nodes.rolling_wav.rolling_wav import RollingWav
from hls.ticks import PART_FRAMES
from runner.errors import GenerationDisabled
from runner.live import messages
from runner.live.barge_in import PAGE_BEHIND_NS
from runner.live.channel import Channel, Published
from runner.live.clauses import check_text, split_clauses
from runner.live.producer import Studio
from runner.live.speech_file import SpeechFile
from runner.live.subscription import Subscription
from runner.live.turn import Script, Turn, remove_turn
from runner.live.windows import SpeechWindows
from runner.log import log_fields
from runner.speech.pack import to_16k
from runner.speech.port import SpeechPort

FIRST_NEW_FRAMES = 16
"""A short first window, where the graph takes any length: 0.64 s of talk is ready sooner than 1.6 s."""
KEPT_TURNS = 4
"""Turns whose files stay on disk, the running one included."""
MAX_QUEUE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """What every session of a hub speaks with. `generation` False: prompts are refused, the stream idles."""

    studio: Studio
    speech: SpeechPort
    speed: float = 1.0
    generation: bool = True


def new_speech_windows(studio: Studio) -> Callable[[SpeechFile], SpeechWindows]:
    """Return what cuts a turn's sound into the windows that the graph on air takes."""
    graph, idle = studio.renderer.graph, studio.idle
    everywhere = len(idle.entry_points) == idle.frames // PART_FRAMES
    first = FIRST_NEW_FRAMES if graph.any_length else None

    def slicer() -> RollingWav:
        return RollingWav(
            window_frames=graph.window_frames,
            overlap_frames=graph.overlap_frames,
            fps=idle.fps,
            first_new_frames=first,
            any_length=graph.any_length,
        )

    return lambda file: SpeechWindows(
        file, new_slicer=slicer, new_resampler=to_16k, tail_frames=0 if everywhere else idle.frames
    )


def hash_token(token: str) -> str:
    """Return what is kept of a resume token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Session:
    """Takes prompts and tells what becomes of them. Turns run one after another."""

    def __init__(
        self, *, session_id: str, resume_token: str, channel: Channel, cast: Cast, voice: str, label: str
    ) -> None:
        self.id = session_id
        self.resume_token = resume_token
        self.channel = channel
        self.voice = voice
        self.label = label
        self.last_activity_ns = cast.studio.clock.monotonic_ns()
        self._cast = cast
        self._new_windows = new_speech_windows(cast.studio)
        self._subscriptions: list[Subscription] = []
        self._waiting: deque[Script] = deque()
        self._turn: Turn | None = None
        self._task: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._kept_turns: deque[str] = deque()
        self._playhead: tuple[int, int] | None = None
        channel.listeners.append(self._on_segment)

    # -- what a client does

    async def prompt(self, text: str) -> str:
        """Say `text` now: a turn under way is stopped. Returns its id. Raises: TextRefused, GenerationDisabled."""
        script = self._script(text)
        await self.stop()
        self._queue(script)
        return script.turn

    async def say(self, text: str) -> str:
        """Say `text` after what is being said. Returns the turn's id. Raises: TextRefused, GenerationDisabled."""
        script = self._script(text)
        self._queue(script)
        return script.turn

    async def stop(self, heard_pdt_ms: int | None = None) -> messages.Message | None:
        """End the turn under way and forget the waiting ones; `heard_pdt_ms` is the client's playhead.

        When this returns no further talk part will be published. Returns the `turn_end` message, if a turn ran.
        """
        self._touch()
        self._waiting.clear()
        turn, task = self._turn, self._task
        if turn is None or task is None or task.done():
            return None
        ended = turn.interrupt(playhead_unix_ns=self._heard_unix_ns(heard_pdt_ms))
        self._turn, self._task = None, None
        task.cancel()
        # Prompts are cancelled meanwhile; the floor keeps the next turn behind it.
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return ended

    def idle_after_clause(self) -> None:
        """Let the clause under way be the last one."""
        self._touch()
        self._waiting.clear()
        if self._turn is not None:
            self._turn.idle_after_clause()

    def playhead(self, pdt_ms: int) -> None:
        """Note where the client plays."""
        self._touch()
        self._playhead = (pdt_ms * messages.NS_PER_MS, self._cast.studio.clock.monotonic_ns())

    def subscribe(self) -> Subscription:
        """Return a new reader of this session's messages; it begins with the state now."""
        self._touch()
        subscription = Subscription(counters=self._cast.studio.counters, on_close=self._unsubscribe)
        self._subscriptions.append(subscription)
        state: messages.State = "idle"
        if self._turn is not None:
            state = "talking" if self.channel.talking else "thinking"
        subscription.put(messages.state(state, turn=self._turn.script.turn if self._turn is not None else None))
        return subscription

    # -- what the hub does

    @property
    def watched(self) -> bool:
        """Whether somebody reads its messages."""
        return bool(self._subscriptions)

    def go_on(self, script: Script) -> None:
        """Take up a turn that a crash cut off."""
        self._cast.studio.counters.turns_resumed += 1
        self._queue(script)

    async def close(self, *, interrupt: bool) -> None:
        """Stop working. Without `interrupt` the journal keeps the turn under way for the next process."""
        if interrupt:
            await self.stop()
        self._waiting.clear()
        tasks = [*self._ending, *([self._task] if self._task is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._on_segment in self.channel.listeners:
            self.channel.listeners.remove(self._on_segment)
        for subscription in tuple(self._subscriptions):
            subscription.close()

    # -- how

    def _script(self, text: str) -> Script:
        self._touch()
        if not self._cast.generation:
            raise GenerationDisabled("this server renders nothing (ALLOW_GENERATION is false); the stream idles")
        clauses = tuple(split_clauses(check_text(text)))
        return Script(
            turn=secrets.token_hex(6), label=self.label, clauses=clauses, voice=self.voice, speed=self._cast.speed
        )

    def _queue(self, script: Script) -> None:
        if len(self._waiting) >= MAX_QUEUE:
            self._waiting.popleft()
        self._waiting.append(script)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run_turns())

    async def _run_turns(self) -> None:
        while self._waiting:
            script = self._waiting.popleft()
            self._drop_old_turns(script.turn)
            turn = Turn(
                script,
                channel=self.channel,
                studio=self._cast.studio,
                speech=self._cast.speech,
                new_windows=self._new_windows,
                emit=self._emit,
            )
            self._turn = turn
            try:
                with log_fields(session_id=self.id, turn=script.turn):
                    await turn.run()
            finally:
                if self._turn is turn:
                    self._turn = None

    def _drop_old_turns(self, turn: str) -> None:
        self._kept_turns.append(turn)
        while len(self._kept_turns) > KEPT_TURNS:
            remove_turn(self._cast.studio, self.channel.id, self._kept_turns.popleft())

    def _heard_unix_ns(self, heard_pdt_ms: int | None) -> int:
        if heard_pdt_ms is not None:
            return heard_pdt_ms * messages.NS_PER_MS
        if self._playhead is not None:
            told_ns, when_ns = self._playhead
            return told_ns + self._cast.studio.clock.monotonic_ns() - when_ns
        return self.channel.published_end_unix_ns - PAGE_BEHIND_NS

    def _emit(self, message: messages.Message) -> None:
        if message["type"] == "stats":
            message = {**message, "queue": len(self._waiting)}
        for subscription in tuple(self._subscriptions):
            subscription.put(message)

    def _on_segment(self, published: Published) -> None:
        self._emit(messages.segment_published(published.segment, turn=published.turn))

    def _unsubscribe(self, subscription: Subscription) -> None:
        self._touch()
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def _touch(self) -> None:
        self.last_activity_ns = self._cast.studio.clock.monotonic_ns()
