"""Job: a workflow of windows over a whole sound, from its first window or from where it stood, to one MP4.

The order of its steps is what lets a killed job go on: sound, record, windows, MP4, its place; then its files go.
"""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from runner.batch.batch import Listener
from runner.batch.manifest import Entry, Run
from runner.data_lock import JOB_NAME, lock_job
from runner.engine.cut_graph import SEGMENT
from runner.errors import BadInput, ComfyUnreachable
from runner.jobs.bound import BoundJob, Lend, bind_order, check_picture
from runner.jobs.finish import finish
from runner.jobs.forgotten import clear_forgotten
from runner.jobs.hearing import hear_branch, is_heard, listen
from runner.jobs.names import JobNames
from runner.jobs.order import JobOrder
from runner.jobs.record import NAME as RECORD
from runner.jobs.record import JobRecord, read_record
from runner.jobs.rendering import Rendering
from runner.jobs.words import job_id
from runner.ports import Clock, Engine

KEY = "video"
OpenEngine = Callable[[], AbstractAsyncContextManager[Engine]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPlace:
    """Where jobs are done and who hears of it.

    `data`: the data folder. `input_folders`: where the files lie that a workflow names by itself, none where ComfyUI
    is elsewhere; `lend` brings them to where the engine looks.
    """

    open_engine: OpenEngine
    data: Path
    input_folders: tuple[Path, ...]
    lend: Lend
    clock: Clock
    listener: Listener


async def run_job(order: JobOrder, at: JobPlace) -> tuple[Run, Entry]:
    """Render the order, or what is missing of it, and return what the manifest says of it.

    What can be refused without ComfyUI is refused before an engine is opened. Cancelling it cancels its prompts; what
    is rendered stays, and the same words go on from there.
    Raises: BadInput of every kind (`job.taken`: another process is at it), EngineError, HlsError.
    """
    check_picture(order, at.data)
    job = await asyncio.to_thread(job_id, order.words, input_folders=at.input_folders)
    names = JobNames(turn=job)
    home = at.data / names.folder
    cleared = await asyncio.to_thread(clear_forgotten, at.data, unix_ns=at.clock.unix_ns())
    if cleared:
        at.listener({"event": "cleared", "jobs": cleared}, f"Removed {cleared} jobs that nobody went on with")
    _make(home)
    with lock_job(home):
        record = read_record(home)
        if record is not None and record.done and record.lies_in(order.folder):
            return told_of(order, job, record)
        if record is not None and not is_heard(home, record):
            record = None
        if record is None and not order.linked():
            at.listener({"event": "sound", "job": job}, "Reading the sound …")
            record = await listen(order.words.voices, home)
        async with AsyncExitStack() as stack:
            engine = await _opened(order, at, stack)
            bound, record, rendering = await _render(order, at, engine, names, record)
        at.listener({"event": "joining", "job": job}, "Joining the windows …")
        target = await asyncio.to_thread(
            finish, bound, names, record, data=at.data, folder=order.folder, name=order.name
        )
        record = dataclasses.replace(
            record, target=str(target), done=True, windows=rendering.windows, render_ns=rendering.render_ns
        )
        await asyncio.to_thread(_clear_up, order, home, record)
        if order.keep:
            at.listener({"event": "kept", "job": job, "folder": str(home)}, f"The window files stay in {home}")
    return told_of(order, job, record)


async def _opened(order: JobOrder, at: JobPlace, stack: AsyncExitStack) -> Engine:
    """Open an engine on the stack; a child that ended while it started is started once more. Raises: EngineError."""
    try:
        return await stack.enter_async_context(at.open_engine())
    except ComfyUnreachable as exc:
        if order.words.place:
            raise
        at.listener({"event": "lost", "message": str(exc)}, f"{exc}; it is tried again")
    return await stack.enter_async_context(at.open_engine())


def told_of(order: JobOrder, job: str, record: JobRecord) -> tuple[Run, Entry]:
    """Return what the manifest says of a job that is done."""
    target = Path(record.target)
    run = Run(
        run=order.words.run, prompt_id=job, seed=order.words.seed, render_ns=record.render_ns, windows=record.windows
    )
    entry = Entry(
        run=order.words.run,
        node=order.segment_id,
        class_type=SEGMENT,
        key=KEY,
        file=target.name,
        bytes=target.stat().st_size,
    )
    return run, entry


def _clear_up(order: JobOrder, home: Path, record: JobRecord) -> None:
    """Remove the window files, or leave them; the record stays where the call goes on with another repeat."""
    if order.keep:
        return
    if order.more:
        record.write(home)
        for path in home.iterdir():
            if path.name not in (RECORD, JOB_NAME):
                path.unlink(missing_ok=True)
    else:
        shutil.rmtree(home, ignore_errors=True)


async def _render(
    order: JobOrder, at: JobPlace, engine: Engine, names: JobNames, record: JobRecord | None
) -> tuple[BoundJob, JobRecord, Rendering]:
    bound = await bind_order(order, engine, at.data, lend=at.lend)
    if record is None:
        at.listener({"event": "sound", "job": names.turn}, "Making the sound …")
        record = await hear_branch(order, bound, engine, at.data / names.folder, at.listener)
    rendering = Rendering(order, bound, engine, names, record, data=at.data, clock=at.clock, listener=at.listener)
    await rendering.render()
    return bound, record, rendering


def _make(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise BadInput(
            f"the job's folder {home} cannot be made: {exc.strerror}; name another with --data", code="data.folder"
        ) from exc
