"""One pass over the listed segments: what the playlist says of each, against what its bytes hold."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from .box import UNREADABLE
from .continuity import AUDIO, VIDEO, Continuity
from .fragment import read_fragments
from .init_segment import Track, avcc_sets, read_init
from .listing import ListedSegment, Listing
from .report import StreamReport

Fetch = Callable[[str], "bytes | None"]
TICKS_HZ = 48_000


class Walk:
    """Reads every listed file once, in order; holds what the next one is compared with."""

    def __init__(self, fetch: Fetch, listing: Listing, report: StreamReport) -> None:
        self._fetch, self._listing, self._report = fetch, listing, report
        self._inits: dict[str, dict[int, Track]] = {}
        self._continuity = Continuity(report)
        self._pdt_offset_ms: Fraction | None = None

    def all(self) -> None:
        """Judge every segment, and the parts of the open one. Faults go into the report; nothing is raised."""
        report, listing = self._report, self._listing
        report.ended = listing.ended
        report.first_sequence = listing.segments[0].number if listing.segments else 0
        for segment in listing.segments:
            report.segments += 1
            report.names.append(segment.name)
            report.discontinuities += segment.discontinuity
            if segment.discontinuity:
                self._continuity.may_jump, self._pdt_offset_ms = True, None
            self._init(segment.map_name)
            if segment.gap:
                report.gaps += 1
                self._continuity.may_jump = True
            else:
                self._segment(segment)
        if listing.open is not None:
            self._open_parts(listing.open)

    def _init(self, name: str) -> None:
        if name in self._inits or not name:
            return
        data = self._fetch(name)
        if data is None:
            self._report.fault("init.absent", name, "cannot be fetched")
            self._inits[name] = {}
            return
        try:
            self._inits[name] = tracks = read_init(data)
            self._judge_init(name, tracks)
        except UNREADABLE as exc:
            self._report.fault("init.broken", name, str(exc))
            self._inits[name] = {}

    def _judge_init(self, name: str, tracks: dict[int, Track]) -> None:
        found = {number: (track.handler, track.format) for number, track in tracks.items()}
        if found != {VIDEO: (b"vide", b"avc1"), AUDIO: (b"soun", b"mp4a")}:
            self._report.fault("init.tracks", name, f"tracks are {found}")
            return
        for number, track in tracks.items():
            if track.timescale != TICKS_HZ:
                self._report.fault("init.timescale", name, f"track {number} counts in 1/{track.timescale}")
            if track.has_edit_list:
                self._report.fault("init.edit_list", name, f"track {number} has an edit list")
        avcc_sets(tracks[VIDEO].config)
        # One recipe: pictures of one size have one parameter set, and another size comes behind a discontinuity.
        video = tracks[VIDEO]
        first = next((one[VIDEO] for one in self._inits.values() if one and _size(one[VIDEO]) == _size(video)), video)
        if first.config != video.config:
            self._report.fault("init.parameters", name, "SPS or PPS differ from the first init segment of that size")

    def _segment(self, segment: ListedSegment) -> None:
        data = self._fetch(segment.name)
        if data is None:
            self._report.fault("segment.absent", segment.name, "cannot be fetched")
            self._continuity.may_jump = True
            return
        self._report.bytes += len(data)
        try:
            video = self._continuity.fragments(segment.name, data, read_fragments(data))
        except UNREADABLE as exc:
            self._report.fault("segment.broken", segment.name, str(exc))
            self._continuity.may_jump = True
            return
        self._judge_listed(segment, video)
        self._judge_parts(segment, data)

    def _judge_listed(self, segment: ListedSegment, video: tuple[int, int]) -> None:
        start, end = video
        self._report.duration_ticks += end - start
        if abs(segment.seconds * TICKS_HZ - (end - start)) > 1:
            held = float(Fraction(end - start, TICKS_HZ))
            self._report.fault("segment.extinf", segment.name, f"EXTINF {float(segment.seconds)}, it holds {held}")
        if segment.pdt_ms is not None:
            offset = segment.pdt_ms - Fraction(start * 1000, TICKS_HZ)
            if self._pdt_offset_ms is not None and abs(offset - self._pdt_offset_ms) > 1:
                self._report.fault(
                    "segment.pdt", segment.name, f"date is {float(offset - self._pdt_offset_ms)} ms off the line"
                )
            self._pdt_offset_ms = offset if self._pdt_offset_ms is None else self._pdt_offset_ms

    def _judge_parts(self, segment: ListedSegment, data: bytes) -> None:
        if not segment.parts:
            return
        parts = [self._fetch(part.name) for part in segment.parts]
        if None in parts:
            self._report.fault("part.absent", segment.name, "a listed part cannot be fetched")
        elif b"".join(part for part in parts if part is not None) != data:
            self._report.fault("part.bytes", segment.name, "its parts joined are not the segment")

    def _open_parts(self, segment: ListedSegment) -> None:
        if segment.discontinuity:
            self._continuity.may_jump = True
        self._init(segment.map_name)
        for index, part in enumerate(segment.parts):
            data = self._fetch(part.name)
            if data is None:
                self._report.fault("part.absent", part.name, "cannot be fetched")
                return
            try:
                fragments = read_fragments(data)
                start, end = self._continuity.fragments(part.name, data, fragments, opens=index == 0)
            except UNREADABLE as exc:
                self._report.fault("part.broken", part.name, str(exc))
                return
            if abs(part.seconds * TICKS_HZ - (end - start)) > 1:
                self._report.fault("part.duration", part.name, "DURATION is not what it holds")


def _size(track: Track) -> tuple[int, int]:
    return track.width, track.height
