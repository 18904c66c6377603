"""The end of a job: its windows and its sound become one MP4, which takes its place in the folder that was named."""

from __future__ import annotations

import dataclasses
import errno
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from hls.mp4 import join_clips
from runner.batch.batch import free_place
from runner.engine.files import copy_file
from runner.errors import EngineError
from runner.jobs.bound import BoundJob
from runner.jobs.names import JobNames
from runner.jobs.record import JobRecord
from runner.jobs.speech import JobSpeech

RESULT = "result.mp4"


def finish(bound: BoundJob, names: JobNames, record: JobRecord, *, data: Path, folder: Path, name: str) -> Path:
    """Join the windows to one MP4 called after `name` in `folder`; return its path. Blocking.

    Called again after a kill it writes the same file once more, not one beside it.
    Raises: MediaUnreadable, MediaParameters, StoreFull, EngineError `engine.disk`.
    """
    home = data / names.folder
    speech = JobSpeech(home, record, bound.live)
    with speech.sound() as read_sound:
        join_clips(
            _clips(data, names, speech.windows),
            read_sound,
            channels=record.channels,
            frames=record.frames,
            target=home / RESULT,
        )
    target = Path(record.target)
    if not record.target or target.parent != folder.resolve():
        target = free_place(folder.resolve(), PurePosixPath(f"{Path(name).stem}.mp4"))
        dataclasses.replace(record, target=str(target)).write(home)
    _move(home / RESULT, target)
    return target


def _clips(data: Path, names: JobNames, windows: int) -> Iterator[Path]:
    for index in range(windows):
        yield data / names.clip(index)


def _move(source: Path, target: Path) -> None:
    """Move whole or not at all, also to another disk. Raises: EngineError `engine.disk`."""
    try:
        source.replace(target)
    except OSError as exc:
        if exc.errno != errno.EXDEV:
            raise EngineError(
                f"{target} cannot be written: {exc.strerror}; look at the room and the rights of {target.parent}",
                code="engine.disk",
                retryable=True,
            ) from exc
        copy_file(source, target)
