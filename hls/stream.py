"""Stream: one continuous stream, from access units and PCM to files, playlists and parts. No clock inside.

Long, because the order journal, file, manifest is kept here alone, and every method has a share in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .aac import AacEncoder
from .access_unit import AccessUnit
from .errors import MediaParameters, StoreFull
from .init_segment import StreamParameters, init_segment
from .journal import Journal, JournalState
from .listing import Listing, RecentBytes
from .multivariant import master_playlist
from .part import Part
from .playlist import MediaPlaylist, PartEntry, SegmentEntry
from .publisher import Publisher, SegmentStore
from .recovery import CLOSED_SUFFIX, MANIFEST, OPEN_SUFFIX, Recovered, init_name, recover
from .segmenter import Segmenter, part_name
from .ticks import AAC_FRAME_TICKS, frames_to_bytes, frames_to_ticks
from .timeline import Kind, Timeline

LISTED_SEGMENTS = 120
MASTER = "master.m3u8"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedSegment:
    """A segment that is complete and, as far as the store allows, on disk and in the manifest."""

    media_sequence: int
    name: str
    kind: Kind
    start_ticks: int
    duration_ticks: int
    pdt_unix_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPart:
    """A part that is announced. `segment_closed` is the segment that this append completed, if any."""

    media_sequence: int
    part: int
    name: str
    kind: Kind
    start_ticks: int
    duration_ticks: int
    pdt_unix_ns: int
    independent: bool
    segment_closed: ClosedSegment | None


class Stream:
    """The facade a channel drives; one thread at a time.

    `anchor_unix_ns` is the wall time of tick 0 (`ticks.anchor_unix_ns` makes it from "now" and `next_ticks`; with
    `resume`, `resume.next_ticks` is where the stream goes on at the earliest, and `anchor()` may be called until the
    first append). Store failures never stop the stream: they are counted, memory serves, the next segment retries.
    """

    def __init__(
        self,
        *,
        store: SegmentStore,
        journal: Journal,
        parameters: StreamParameters,
        anchor_unix_ns: int,
        resume: JournalState | None = None,
        listed_segments: int = LISTED_SEGMENTS,
    ) -> None:
        self.parameters = parameters
        self.master = master_playlist(parameters, MANIFEST)
        self._journal, self._publisher = journal, Publisher(store)
        self._journal_failures = 0
        self._aac = AacEncoder()
        born = recover(self._publisher, resume) if resume is not None else _newborn()
        self.timeline = Timeline(next_ticks=born.next_ticks, anchor_unix_ns=anchor_unix_ns)
        self._audio_ticks = born.next_ticks
        self._segmenter = Segmenter(media_sequence=born.media_sequence)
        self._listing = Listing(
            segments=born.segments,
            first_sequence=born.first_sequence,
            discontinuity_sequence=born.discontinuity_sequence,
            limit=listed_segments,
        )
        self._starts_discontinuity = bool(born.segments)
        self._whole, self._ended = resume is None, False
        self._memory = RecentBytes(listed_segments=listed_segments)
        self._open_turn = resume.open_turn if resume is not None else None
        self._next_window = resume.next_window if resume is not None else 0
        self.extra = dict(resume.extra) if resume is not None else {}
        self._init_n = born.init_n
        self._texts: dict[bool, str] = {}
        self._put_init()
        self._publisher.put(MASTER, self.master.encode())
        self._write_journal()
        if born.segments:
            self._write_manifest()

    # -- what it is now

    @property
    def next_ticks(self) -> int:
        """The tick at which the next append begins."""
        return self.timeline.next_ticks

    @property
    def media_sequence(self) -> int:
        """Number of the segment that is open, or opens next."""
        return self._segmenter.media_sequence

    @property
    def next_part(self) -> tuple[int, int]:
        """(media sequence, part index) of the next append, unless it closes the open segment first."""
        segment = self._segmenter.open
        return self.media_sequence, len(segment.parts) if segment is not None else 0

    @property
    def hint(self) -> str:
        """Name of the part that the next append publishes: the preload hint, always kept."""
        return part_name(self.next_ticks)

    @property
    def store_failures(self) -> int:
        """How often the store or the journal could not take something."""
        return self._publisher.failures + self._journal_failures

    @property
    def ended(self) -> bool:
        """Whether `end` was called."""
        return self._ended

    def has(self, media_sequence: int, part: int | None = None) -> bool:
        """Whether a closed segment or a part is listed, for blocking reload.

        A part past the last one of a closed segment counts as part 0 of the next (RFC 8216bis, 6.2.5.2).
        """
        if self._ended or media_sequence < self.media_sequence - 1:
            return True
        if media_sequence == self.media_sequence - 1:
            entries = self._listing.entries
            if part is None or not entries:
                return True
            return part < max(1, len(entries[-1].parts)) or self.next_part[1] > 0
        return part is not None and media_sequence == self.media_sequence and part < self.next_part[1]

    def playlist(self, *, live_parts: bool) -> str:
        """The media playlist; the same text object until something is published."""
        if live_parts not in self._texts:
            self._texts[live_parts] = self._describe(self._listing.entries).text(live_parts=live_parts)
        return self._texts[live_parts]

    def read(self, name: str) -> bytes | None:
        """Bytes of an init segment, segment or part; memory first, then the store. None for an unknown name."""
        data = self._memory.get(name) or self._publisher.waiting(name)
        if data is None and name.endswith((".m4s", ".mp4")):
            data = self._publisher.store.get(name)
        return data

    # -- what changes it

    def append(
        self, units: Sequence[AccessUnit], pcm_s16le: bytes, *, kind: Kind, label: str = "", clip_start: bool = False
    ) -> PublishedPart:
        """Publish one part: 1 to 8 pictures and exactly their sound (48 kHz mono s16le, 1920 samples each).

        Closes the open segment first when the kind changes, a talk clip starts, or 24 frames would be passed; and
        after it when it holds 24. Raises: MediaParameters, SpanClosed (idle while a talk span is open); then nothing
        was changed.
        """
        if len(pcm_s16le) != frames_to_bytes(len(units)):
            raise MediaParameters(
                f"{len(units)} frames need {frames_to_bytes(len(units))} bytes of sound, got {len(pcm_s16le)}"
            )
        closes = self._segmenter.must_close(kind=kind, frames=len(units), clip_start=clip_start)
        self._segmenter.check(units, opens=closes or self._segmenter.open is None)
        self.timeline.refuse(kind)
        closed = self.close_segment() if closes else None
        packets = self._aac.feed(pcm_s16le)
        span = self.timeline.append(kind=kind, label=label, duration_ticks=frames_to_ticks(len(units)))
        sequence, index = self.next_part
        part = self._segmenter.append(
            units, packets, kind=kind, label=label, start_ticks=span.start_ticks, audio_start_ticks=self._audio_ticks
        )
        self._audio_ticks += len(packets) * AAC_FRAME_TICKS
        name = part_name(part.start_ticks)
        self._memory.keep(name, part.data)
        self._texts.clear()
        if self._segmenter.is_full():
            closed = self.close_segment()
        else:
            self._save_open()
        return PublishedPart(
            media_sequence=sequence,
            part=index,
            name=name,
            kind=kind,
            start_ticks=part.start_ticks,
            duration_ticks=part.duration_ticks,
            pdt_unix_ns=self.timeline.pdt_unix_ns(part.start_ticks),
            independent=part.independent,
            segment_closed=closed,
        )

    def close_segment(self) -> ClosedSegment | None:
        """Complete the open segment: journal, file, manifest, in this order. None when none is open."""
        segment = self._segmenter.close()
        if segment is None:
            return None
        entry = self._entry(segment.stem, segment.start_ticks, segment.parts)
        self._starts_discontinuity = False
        gone = self._listing.add(entry)
        self._whole = self._whole and not gone
        self._memory.keep(entry.name, segment.data)
        self._memory.listed(entry)
        self._texts.clear()
        self._write_journal()
        self._publisher.retry()
        self._publisher.put(entry.name, segment.data)
        for old in gone:
            self._publisher.delist(old.name, self.next_ticks)
        self._publisher.sweep(self.next_ticks)
        self._write_manifest()
        self._publisher.delete(segment.stem + OPEN_SUFFIX)
        return ClosedSegment(
            media_sequence=segment.media_sequence,
            name=entry.name,
            kind=segment.kind,
            start_ticks=segment.start_ticks,
            duration_ticks=segment.duration_ticks,
            pdt_unix_ns=entry.pdt_unix_ns,
        )

    def discontinuity(self, anchor_unix_ns: int) -> None:
        """After a suspend: the next segment begins with a discontinuity, a new init and a new wall time of tick 0."""
        self.close_segment()
        self.timeline.anchor(anchor_unix_ns)
        self._starts_discontinuity = bool(self._listing.entries)
        self._init_n += 1
        self._put_init()
        self._write_journal()

    def anchor(self, anchor_unix_ns: int) -> None:
        """Correct the wall time of tick 0 before anything was published with it. Raises: MediaParameters after that."""
        if self.timeline.last_span is not None:
            raise MediaParameters("the stream has published dates already; a new anchor needs a discontinuity")
        self.timeline.anchor(anchor_unix_ns)
        self._write_journal()

    def set_open_turn(self, turn: str | None, next_window: int = 0) -> None:
        """Change what the journal says about the turn on air, at once."""
        self._open_turn, self._next_window = turn, next_window
        self._write_journal()

    def end(self) -> None:
        """Finish: the last segment is closed, ENDLIST written; type VOD when nothing was ever delisted."""
        self.close_segment()
        self._ended = True
        self._texts.clear()
        self._publisher.retry()
        self._write_manifest()

    # -- how

    def _entry(self, stem: str, start_ticks: int, parts: Sequence[Part]) -> SegmentEntry:
        return SegmentEntry(
            name=stem + CLOSED_SUFFIX,
            duration_ticks=sum(part.duration_ticks for part in parts),
            pdt_unix_ns=self.timeline.pdt_unix_ns(start_ticks),
            init_name=init_name(self._init_n),
            discontinuity=self._starts_discontinuity,
            parts=tuple(
                PartEntry(name=part_name(p.start_ticks), duration_ticks=p.duration_ticks, independent=p.independent)
                for p in parts
            ),
        )

    def _describe(self, listed: Collection[SegmentEntry]) -> MediaPlaylist:
        segment = self._segmenter.open
        return MediaPlaylist(
            media_sequence=self._listing.first_sequence,
            discontinuity_sequence=self._listing.discontinuity_sequence,
            segments=listed,
            open=self._entry(segment.stem, segment.start_ticks, segment.parts) if segment is not None else None,
            hint=self.hint,
            ended=self._ended,
            whole=self._whole,
        )

    def _put_init(self) -> None:
        name, data = init_name(self._init_n), init_segment(self.parameters, self._aac.config)
        self._memory.keep(name, data)
        self._publisher.put(name, data)

    def _save_open(self) -> None:
        # Before a part is announced it is in the folder, so that a killed runner can close the segment with it.
        segment = self._segmenter.open
        if segment is not None:
            data = b"".join(part.data for part in segment.parts)
            self._publisher.put_or_drop(segment.stem + OPEN_SUFFIX, data)

    def _write_journal(self) -> None:
        segment = self._segmenter.open
        state = JournalState(
            media_sequence=self.media_sequence,
            discontinuity_sequence=self._listing.last_discontinuity_number + self._starts_discontinuity,
            init_n=self._init_n,
            next_ticks=segment.start_ticks if segment is not None else self.next_ticks,
            anchor_unix_ns=self.timeline.anchor_unix_ns,
            open_turn=self._open_turn,
            next_window=self._next_window,
            extra=self.extra,
        )
        try:
            self._journal.write(state)
        except StoreFull:
            self._journal_failures += 1

    def _write_manifest(self) -> None:
        # Only what is in the folder may be named: the list ends before the first segment that could not be stored.
        listed = list(
            itertools.takewhile(lambda entry: not self._publisher.is_pending(entry.name), self._listing.entries)
        )
        if listed:
            self._publisher.put_or_drop(MANIFEST, self._describe(listed).text(live_parts=False).encode())


def _newborn() -> Recovered:
    return Recovered(first_sequence=0, discontinuity_sequence=0, media_sequence=0, next_ticks=0, init_n=0)
