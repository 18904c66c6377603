"""Hub: sessions and their channels; who is let in, who has gone, and what a restart takes up again.

Long, because whoever opens, resumes or closes a session changes the same register.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from hls.errors import HlsError, StoreFull
from hls.init_segment import StreamParameters
from hls.journal import Journal, JournalState
from hls.store import FolderStore
from hls.stream import Stream
from hls.ticks import NS_PER_SECOND
from runner.errors import BadInput, Busy
from runner.live.channel import Channel
from runner.live.forsaken import ABANDONED_NS, gives_way, is_abandoned
from runner.live.kept import JOURNAL, KeptChannel, KeptScene, KeptSession, keep_scene, read_kept
from runner.live.leftovers import KEPT_NS, Leftovers
from runner.live.planner import sessions_in_time
from runner.live.scene import Scene, SceneGraph, SceneMaker
from runner.live.scenes import Scenes
from runner.live.session import Session, hash_token
from runner.live.studio import Cast
from runner.ports import SegmentStore

__all__ = ["Channel", "Hub", "Session"]

log = logging.getLogger(__name__)

SWEEP_NS = 2 * NS_PER_SECOND
ENDED_NS = 10 * NS_PER_SECOND
"""So long an ended stream is still served, with ENDLIST: players reload their list within seconds."""
MOST_ENDED = 4
"""Some 10 MB each."""
CLEAR_NS = 60 * NS_PER_SECOND
FIRST_SEQUENCE = 1
"""hls.js 1.7 forgets the parts of a segment with number 0 (`sn || -1` in its fragment tracker): who joined in a
stream's first second loaded one part a hundred times a second, and saw nothing move for two."""


