"""Packaging one window of 40 frames: our parts against a spawned ffmpeg and ffprobe, side by side in one run."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hls.access_unit import Clip, read_clip
from hls.encode import encode_clip
from hls.init_segment import StreamParameters
from hls.journal import Journal
from hls.segmenter import Segmenter
from hls.store import FolderStore
from hls.stream import Stream
from hls.ticks import FRAME_TICKS, NS_PER_MS, PART_FRAMES, PART_TICKS, frames_to_bytes, frames_to_ticks, ticks_to_ns
from runner.bench.machine import machine, spread

WINDOW_FRAMES = 40
SIZE = 512
Figures = dict[str, Any]


def bench_package(rounds: int = 50) -> Figures:
    """Measure and return JSON-able figures; times in milliseconds, median and p95 over `rounds`.

    `parts` reads the clip's file and writes its parts; `ffmpeg` copies the same file into fragments and asks ffprobe
    how long the result is. Sound is left out on both sides. `append` is all of a live part: AAC, journal, files.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip_path = folder / "window.mp4"
        encode_clip(_picture_frames(), clip_path, width=SIZE, height=SIZE, idr_every_frames=24)
        tools = [shutil.which(tool) for tool in ("ffmpeg", "ffprobe")]
        ours: list[int] = []
        theirs: list[int] = []
        for _ in range(rounds):
            ours.append(_timed(lambda: _write_parts(clip_path)))
            if all(tools):
                theirs.append(_timed(lambda: _spawn(clip_path, folder / "out.mp4")))
        append = _append_times(read_clip(clip_path), folder, rounds)
    result: Figures = {
        "bench": "package",
        "rounds": rounds,
        "window_frames": WINDOW_FRAMES,
        **machine(),
        "parts_ms": spread([ns / NS_PER_MS for ns in ours]),
        "append_ms": spread([ns / NS_PER_MS for ns in append]),
        "append_share_of_playing_time": round(statistics.median(append) / ticks_to_ns(PART_TICKS), 5),
    }
    if theirs:
        result["ffmpeg_ms"] = spread([ns / NS_PER_MS for ns in theirs])
        result["times_faster"] = round(statistics.median(theirs) / statistics.median(ours), 1)
    else:
        result["ffmpeg_ms"] = None
        result["note"] = "ffmpeg and ffprobe are not both on PATH, so there is nothing to compare with"
    return result


def _picture_frames() -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    layers = [np.stack([(x + n) % 256, (y - n) % 256, (x + y + n) % 256], -1) for n in range(WINDOW_FRAMES)]
    return [layer.astype(np.uint8) for layer in layers]


def _write_parts(path: Path) -> None:
    units, segmenter = read_clip(path).units, Segmenter(media_sequence=0)
    for at in range(0, len(units), PART_FRAMES):
        piece = units[at : at + PART_FRAMES]
        if segmenter.must_close(kind="talk", frames=len(piece), clip_start=at == 0):
            segmenter.close()
        start = frames_to_ticks(at)
        segmenter.append(piece, (), kind="talk", label="bench", start_ticks=start, audio_start_ticks=start)
    segmenter.close()


def _spawn(source: Path, target: Path) -> None:
    flags = "+frag_keyframe+empty_moov+default_base_moof"
    quiet = ["-v", "error"]
    subprocess.run(["ffmpeg", *quiet, "-y", "-i", source, "-c", "copy", "-movflags", flags, target], check=True)
    show = ["-show_entries", "format=duration", "-of", "csv=p=0"]
    subprocess.run(["ffprobe", *quiet, *show, target], check=True, stdout=subprocess.DEVNULL)


def _append_times(clip: Clip, folder: Path, rounds: int) -> list[int]:
    stream = Stream(
        store=FolderStore(folder / "hls"),
        journal=Journal(folder / "journal.json"),
        parameters=StreamParameters.of(clip),
        anchor_unix_ns=0,
    )
    noise = np.random.default_rng(0).normal(0, 2000, PART_FRAMES * FRAME_TICKS).astype("<i2").tobytes()
    times: list[int] = []

    def one(at: int) -> None:
        piece = clip.units[at : at + PART_FRAMES]
        stream.append(piece, noise[: frames_to_bytes(len(piece))], kind="talk", label="bench", clip_start=at == 0)
        stream.playlist(live_parts=True)

    for _ in range(max(1, rounds // 4)):
        for at in range(0, len(clip.units), PART_FRAMES):
            started = time.perf_counter_ns()
            one(at)
            times.append(time.perf_counter_ns() - started)
    return times


def _timed(work: Callable[[], None]) -> int:
    started = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - started
