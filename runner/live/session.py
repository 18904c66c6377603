"""Session: one conversation on a channel; what a client may do, and who reads what becomes of it."""

from __future__ import annotations

import hashlib
import secrets

from hls.ticks import NS_PER_MS
from runner.errors import BadInput, GenerationDisabled
from runner.live import messages
from runner.live.barge_in import PAGE_BEHIND_NS
from runner.live.channel import Channel
from runner.live.clauses import check_text, split_clauses
from runner.live.edge import SegmentOnAir
from runner.live.studio import Cast
from runner.live.subscription import Subscription
from runner.live.turn_queue import TurnQueue
from runner.live.utterance import Utterance


def hash_token(token: str) -> str:
    """Return what is kept of a resume token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Session:
    """Takes prompts and tells what becomes of them. Its turns run one after another."""

    def __init__(
        self, *, session_id: str, resume_token: str, channel: Channel, cast: Cast, voice: str, label: str
    ) -> None:
        self.id = session_id
        self.resume_token = resume_token
        self.channel = channel
        self.voice = voice
        self.label = label
        self.by_clause = cast.by_clause
        self.last_activity_ns = cast.studio.clock.monotonic_ns()
        self.has_spoken = False
        """Whether it was ever asked to say something."""
        self.was_watched = False
        """Whether somebody ever read its messages."""
        self._cast = cast
        self._turns = TurnQueue(channel=channel, cast=cast, session_id=session_id, emit=self._emit)
        self._subscriptions: list[Subscription] = []
        self._playhead: tuple[int, int] | None = None
        channel.listeners.append(self._on_segment)

    # -- what a client does

    async def prompt(
        self, text: str, client_id: str | None = None, speaker: str | None = None, voice: str | None = None
    ) -> str:
        """Say `text` now: a turn under way is stopped. Returns its id.

        `speaker`: "1" or "2", in a graph of two. `voice`: None: the session's.
        Raises: TextRefused, GenerationDisabled, UnknownVoice, BadInput `speaker.unknown`.
        """
        utterance = await self._utterance(text, client_id, speaker, voice)
        await self.stop()
        self._turns.take(utterance)
        return utterance.turn

    async def say(
        self, text: str, client_id: str | None = None, speaker: str | None = None, voice: str | None = None
    ) -> str:
        """Say `text` after what is being said. Returns the turn's id; see `prompt`."""
        utterance = await self._utterance(text, client_id, speaker, voice)
        self._turns.take(utterance)
        return utterance.turn

    async def stop(self, heard_pdt_ms: int | None = None) -> messages.Message | None:
        """End the turn under way and the waiting ones; `heard_pdt_ms` is the client's playhead.

        When this returns no further talk part will be published. Returns the `turn_end` message of the turn under
        way, else of the first that waited.
        """
        self._touch()
        unsaid = self._turns.drop_waiting()
        return self._turns.interrupt(playhead_unix_ns=self._heard_unix_ns(heard_pdt_ms)) or unsaid

    def speak_by_clause(self, on: bool) -> None:
        """Let each clause be planned for itself from the next turn on, idle between them; or the whole turn again.

        A turn that is waited for goes on with what is rendered of it, passage by passage.
        """
        self._touch()
        self.by_clause = on
        if self._turns.turn is not None:
            self._turns.turn.speak_by_passage(on)

    def idle_after_clause(self) -> None:
        """Let the clause under way be the last one."""
        self._touch()
        self._turns.drop_waiting()
        if self._turns.turn is not None:
            self._turns.turn.idle_after_clause()

    def playhead(self, pdt_ms: int) -> None:
        """Note where the client plays."""
        self._touch()
        self._playhead = (pdt_ms * NS_PER_MS, self._cast.studio.clock.monotonic_ns())

    def subscribe(self) -> Subscription:
        """Return a new reader of this session's messages; it begins with the state now."""
        self._touch()
        self.was_watched = True
        subscription = Subscription(counters=self._cast.studio.counters, on_close=self._unsubscribe)
        self._subscriptions.append(subscription)
        turn = self._turns.turn
        if turn is None:
            subscription.put(messages.state("idle"))
        else:
            told = turn.utterance
            state: messages.State = "talking" if turn.talking else "thinking"
            subscription.put(messages.state(state, turn=told.turn, client_id=told.client_id))
        return subscription

    # -- what the hub does

    @property
    def watched(self) -> bool:
        """Whether somebody reads its messages."""
        return bool(self._subscriptions)

    @property
    def speaking(self) -> bool:
        """Whether it says something, or has something to say."""
        return self._turns.turn is not None or self._turns.waiting > 0

    def go_on(self, utterance: Utterance) -> None:
        """Take up a turn that a crash cut off."""
        self._cast.studio.counters.turns_resumed += 1
        self._turns.take(utterance)

    def change_scene(self) -> None:
        """Go on with the scene that the channel shows now."""
        if self._turns.turn is not None:
            self._turns.turn.change_scene(self._cast.studio.on(self.channel.next_scene))

    async def close(self, *, interrupt: bool) -> None:
        """Stop working. Without `interrupt` the journal keeps the turn under way for the next process."""
        if interrupt:
            await self.stop()
        await self._turns.close()
        if self._on_segment in self.channel.listeners:
            self.channel.listeners.remove(self._on_segment)
        for subscription in tuple(self._subscriptions):
            subscription.close()

    # -- how

    async def _utterance(self, text: str, client_id: str | None, speaker: str | None, voice: str | None) -> Utterance:
        self._touch()
        if not self._cast.generation:
            raise GenerationDisabled(
                "this server renders nothing, the stream idles; set ALLOW_GENERATION to true to be heard"
            )
        self.has_spoken = True
        number = self._speaker(speaker)
        if voice:
            await self._cast.studio.offload(lambda: self._cast.speech.check_voice(voice))
        return Utterance(
            turn=secrets.token_hex(6),
            label=self.label,
            clauses=tuple(split_clauses(check_text(text))),
            voice=voice or (self._cast.second_voice if number == 2 else "") or self.voice,
            speaker=number,
            speed=self._cast.speed,
            client_id=client_id,
            by_clause=self.by_clause,
        )

    def _speaker(self, told: str | None) -> int:
        known = [str(number) for number in range(1, self.channel.scene.renderer.graph.speakers + 1)]
        if told is not None and told not in known:
            takes = "1 or 2" if len(known) > 1 else "1, or leave it out: the graph on air shows one"
            raise BadInput(f"there is no speaker {told!r}; take {takes}", code="speaker.unknown")
        return int(told or 1)

    def _heard_unix_ns(self, heard_pdt_ms: int | None) -> int:
        if heard_pdt_ms is not None:
            return heard_pdt_ms * NS_PER_MS
        if self._playhead is not None:
            told_ns, when_ns = self._playhead
            return told_ns + self._cast.studio.clock.monotonic_ns() - when_ns
        return self.channel.published_end_unix_ns - PAGE_BEHIND_NS

    def _emit(self, message: messages.Message) -> None:
        for subscription in tuple(self._subscriptions):
            subscription.put(message)

    def _on_segment(self, published: SegmentOnAir) -> None:
        self._emit(messages.segment_published(published.segment, turn=published.turn))

    def _unsubscribe(self, subscription: Subscription) -> None:
        self._touch()
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def _touch(self) -> None:
        self.last_activity_ns = self._cast.studio.clock.monotonic_ns()