Applies = Literal["now", "next_window"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swapped:
    """A graph that is on air now, or with the next window; `findings`: what may be mended all the same."""

    findings: tuple[Mapping[str, str | None], ...]
    applies: Applies


class Hub:
    """Opens a session with a channel of its own, or on a broadcast channel. All of it in one event loop."""

    def __init__(
        self,
        *,
        cast: Cast,
        lead_ns: int,
        voice: str = "",
        max_sessions: int = 8,
        maker: SceneMaker | None = None,
        store_for: Callable[[Path], SegmentStore] = FolderStore,
        abandoned_ns: int = ABANDONED_NS,
        kept_ns: int = KEPT_NS,
    ) -> None:
        self._cast = cast
        self._studio = cast.studio
        self._lead_ns = lead_ns
        self._voice = voice
        self._max_sessions = max_sessions
        self._maker = maker
        self._scenes = Scenes(cast.studio.scene, maker=maker)
        self._store_for = store_for
        self._abandoned_ns = abandoned_ns
        self._folder = self._studio.data / "channels"
        self._leftovers = Leftovers(self._studio.data, kept_ns=kept_ns)
        self._channels: dict[str, Channel] = {}
        self._ended: OrderedDict[str, tuple[Channel, int]] = OrderedDict()
        self._sessions: dict[str, Session] = {}
        self._token_hashes: dict[str, str] = {}
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what a crash or restart left less than a minute ago, and begin to look for abandoned sessions."""
        kept = [found for found in map(self._read_kept, sorted(self._folder.glob(f"*/{JOURNAL}"))) if found is not None]
        # What shows the server's own is on air at once; another scene may have to be made first.
        for one in sorted(kept, key=lambda found: found.scene != KeptScene()):
            with self._one_channel(one.id):
                await self._take_up(one)
        await self._clear_leftovers()
        self._sweeper = asyncio.ensure_future(self._sweep())

    @property
    def capacity(self) -> int:
        """How many sessions this machine renders in time, by what was measured."""
        return sessions_in_time(
            self._studio.paces.step, at_most=self._max_sessions, engines=len(self._studio.renderers)
        )

    async def open_session(
        self, *, channel: str | None = None, voice: str | None = None, avatar: str | None = None
    ) -> Session:
        """Open a conversation. Raises: Busy, UnknownVoice, BadInput (`channel.unknown`, `avatar.unknown`)."""
        if voice:
            wanted = voice
            await self._studio.offload(lambda: self._cast.speech.check_voice(wanted))
        known = self._channels.get(channel) if channel is not None else None
        if channel is not None and (known is None or known.own):
            # A viewer knows the id of somebody's own channel from its playlist; that is no leave to speak there.
            raise BadInput("there is no such channel; leave it out to get one of your own", code="channel.unknown")
        await self._make_room(known)
        if known is None:
            scene = await self._scenes.of_avatar(avatar)
            await self._make_room(known)  # whoever came meanwhile is in
            on = self.open_channel(secrets.token_urlsafe(16), own=True, scene=scene)
        elif avatar is None or avatar == known.scene.avatar:
            on = known
        else:
            shown = known.scene.avatar
            raise BadInput(
                f"that channel shows {shown or 'another'}, not {avatar!r}; leave the avatar out", code="avatar.unknown"
            )
        token = secrets.token_urlsafe(24)
        kept = KeptSession(
            id=secrets.token_urlsafe(16),
            token_sha256=hash_token(token),
            voice=voice or self._voice,
            label=secrets.token_hex(3),
        )
        session = self._admit(kept, on, token=token)
        self._studio.counters.sessions_opened += 1
        if known is None and on.scene.avatar != self._scenes.own.avatar:
            # With its session at once: a channel that waits alone is nobody's to close.
            await self._keep_scene(on, KeptScene(avatar=on.scene.avatar))
        return session

    def open_channel(
        self, channel_id: str, *, own: bool, resume: JournalState | None = None, scene: Scene | None = None
    ) -> Channel:
        """Begin a stream. `own` False: a broadcast channel, whose turns queue up and whose stops have no burst.

        `scene`: None: the server's own.
        """
        scene = scene or self._studio.scene
        folder, idle = self._folder / channel_id, scene.idle
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise StoreFull(
                f"the channel's folder cannot be made: {exc.strerror}; make room in the data folder"
            ) from exc
        stream = Stream(
            store=self._store_for(folder / "hls"),
            journal=Journal(folder / JOURNAL),
            parameters=StreamParameters(width=idle.width, height=idle.height, fps=idle.fps, sps=idle.sps, pps=idle.pps),
            anchor_unix_ns=resume.anchor_unix_ns if resume is not None else self._studio.clock.unix_ns(),
            resume=resume,
            first_sequence=FIRST_SEQUENCE,
        )
        channel = Channel(
            channel_id=channel_id,
            clock=self._studio.clock,
            stream=stream,
            scene=scene,
            counters=self._studio.counters,
            lead_ns=self._lead_ns,
            own=own,
            open_turn=resume.open_turn if resume is not None else None,
        )
        stream.extra["own"] = own
        self._channels[channel_id] = channel
        channel.start(resumed=resume is not None)
        return channel

    def resume(self, session_id: str, token: str) -> Session:
        """Return a session to who has its token. Raises: BadInput `session.refused`."""
        session = self._sessions.get(session_id)
        known = self._token_hashes.get(session_id, "")
        if session is None or not hmac.compare_digest(known, hash_token(token)):
            raise BadInput(
                "there is no such session, or this is not its resume token; open a new one", code="session.refused"
            )
        session.resume_token = token
        return session

    def session(self, session_id: str) -> Session | None:
        """Return the session with this id."""
        return self._sessions.get(session_id)

    def channel(self, channel_id: str) -> Channel | None:
        """Return the channel with this id."""
        return self._channels.get(channel_id)

    def stream_of(self, channel_id: str) -> Channel | None:
        """Return the channel with this id for who plays it: also one that has just ended."""
        found = self._channels.get(channel_id)
        return found if found is not None or channel_id not in self._ended else self._ended[channel_id][0]

    def channels(self) -> list[Channel]:
        """Return every channel."""
        return list(self._channels.values())

    async def swap(
        self,
        channel_id: str,
        workflow: Mapping[str, Any],
        *,
        idle: Mapping[str, Any] | None = None,
        avatar: str | None = None,
    ) -> Swapped:
        """Put another graph on a channel's air, without stopping the stream; what fails leaves the old one there.

        Several at once follow each other in the order of the calls. Raises: as `SceneMaker.from_workflow`, BadInput
        `channel.unknown`.
        """
        channel = self._channels.get(channel_id)
        if channel is None or self._maker is None:
            raise BadInput(
                "there is no such channel whose graph can be changed; open a session to get one", code="channel.unknown"
            )
        async with channel.changing:
            wanted = SceneGraph(workflow=workflow, idle=idle, avatar=avatar, shown=channel.scene.avatar)
            scene = await self._maker.from_workflow(wanted)
            if self._channels.get(channel_id) is not channel:
                raise BadInput("the channel has ended meanwhile; open a session for another", code="channel.unknown")
            applies = self.change(channel, scene)
            await self._keep_scene(channel, KeptScene(graph=wanted))
            return Swapped(findings=scene.findings, applies=applies)

    def change(self, channel: Channel, scene: Scene) -> Applies:
        """Show another scene on a channel, from the next picture or the next window on."""
        talking = channel.talking
        channel.change(scene)
        for session in self.sessions_on(channel):
            session.change_scene()
        return "next_window" if talking else "now"

    def forget_avatar(self, avatar: str) -> None:
        """Make this avatar's scene anew for the next session: its picture, or where its face is, has changed."""
        self._scenes.forget(avatar)

    def opens(self, channel: Channel, token: str) -> bool:
        """Whether this is the resume token of a session on the channel."""
        asked = hash_token(token)
        kept = [self._token_hashes.get(session.id, "") for session in self.sessions_on(channel)]
        return any(hmac.compare_digest(one, asked) for one in kept)

    def sessions_on(self, channel: Channel) -> list[Session]:
        """Return the conversations on a channel."""
        return [session for session in self._sessions.values() if session.channel is channel]

    def scenes_on_air(self) -> list[Scene]:
        """Return the scenes that channels show, and those kept for the next."""
        return [*(channel.scene for channel in self._channels.values()), *self._scenes.kept]

    async def close_session(self, session_id: str) -> None:
        """End a conversation; its own channel ends with it, legally, and is not taken up again."""
        session = self._sessions.pop(session_id, None)
        if session is None:
            return
        self._token_hashes.pop(session_id, None)
        await session.close(interrupt=True)
        if session.channel.own:
            channel = session.channel
            self._channels.pop(channel.id, None)
            await channel.close(end=True)
            self._ended[channel.id] = (channel, self._studio.clock.monotonic_ns())
            while len(self._ended) > MOST_ENDED:
                self._ended.popitem(last=False)
            (self._folder / channel.id / JOURNAL).unlink(missing_ok=True)
            await self._studio.offload(lambda: self._leftovers.forget_turns(channel.id))
        else:
            told = session.channel.stream.extra.get("sessions", [])
            session.channel.stream.extra["sessions"] = [one for one in told if one["id"] != session_id]
        self._studio.counters.sessions_closed += 1

    async def close(self) -> None:
        """Stop; streams are left as a crash would leave them, so that the next start goes on with them."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        await self._scenes.close()
        for session in list(self._sessions.values()):
            await session.close(interrupt=False)
        for channel in list(self._channels.values()):
            await channel.close()

    # -- how

    async def _make_room(self, known: Channel | None) -> None:
        """Let one more session in, on `known` or on a channel of its own: who is forsaken gives way. Raises: Busy."""
        while (known is None and len(self._channels) >= self.capacity) or len(self._sessions) >= self._max_sessions:
            oldest = gives_way(self._sessions.values(), self._studio.clock.monotonic_ns())
            if oldest is None:
                self._studio.counters.sessions_refused += 1
                few = f"{self.capacity} conversation{'s' * (self.capacity != 1)}"
                raise Busy(f"this machine renders {few} in time and has as many; try again later")
            log.info("session gave way", extra={"session_id": oldest.id})
            await self.close_session(oldest.id)

    def _admit(self, kept: KeptSession, channel: Channel, *, token: str = "") -> Session:
        session = Session(
            session_id=kept.id, resume_token=token, channel=channel, cast=self._cast, voice=kept.voice, label=kept.label
        )
        self._sessions[kept.id] = session
        self._token_hashes[kept.id] = kept.token_sha256
        # Written with the next segment at the latest; a stream less than a second old has no viewers to keep.
        channel.stream.extra.setdefault("sessions", []).append(asdict(kept))
        return session

    async def _keep_scene(self, channel: Channel, scene: KeptScene) -> None:
        folder = self._folder / channel.id
        try:
            await self._studio.offload(lambda: keep_scene(folder, scene))
        except OSError as exc:  # it is on air all the same; only a restart would show the server's own
            log.warning("a channel's scene is not kept", extra={"channel": channel.id, "reason": str(exc)})

    @contextmanager
    def _one_channel(self, channel_id: str) -> Iterator[None]:
        """Let one channel that cannot be taken up keep no other from it, nor the server."""
        try:
            yield
        except Exception as exc:
            fields = {"channel": channel_id, "reason": str(exc)}
            log.warning("a channel cannot be taken up again", exc_info=not isinstance(exc, HlsError), extra=fields)

    def _read_kept(self, journal: Path) -> KeptChannel | None:
        with self._one_channel(journal.parent.name):
            return read_kept(journal.parent, unix_ns=self._studio.clock.unix_ns())
        return None

    async def _scene_again(self, kept: KeptChannel) -> Scene:
        """Make what a kept channel showed; the server's own where that cannot be had any more."""
        told = kept.scene
        try:
            if told.graph is None or self._maker is None:
                return await self._scenes.of_avatar(told.avatar)
            return await self._maker.from_workflow(told.graph)
        except Exception as exc:  # an avatar removed, a node gone, an engine that fails: the stream goes on without
            fields = {"channel": kept.id, "reason": str(exc)}
            log.warning("a channel goes on with the server's own scene", exc_info=True, extra=fields)
            return self._scenes.own

    async def _take_up(self, kept: KeptChannel) -> None:
        if kept.own and not kept.sessions:
            return  # nobody could come back to it, nor close it
        scene = await self._scene_again(kept)
        channel = self.open_channel(kept.id, own=kept.own, resume=kept.state, scene=scene)
        channel.stream.extra.pop("sessions", None)
        sessions = [self._admit(session, channel) for session in kept.sessions]
        utterance = kept.utterance
        for session in sessions:
            if utterance is not None and session.label == utterance.label:
                session.go_on(utterance)
                return
        if kept.state.open_turn is not None:
            channel.forget_turn(kept.state.open_turn)

    async def _clear_leftovers(self) -> None:
        on_air, unix_ns = frozenset(self._channels), self._studio.clock.unix_ns()
        await self._studio.offload(lambda: self._leftovers.clear(on_air=on_air, unix_ns=unix_ns))

    async def _sweep(self) -> None:
        clock = self._studio.clock
        cleared_ns = clock.monotonic_ns()
        while True:
            await clock.sleep_until_ns(clock.monotonic_ns() + SWEEP_NS)
            now_ns = clock.monotonic_ns()
            await self._close_abandoned(now_ns)
            for channel_id, (_, ended_ns) in list(self._ended.items()):
                if now_ns - ended_ns > ENDED_NS:
                    del self._ended[channel_id]
            if now_ns - cleared_ns >= CLEAR_NS:
                cleared_ns = now_ns
                try:
                    await self._clear_leftovers()
                except Exception:  # tried again in a minute
                    log.exception("old files were not removed")

    async def _close_abandoned(self, now_ns: int) -> None:
        for session in list(self._sessions.values()):
            if not is_abandoned(session, now_ns, after_ns=self._abandoned_ns):
                continue
            log.info("session abandoned", extra={"session_id": session.id})
            try:
                await self.close_session(session.id)
            except Exception:  # whatever it is, the sessions after it are looked at, now and later
                log.exception("a session did not close in order", extra={"session_id": session.id})
