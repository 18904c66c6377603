"""Stream: one continuous stream, from access units and PCM to files, playlists and parts. No clock inside.

Over 200 lines, because the order journal, file, manifest is kept here alone: what players read is `shelf.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from .aac import AacEncoder
from .access_unit import AccessUnit
from .errors import MediaParameters, StoreFull
from .init_segment import StreamParameters, init_segment
from .journal import Journal, JournalState
from .multivariant import master_playlist
from .published import ClosedSegment, PublishedPart
from .publisher import Publisher, SegmentStore
from .recovery import MANIFEST, OPEN_SUFFIX, Recovered, init_name, recover
from .segmenter import Segmenter, part_name
from .shelf import Shelf
from .ticks import AAC_FRAME_TICKS, frames_to_bytes, frames_to_ticks
from .timeline import Kind, Timeline

__all__ = ["ClosedSegment", "PublishedPart", "Stream"]

LISTED_SEGMENTS = 120
MASTER = "master.m3u8"


class Stream:
    """The facade a channel drives; one thread at a time.

    `anchor_unix_ns` is the wall time of tick 0 (`ticks.anchor_unix_ns` makes it from "now" and `next_ticks`; with
    `resume`, `resume.next_ticks` is where the stream goes on at the earliest, and `anchor()` may be called until the
    first append). `first_sequence` numbers the first segment of a new stream; with `resume` it means nothing.
    Store failures never stop the stream: they are counted, memory serves, the next segment retries.
    """

    def __init__(
        self,
        *,
        store: SegmentStore,
        journal: Journal,
        parameters: StreamParameters,
        anchor_unix_ns: int,
        resume: JournalState | None = None,
        first_sequence: int = 0,
        listed_segments: int = LISTED_SEGMENTS,
    ) -> None:
        self.parameters = parameters
        self.master = master_playlist(parameters, MANIFEST)
        self._journal, self._publisher = journal, Publisher(store)
        self._journal_failures = 0
        self._aac = AacEncoder()
        born = recover(self._publisher, resume) if resume is not None else _newborn(first_sequence)
        self.timeline = Timeline(next_ticks=born.next_ticks, anchor_unix_ns=anchor_unix_ns)
        self._audio_ticks = born.next_ticks
        self._segmenter = Segmenter(media_sequence=born.media_sequence)
        self._shelf = Shelf(
            born,
            timeline=self.timeline,
            segmenter=self._segmenter,
            listed_segments=listed_segments,
            is_new=resume is None,
        )
        self._open_turn = resume.open_turn if resume is not None else None
        self._next_window = resume.next_window if resume is not None else 0
        self.extra = dict(resume.extra) if resume is not None else {}
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
        return self._shelf.next_part

    @property
    def hint(self) -> str:
        """Name of the part that the next append publishes: the preload hint, always kept."""
        return self._shelf.hint

    @property
    def store_failures(self) -> int:
        """How often the store or the journal could not take something."""
        return self._publisher.failures + self._journal_failures

    @property
    def ended(self) -> bool:
        """Whether `end` was called."""
        return self._shelf.is_ended

    def has(self, media_sequence: int, part: int | None = None) -> bool:
        """Whether a closed segment or a part is listed, for blocking reload."""
        return self._shelf.has(media_sequence, part)

    def playlist(self, *, live_parts: bool) -> str:
        """The media playlist; the same text object until something is published."""
        return self._shelf.playlist(live_parts=live_parts)

    def read(self, name: str) -> bytes | None:
        """Bytes of an init segment, segment or part; memory first, then the store. None for an unknown name."""
        data = self._shelf.get(name) or self._publisher.waiting(name)
        if data is None and name.endswith((".m4s", ".mp4")):
            data = self._publisher.store.get(name)
        return data

    # -- what changes it

    def append(
        self, units: Sequence[AccessUnit], pcm_s16le: bytes, *, kind: Kind, label: str = "", clip_start: bool = False
    ) -> PublishedPart:
        """Publish one part: 1 to 8 pictures and exactly their sound (48 kHz mono s16le, 1920 samples each).

        Closes the open segment first when the kind changes, a clip starts, or 24 frames would be passed; and
        after it when it holds 24. Raises: MediaParameters, SpanClosed (idle while a talk span is open); then nothing
        was changed.
        """
        closes = self._check(units, pcm_s16le, kind=kind, clip_start=clip_start)
        closed = self.close_segment() if closes else None
        packets = self._aac.feed(pcm_s16le)
        span = self.timeline.append(kind=kind, label=label, duration_ticks=frames_to_ticks(len(units)))
        sequence, index = self.next_part
        part = self._segmenter.append(
            units, packets, kind=kind, label=label, start_ticks=span.start_ticks, audio_start_ticks=self._audio_ticks
        )
        self._audio_ticks += len(packets) * AAC_FRAME_TICKS
        name = part_name(part.start_ticks)
        self._shelf.put(name, part.data)
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
        entry, gone = self._shelf.put_segment(segment)
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

    def discontinuity(self, anchor_unix_ns: int, parameters: StreamParameters | None = None) -> None:
        """Let the next segment begin with a discontinuity, a new init and this wall time of tick 0: after a suspend.

        `parameters`: of what comes from now on, where that is coded otherwise; the master playlist is told.
        """
        self.close_segment()
        if parameters is not None:
            self.parameters, self.master = parameters, master_playlist(parameters, MANIFEST)
            self._publisher.put(MASTER, self.master.encode())
        self.timeline.anchor(anchor_unix_ns)
        self._shelf.cut()
        self._put_init()
        self._write_journal()

    def anchor(self, anchor_unix_ns: int) -> None:
        """Correct the wall time of tick 0 before anything was published with it. Raises: MediaParameters after that."""
        if self.timeline.last_span is not None:
            raise MediaParameters("the stream has published dates already; call discontinuity() for a new anchor")
        self.timeline.anchor(anchor_unix_ns)
        self._write_journal()

    def set_open_turn(self, turn: str | None, next_window: int = 0) -> None:
        """Change what the journal says about the turn on air, at once."""
        self._open_turn, self._next_window = turn, next_window
        self._write_journal()

    def end(self) -> None:
        """Finish: the last segment is closed, ENDLIST written; type VOD when nothing was ever delisted."""
        self.close_segment()
        self._shelf.end()
        self._publisher.retry()
        self._write_manifest()

    # -- how

    def _check(self, units: Sequence[AccessUnit], pcm_s16le: bytes, *, kind: Kind, clip_start: bool) -> bool:
        """Whether the open segment must be closed first. Raises what `append` raises, before anything is changed."""
        if len(pcm_s16le) != frames_to_bytes(len(units)):
            raise MediaParameters(
                f"{len(units)} frames were offered with {len(pcm_s16le)} bytes of sound; "
                f"give {frames_to_bytes(len(units))}: 48 kHz, mono, 16 bit"
            )
        closes = self._segmenter.must_close(kind=kind, frames=len(units), clip_start=clip_start)
        self._segmenter.check(units, opens=closes or self._segmenter.open is None)
        self.timeline.refuse(kind)
        return closes

    def _put_init(self) -> None:
        name, data = init_name(self._shelf.init_n), init_segment(self.parameters, self._aac.config)
        self._shelf.put(name, data)
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
            discontinuity_sequence=self._shelf.next_discontinuity_number,
            init_n=self._shelf.init_n,
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
        text = self._shelf.manifest(self._publisher)
        if text:
            self._publisher.put_or_drop(MANIFEST, text.encode())


def _newborn(first: int) -> Recovered:
    return Recovered(first_sequence=first, discontinuity_sequence=0, media_sequence=first, next_ticks=0, init_n=0)
