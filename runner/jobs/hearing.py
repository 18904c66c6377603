"""How a job comes by its speech: from the files that were given, or from the part of its graph that makes it."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path

from runner.batch.batch import Listener, make_folder
from runner.engine.cut_graph import WINDOW, exactly_one
from runner.engine.graph_loop import refuse_loop
from runner.engine.workflow import Workflow, refuse_unknown_nodes
from runner.jobs.bound import BoundJob
from runner.jobs.branch import EVENTS, branch_of, make_sound, sound_links
from runner.jobs.events import write_events
from runner.jobs.intake import SOUND, SPEECH, SPEECH_2, samples_of, take_in
from runner.jobs.order import JobOrder
from runner.jobs.record import JobRecord
from runner.ports import Engine

BRANCH = "made"
"""The folder of what the graph's own branch saved, until it is taken in."""


def is_heard(home: Path, record: JobRecord) -> bool:
    """Whether the sound that a record tells of is there: it went with a job that is done, or with the power."""
    in_stereo = samples_of(home / SOUND) == record.samples * record.channels or record.channels == 1
    return in_stereo and max(samples_of(home / SPEECH), samples_of(home / SPEECH_2)) == record.samples


async def listen(voices: Mapping[str, Path], home: Path, *, events: bool = False) -> JobRecord:
    """Take the sounds in, in a thread that ends soon after this is cancelled: hours of sound take minutes.

    Raises: as `hear_files`.
    """
    stop = threading.Event()
    try:
        return await asyncio.to_thread(hear_files, voices, home, events=events, stop=stop)
    finally:
        stop.set()


def hear_files(
    voices: Mapping[str, Path], home: Path, *, events: bool = False, stop: threading.Event | None = None
) -> JobRecord:
    """Take the sounds in and write the record. Blocking. Raises: SoundUnreadable, SoundEmpty, SoundCut, EngineError."""
    second = voices.get("audio_2")
    stereo = home / SOUND if second is None else None
    samples, channels = take_in(voices["audio"], home / SPEECH, stereo=stereo, stop=stop)
    if second is not None:
        samples = max(samples, take_in(second, home / SPEECH_2, stop=stop)[0])
    record = JobRecord(samples=samples, channels=channels, two_voices=second is not None, events=events)
    record.write(home)
    return record


async def hear_branch(order: JobOrder, bound: BoundJob, engine: Engine, home: Path, listener: Listener) -> JobRecord:
    """Run what is linked to OnAir Window's sound as a prompt of its own, and take in what it makes.

    Raises: EngineError of every kind, WorkflowRefused; as `hear_files`.
    """
    window_id = exactly_one(bound.whole, WINDOW, "window", order.name)
    names = order.linked()
    # Words and phonemes belong to the sound that they came with.
    told = (*names, EVENTS) if "audio" in names else names
    branch = branch_of(bound.whole, sound_links(bound.whole, window_id, told))
    refuse_unknown_nodes(branch, bound.object_info, Workflow(name=order.name, graph=branch))
    refuse_loop(branch, order.name)
    shutil.rmtree(home / BRANCH, ignore_errors=True)  # of a run that was killed in it
    make_folder(home / BRANCH)
    made = await make_sound(
        order.name,
        branch,
        engine,
        object_info=bound.object_info,
        folder=home / BRANCH,
        silence_ns=order.silence_ns,
        listener=listener,
    )
    events = await asyncio.to_thread(write_events, home, made.events)
    record = await listen({**order.words.voices, **made.voices}, home, events=events)
    await asyncio.to_thread(shutil.rmtree, home / BRANCH, ignore_errors=True)
    return record
