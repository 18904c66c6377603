"""JobRecord: what a job knows of itself, in `job.json`: written with its sound, and when its place is chosen."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import get_type_hints

from hls.ticks import FRAME_TICKS
from hls.whole_file import write_whole
from runner.errors import EngineError

NAME = "job.json"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """`samples`: of the sound, 48 kHz. `channels`: 1, or 2 where it is kept in stereo beside the speech.

    `two_voices`: a second speaker's speech lies beside the first's. `events`: words and phonemes do. `target`: the
    MP4 that was begun to be put there, "" before. `done`: it is there, made of so many `windows` that took `render_ns`
    in their last process, and only what `--repeat` asks for besides is not.
    """

    samples: int
    channels: int
    two_voices: bool = False
    events: bool = False
    target: str = ""
    done: bool = False
    windows: int = 0
    render_ns: int = 0
    version: int = VERSION

    @property
    def frames(self) -> int:
        """Frames of the whole job: the sound, rounded up."""
        return -(-self.samples // FRAME_TICKS)

    def lies_in(self, folder: Path) -> bool:
        """Whether the MP4 is in this folder."""
        target = Path(self.target)
        return bool(self.target) and target.parent == folder.resolve() and target.is_file()

    def write(self, folder: Path) -> None:
        """Write it whole and synced. Raises: EngineError `engine.disk`."""
        try:
            write_whole(folder / NAME, json.dumps(dataclasses.asdict(self)).encode(), durable=True)
        except OSError as exc:
            raise EngineError(
                f"{folder / NAME} cannot be written: {exc.strerror}; free some space there",
                code="engine.disk",
                retryable=True,
            ) from exc


def read_record(folder: Path) -> JobRecord | None:
    """Return the record; None where the job has not come so far, another version wrote it, or it is damaged."""
    try:
        record = JobRecord(**json.loads((folder / NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    whole = all(type(getattr(record, name)) is kind for name, kind in get_type_hints(JobRecord).items())
    return record if whole and record.version == VERSION else None
