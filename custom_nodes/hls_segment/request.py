"""WindowRequest: what the runner asks of one window (CONTRACTS section 2), as JSON on disk."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .errors import RequestUnreadable

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEvent:
    """A word or phoneme; `start_samples` at 16 kHz from the window's first sample (may be negative: left context)."""

    kind: Literal["word", "phoneme"]
    name: str
    start_samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRequest:
    """One window of one turn.

    Frames count on the turn's timeline at `fps`; samples are 16 kHz mono. The window hears frames
    `[start_frame - overlap_frames, start_frame + new_frames)`. Paths are names below `onair/` of ComfyUI's input
    folder (read) or output folder (written); `state_in` is looked up in both. In a turn's last window `closing_frames`
    of the new frames are seen before the idle loop goes on; their end dissolves into what the loop shows before, which
    is in its entry state `closing_state`. "" in all others, and for graphs that end on the loop's pictures themselves.
    `beside`: whether the clip may be encoded after the prompt, "gpu" where a graphics card renders, "always", "" never.
    `forget`: files of earlier windows, which OnAir Segment removes where the runner cannot.
    """

    workflow_sha256: str
    channel: str
    turn: str
    index: int
    attempt: int
    start_frame: int
    new_frames: int
    overlap_frames: int
    context_samples: int
    fps: int
    width: int
    height: int
    seed: int
    loop_frames: int
    audio: str
    image: str
    state_in: str
    clip_out: str
    state_out: str
    audio_2: str = ""
    closing_frames: int = 0
    closing_state: str = ""
    events: tuple[RequestEvent, ...] = ()
    forget: tuple[str, ...] = ()
    beside: Literal["", "gpu", "always"] = ""
    version: int = VERSION

    def to_json(self) -> str:
        """Return the request as JSON text."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> WindowRequest:
        """Parse a request. Raises: RequestUnreadable when a field is missing or the version is another."""
        try:
            fields: dict[str, Any] = json.loads(text)
            if fields.get("version") != VERSION:
                raise RequestUnreadable(
                    f"the request is of version {fields.get('version')!r}, this pack reads {VERSION}; update both"
                )
            fields["events"] = tuple(RequestEvent(**event) for event in fields.get("events", ()))
            fields["forget"] = tuple(map(str, fields.get("forget", ())))
            return cls(**fields)
        except (ValueError, TypeError, AttributeError) as exc:
            raise RequestUnreadable(f"the request cannot be read ({exc}); let the runner write it") from exc

    @classmethod
    def read(cls, path: Path) -> WindowRequest:
        """Read a request file. Raises: RequestUnreadable."""
        try:
            return cls.from_json(path.read_text(encoding="utf-8"))
        except OSError as exc:
            raise RequestUnreadable(
                f"the request {path.name} cannot be opened ({exc.strerror}); leave request_path empty"
            ) from exc
