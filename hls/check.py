"""The strict checker: reads a published stream back, with readers of its own, and names every fault.

Long, because one pass carries ticks, numbers and parameters from segment to segment: every rule reads the same state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from .check_boxes import (
    IDR,
    PPS,
    SPS,
    Broken,
    Fragment,
    Run,
    Track,
    avcc_sets,
    nal_types,
    read_fragments,
    read_init,
)
from .check_playlist import ListedSegment, Listing, Violation, compare_texts, read_listing

Fetch = Callable[[str], "bytes | None"]
TICKS_HZ = 48_000
VIDEO, AUDIO = 1, 2
AUDIO_BEHIND_TICKS = 2048
AAC_FRAME_TICKS = 1024


@dataclass(slots=True, kw_only=True)
class StreamReport:
    """What was found. `duration_ticks` counts the listed video; `names` are the segments in order."""

    violations: list[Violation] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    segments: int = 0
    gaps: int = 0
    fragments: int = 0
    video_frames: int = 0
    audio_frames: int = 0
    duration_ticks: int = 0
    discontinuities: int = 0
    first_sequence: int = 0
    ended: bool = False
    bytes: int = 0

    @property
    def clean(self) -> bool:
        """No violation."""
        return not self.violations


def check_stream(source: Path | Fetch, *, playlist: str = "manifest.m3u8", earlier: Sequence[str] = ()) -> StreamReport:
    """Check a folder, or whatever `source(name)` fetches (None where there is nothing).

    `earlier` are texts of the same playlist read before, oldest first: then reloads are judged as well.
    Nothing is raised for a faulty stream: every fault is a Violation in the report.
    """
    fetch = _folder(source) if isinstance(source, Path) else source
    report = StreamReport()
    text = fetch(playlist)
    if text is None:
        report.violations.append(Violation(code="playlist.absent", where=playlist, message="cannot be fetched"))
        return report
    listing = read_listing(text.decode("utf-8", "replace"))
    report.violations += listing.faults + compare_texts([*earlier, text.decode("utf-8", "replace")])
    _Walk(fetch, listing, report).all()
    _check_master(fetch, listing, report)
    return report


def _folder(folder: Path) -> Fetch:
    def fetch(name: str) -> bytes | None:
        path = folder / name
        return path.read_bytes() if path.is_file() else None

    return fetch


class _Walk:
    """One pass over the listed segments; holds what the next one is compared with."""

    def __init__(self, fetch: Fetch, listing: Listing, report: StreamReport) -> None:
        self.fetch, self.listing, self.report = fetch, listing, report
        self.inits: dict[str, dict[int, Track]] = {}
        self.end: dict[int, int] = {}
        self.sequence = -1
        self.pdt_offset: Fraction | None = None
        self.after_idr = False
        self.may_jump = True

    def fault(self, code: str, where: str, message: str) -> None:
        self.report.violations.append(Violation(code=code, where=where, message=message))

    def all(self) -> None:
        report = self.report
        report.ended = self.listing.ended
        report.first_sequence = self.listing.segments[0].number if self.listing.segments else 0
        for segment in self.listing.segments:
            report.segments += 1
            report.names.append(segment.name)
            report.discontinuities += segment.discontinuity
            if segment.discontinuity:
                self.may_jump, self.pdt_offset = True, None
            self.init(segment.map_name)
            if segment.gap:
                report.gaps += 1
                self.may_jump = True
            else:
                self.segment(segment)
        if self.listing.open is not None:
            self.open_parts(self.listing.open)

    def init(self, name: str) -> None:
        if name in self.inits or not name:
            return
        data = self.fetch(name)
        if data is None:
            self.fault("init.absent", name, "cannot be fetched")
            self.inits[name] = {}
            return
        try:
            self.inits[name] = tracks = read_init(data)
            self.judge_init(name, tracks)
        except (Broken, IndexError, ValueError, StopIteration) as exc:
            self.fault("init.broken", name, str(exc))
            self.inits[name] = {}

    def judge_init(self, name: str, tracks: dict[int, Track]) -> None:
        found = {number: (track.handler, track.format) for number, track in tracks.items()}
        if found != {VIDEO: (b"vide", b"avc1"), AUDIO: (b"soun", b"mp4a")}:
            self.fault("init.tracks", name, f"tracks are {found}")
            return
        for number, track in tracks.items():
            if track.timescale != TICKS_HZ:
                self.fault("init.timescale", name, f"track {number} counts in 1/{track.timescale}")
            if track.has_edit_list:
                self.fault("init.edit_list", name, f"track {number} has an edit list")
        avcc_sets(tracks[VIDEO].config)
        first = next((other for other in self.inits.values() if other and other is not tracks), tracks)
        if first[VIDEO].config != tracks[VIDEO].config:
            self.fault("init.parameters", name, "SPS or PPS differ from the stream's first init segment")

    def segment(self, segment: ListedSegment) -> None:
        data = self.fetch(segment.name)
        if data is None:
            self.fault("segment.absent", segment.name, "cannot be fetched")
            self.may_jump = True
            return
        self.report.bytes += len(data)
        try:
            fragments = read_fragments(data)
            video = self.fragments(segment.name, data, fragments)
        except (Broken, IndexError, ValueError, OverflowError) as exc:
            self.fault("segment.broken", segment.name, str(exc))
            self.may_jump = True
            return
        self.judge_listed(segment, video)
        self.judge_parts(segment, data)

    def fragments(self, name: str, data: bytes, fragments: list[Fragment]) -> tuple[int, int]:
        """Judge each; return the segment's first video tick and the one after its last."""
        start: int | None = None
        for index, fragment in enumerate(fragments):
            self.report.fragments += 1
            if fragment.sequence <= self.sequence:
                self.fault("segment.sequence", name, f"mfhd {fragment.sequence} after {self.sequence}")
            self.sequence = fragment.sequence
            video, audio = fragment.runs.get(VIDEO), fragment.runs.get(AUDIO)
            if video is None or not video.samples or set(fragment.runs) - {VIDEO, AUDIO}:
                raise Broken(f"fragment {index} has tracks {sorted(fragment.runs)}; video is needed, audio allowed")
            start = video.tfdt if start is None else start
            self.pictures(name, data, video, opens=index == 0)
            self.continuous(name, video)
            self.report.video_frames += len(video.samples)
            if audio is not None:
                self.report.audio_frames += len(audio.samples)
                self.sound(name, audio, video)
            self.may_jump = False
        assert start is not None
        return start, self.end[VIDEO]

    def continuous(self, name: str, run: Run) -> None:
        expected = self.end.get(run.track)
        if expected is not None and run.tfdt != expected and (run.tfdt < expected or not self.may_jump):
            self.fault("segment.tfdt", name, f"track {run.track} begins at {run.tfdt}, it ended at {expected}")
        self.end[run.track] = run.end

    def pictures(self, name: str, data: bytes, video: Run, *, opens: bool) -> None:
        if len({sample.duration for sample in video.samples}) != 1 or video.samples[0].duration <= 0:
            self.fault("segment.frame_duration", name, "frames of several durations")
        for index, sample in enumerate(video.samples):
            types = nal_types(data, sample)
            is_idr = IDR in types
            if opens and index == 0 and not is_idr:
                self.fault("segment.idr_start", name, "does not begin with an IDR picture")
            if is_idr != sample.sync:
                self.fault("segment.sync_flag", name, f"sample {index}: IDR {is_idr}, flagged sync {sample.sync}")
            if is_idr and self.after_idr:
                self.fault("segment.idr_adjacent", name, f"two IDR pictures side by side at sample {index}")
            if SPS in types or PPS in types:
                self.fault("segment.inband", name, "parameter sets inside the media")
            self.after_idr = is_idr

    def sound(self, name: str, audio: Run, video: Run) -> None:
        # The first fragment of a stretch has no sound for its first 2048 ticks to come: it begins with the video.
        if self.may_jump and audio.tfdt >= video.tfdt and AUDIO in self.end:
            self.end[AUDIO] = min(self.end[AUDIO], audio.tfdt)
        self.continuous(name, audio)
        if any(sample.duration != AAC_FRAME_TICKS for sample in audio.samples):
            self.fault("segment.audio_duration", name, "an audio sample is not 1024 ticks long")
        behind = video.end - audio.end
        if not AUDIO_BEHIND_TICKS <= behind < AUDIO_BEHIND_TICKS + AAC_FRAME_TICKS:
            self.fault(
                "segment.av_skew", name, f"sound ends {behind} ticks before the picture, not {AUDIO_BEHIND_TICKS}"
            )

    def judge_listed(self, segment: ListedSegment, video: tuple[int, int]) -> None:
        start, end = video
        self.report.duration_ticks += end - start
        if abs(segment.seconds * TICKS_HZ - (end - start)) > 1:
            held = float(Fraction(end - start, TICKS_HZ))
            self.fault("segment.extinf", segment.name, f"EXTINF {float(segment.seconds)}, it holds {held}")
        if segment.pdt_ms is not None:
            offset = segment.pdt_ms - Fraction(start * 1000, TICKS_HZ)
            if self.pdt_offset is not None and abs(offset - self.pdt_offset) > 1:
                self.fault("segment.pdt", segment.name, f"date is {float(offset - self.pdt_offset)} ms off the line")
            self.pdt_offset = offset if self.pdt_offset is None else self.pdt_offset

    def judge_parts(self, segment: ListedSegment, data: bytes) -> None:
        if not segment.parts:
            return
        parts = [self.fetch(part.name) for part in segment.parts]
        if None in parts:
            self.fault("part.absent", segment.name, "a listed part cannot be fetched")
        elif b"".join(part for part in parts if part is not None) != data:
            self.fault("part.bytes", segment.name, "its parts joined are not the segment")

    def open_parts(self, segment: ListedSegment) -> None:
        if segment.discontinuity:
            self.may_jump = True
        self.init(segment.map_name)
        for index, part in enumerate(segment.parts):
            data = self.fetch(part.name)
            if data is None:
                self.fault("part.absent", part.name, "cannot be fetched")
                return
            try:
                fragments = read_fragments(data)
                start, end = self.fragments(part.name, data, fragments) if index == 0 else self.inner(part.name, data)
            except (Broken, IndexError, ValueError, OverflowError) as exc:
                self.fault("part.broken", part.name, str(exc))
                return
            if abs(part.seconds * TICKS_HZ - (end - start)) > 1:
                self.fault("part.duration", part.name, "DURATION is not what it holds")

    def inner(self, name: str, data: bytes) -> tuple[int, int]:
        """A part that need not begin with an IDR."""
        start = self.end[VIDEO]
        for fragment in read_fragments(data):
            for run in fragment.runs.values():
                self.continuous(name, run)
        return start, self.end[VIDEO]


def _check_master(fetch: Fetch, listing: Listing, report: StreamReport) -> None:
    data = fetch("master.m3u8")
    init = fetch(listing.segments[0].map_name) if listing.segments else None
    if data is None or init is None:
        return
    try:
        sps, _ = avcc_sets(read_init(init)[VIDEO].config)
    except (Broken, KeyError, IndexError, StopIteration):
        return
    if f"avc1.{sps[1:4].hex().upper()},mp4a.40.2" not in data.decode("utf-8", "replace"):
        message = "CODECS does not name the profile and level of the SPS"
        report.violations.append(Violation(code="master.codecs", where="master.m3u8", message=message))
