"""TurnQueue: a session's turns, one after another; each one that was taken ends with exactly one `turn_end`."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from runner.live import messages
from runner.live.channel import Channel
from runner.live.studio import Cast
from runner.live.turn import Turn, remove_turn
from runner.live.utterance import Utterance
from runner.log import log_fields

log = logging.getLogger(__name__)

MAX_WAITING = 16
"""Utterances that wait; one more, and the oldest of them ends unsaid."""
KEPT_TURNS = 4
"""Turns whose files stay on disk, the running one included."""


class TurnQueue:
    """`emit` gets the messages of CONTRACTS section 4. All of it in one event loop."""

    def __init__(
        self, *, channel: Channel, cast: Cast, session_id: str, emit: Callable[[messages.Message], None]
    ) -> None:
        self.turn: Turn | None = None
        """The turn under way."""
        self._channel = channel
        self._cast = cast
        self._session_id = session_id
        self._emit = emit
        self._waiting: deque[Utterance] = deque()
        self._task: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._kept_turns: deque[str] = deque()

    @property
    def waiting(self) -> int:
        """How many utterances wait."""
        return len(self._waiting)

    def take(self, utterance: Utterance) -> None:
        """Let `utterance` be said after what waits already."""
        while len(self._waiting) >= MAX_WAITING:
            self._end_unsaid(self._waiting.popleft())
        self._waiting.append(utterance)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())

    def drop_waiting(self) -> messages.Message | None:
        """End what waits, unsaid. Returns the `turn_end` of the first, if there was one."""
        ended = [self._end_unsaid(self._waiting.popleft()) for _ in range(len(self._waiting))]
        return ended[0] if ended else None

    def interrupt(self, *, playhead_unix_ns: int) -> messages.Message | None:
        """End the turn under way, at once. Returns its `turn_end` message, if there is one."""
        turn, task = self.turn, self._task
        if turn is None or task is None or task.done():
            return None
        try:
            return turn.interrupt(playhead_unix_ns=playhead_unix_ns)
        finally:
            self.turn, self._task = None, None
            task.cancel()
            # Prompts are cancelled meanwhile; the floor keeps the next turn behind it.
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            if self._waiting:
                self._task = asyncio.ensure_future(self._run())

    async def close(self) -> None:
        """Stop working. What waits ends unsaid; the journal keeps the turn under way for the next process."""
        self.drop_waiting()
        tasks = [*self._ending, *([self._task] if self._task is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        # An interrupted turn ends in its own task, beside the one that has taken over the queue.
        while self._waiting and self._task is asyncio.current_task():
            utterance = self._waiting.popleft()
            with log_fields(session_id=self._session_id, turn=utterance.turn):
                turn = self._begin(utterance)
                if turn is None:
                    continue
                self.turn = turn
                try:
                    await turn.run()
                finally:
                    if self.turn is turn:
                        self.turn = None

    def _begin(self, utterance: Utterance) -> Turn | None:
        """Return the turn, its files open; None when the disk takes none, and the turn has failed."""
        try:
            self._drop_old_turns(utterance.turn)
            return Turn(
                utterance,
                channel=self._channel,
                studio=self._cast.studio.on(self._channel.next_scene),
                speech=self._cast.speech,
                waiting=lambda: self.waiting,
                emit=self._emit,
            )
        except Exception as exc:  # whatever it is, the turns behind this one are said
            told = messages.error(exc, turn=utterance.turn)
            log.warning("turn failed", exc_info=exc, extra={"code": told["code"], "reason": told["message"]})
            self._cast.studio.meter.error(told["code"])
            self._cast.studio.counters.turns_failed += 1
            self._channel.forget_turn(utterance.turn)
            self._emit(told)
            self._emit(messages.turn_end_unsaid(utterance.turn, reason="failed", client_id=utterance.client_id))
            self._emit(messages.state("idle"))
            return None

    def _end_unsaid(self, utterance: Utterance) -> messages.Message:
        ended = messages.turn_end_unsaid(utterance.turn, reason="interrupted", client_id=utterance.client_id)
        self._cast.studio.counters.turns_interrupted += 1
        self._channel.forget_turn(utterance.turn)
        self._emit(ended)
        return ended

    def _drop_old_turns(self, turn: str) -> None:
        self._kept_turns.append(turn)
        while len(self._kept_turns) > KEPT_TURNS:
            remove_turn(self._cast.studio, self._channel.id, self._kept_turns.popleft())
