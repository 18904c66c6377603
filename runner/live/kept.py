"""What the journal keeps of sessions and of the turn on air, and what a restart takes up of it again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hls.journal import Journal, JournalState
from hls.whole_file import write_whole
from runner.live.closing import Cut
from runner.live.scene import SceneGraph
from runner.live.utterance import Utterance

JOURNAL = "journal.json"
SCENE = "scene.json"
REOPEN_NS = 60_000_000_000
"""Journals older than this belong to viewers who have gone (CONTRACTS section 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSession:
    """Enough to let a client come back with its token, of which only the hash is kept."""

    id: str
    token_sha256: str
    voice: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptScene:
    """What a channel shows that is not the server's own: an avatar, or another graph; both None: the server's own."""

    avatar: str | None = None
    graph: SceneGraph | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptChannel:
    """A stream that a crash or a stop cut off: its journal, its sessions, and the turn that was on air."""

    id: str
    own: bool
    state: JournalState
    sessions: tuple[KeptSession, ...]
    utterance: Utterance | None
    scene: KeptScene = KeptScene()


def keep_scene(folder: Path, scene: KeptScene) -> None:
    """Write down what the channel of this folder shows, for a restart. Raises: OSError."""
    write_whole(folder / SCENE, json.dumps(asdict(scene)).encode(), durable=True)


def keep_utterance(utterance: Utterance, cut: Cut) -> dict[str, Any]:
    """Return what the journal keeps of the turn on air; `cut` is where its windows begin anew."""
    return {
        "label": utterance.label,
        "clauses": list(utterance.clauses),
        "voice": utterance.voice,
        "speed": utterance.speed,
        "resumes": utterance.resumes,
        "client_id": utterance.client_id,
        "by_clause": utterance.by_clause,
        "speaker": utterance.speaker,
        "cut": asdict(cut),
    }


def read_kept(folder: Path, *, unix_ns: int) -> KeptChannel | None:
    """Read a channel's journal back; None where there is none, or its viewers have gone. Raises: JournalBroken."""
    state = Journal(folder / JOURNAL).load()
    if state is None or unix_ns - state.written_unix_ns > REOPEN_NS:
        return None
    return KeptChannel(
        id=folder.name,
        own=bool(state.extra.get("own", True)),
        state=state,
        sessions=tuple(KeptSession(**told) for told in state.extra.get("sessions", [])),
        utterance=_utterance(state),
        scene=_scene(folder),
    )


def _scene(folder: Path) -> KeptScene:
    try:
        told = json.loads((folder / SCENE).read_bytes())
        return KeptScene(avatar=told["avatar"], graph=SceneGraph(**told["graph"]) if told["graph"] else None)
    except (OSError, ValueError, TypeError, KeyError):  # none, or not one: the stream goes on with the server's own
        return KeptScene()


def _utterance(state: JournalState) -> Utterance | None:
    told = state.extra.get("turn")
    if state.open_turn is None or not told:
        return None
    return Utterance(
        turn=state.open_turn,
        label=told["label"],
        clauses=tuple(told["clauses"]),
        voice=told["voice"],
        speed=told["speed"],
        first_window=state.next_window,
        resumes=told["resumes"] + 1,
        client_id=told.get("client_id"),
        by_clause=told.get("by_clause", False),
        speaker=told.get("speaker", 1),
        cut=Cut(**told["cut"]) if told.get("cut") else None,
    )
