"""SpeechFile: a turn's sound on disk, append-only, read again at publish and after a crash (CONTRACTS section 2)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from io import SEEK_END
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO

from custom_nodes.tts.speech import PcmChunk, SpeechEvent
from hls.ticks import BYTES_PER_SAMPLE, FRAME_TICKS, TICKS_HZ
from runner.errors import SpeechFailed

PCM_NAME = "speech.s16le"
EVENTS_NAME = "speech.events.jsonl"


class SpeechFile:
    """48 kHz mono s16le and its events; samples are ticks of the turn.

    The events file has a line of kind `clause` where each clause begins, and ends with one of kind `end` once the
    speech is whole: after a crash nothing is synthesised again. A line cut short by the crash is passed over.
    A thread may append while the event loop reads: what it appended is seen from the next `wake` on.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.complete = False
        self.error: Exception | None = None
        """Why the voice stopped early; who waits for more sound raises it."""
        self._grown = asyncio.Event()
        self._pcm: BinaryIO = (folder / PCM_NAME).open("ab")
        # A second handle: publishing reads in the event loop while a thread appends.
        self._reader: BinaryIO = (folder / PCM_NAME).open("rb")
        self.samples = self._written = self._reader.seek(0, SEEK_END) // BYTES_PER_SAMPLE
        self.clause_starts: list[int] = []
        """Where each clause begins, as far as the voice has come."""
        self._recent: list[SpeechEvent] = list(self.events(self.clause_starts))
        self.words: list[tuple[int, str]] = [(e.start_samples, e.name) for e in self._recent if e.kind == "word"]
        """Where words begin that were not forgotten, as far as the voice has come."""
        self._new: list[SpeechEvent] = []
        self._seen = len(self._recent)
        self._dropped = False
        self._events: TextIO = (folder / EVENTS_NAME).open("a", encoding="utf-8")

    @property
    def frames(self) -> int:
        """Frames that the speech so far covers, rounded up."""
        return -(-self.samples // FRAME_TICKS)

    def begin_clause(self) -> None:
        """Note that the next chunk begins a clause. Blocking (a file write)."""
        self._events.write(json.dumps({"kind": "clause", "start_samples": self._written}) + "\n")
        self._events.flush()
        self.clause_starts.append(self._written)

    def append(self, chunk: PcmChunk, *, offset_samples: int = 0) -> None:
        """Add one chunk; `offset_samples` is where its utterance began. Blocking (a file write).

        Raises: SpeechFailed when the chunk is of another rate or leaves a hole.
        """
        start = chunk.start_samples + offset_samples
        if chunk.rate_hz != TICKS_HZ or start != self._written:
            raise SpeechFailed(
                f"speech at {chunk.rate_hz} Hz, sample {start}, came where {TICKS_HZ} Hz, {self._written} is due; "
                "give it gapless, at that rate"
            )
        self._pcm.write(chunk.pcm_s16le)
        self._pcm.flush()
        for event in chunk.events:
            moved = SpeechEvent(kind=event.kind, name=event.name, start_samples=event.start_samples + offset_samples)
            self._new.append(moved)
            line = {"kind": moved.kind, "name": moved.name, "start_samples": moved.start_samples}
            self._events.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._events.flush()
        self._written += len(chunk.pcm_s16le) // BYTES_PER_SAMPLE

    def reset(self) -> None:
        """Forget everything, on disk too."""
        self._pcm.truncate(0)
        self._events.truncate(0)
        self.samples = self._written = self._seen = 0
        self.complete = False
        self._recent, self._new, self.clause_starts, self.words = [], [], [], []

    def finish(self) -> None:
        """Say on disk that nothing follows."""
        if not self.complete:
            self._events.write(json.dumps({"kind": "end", "start_samples": self._written}) + "\n")
            self._events.flush()
            self.complete = True

    def wake(self) -> None:
        """Let what was appended be seen, and wake who waits in `grown`: in the event loop, while no thread appends."""
        self._recent += self._new
        self.words += [(event.start_samples, event.name) for event in self._new if event.kind == "word"]
        self._seen += len(self._new)
        self._new = []
        self.samples = self._written
        self._grown.set()
        self._grown = asyncio.Event()

    async def grown(self) -> None:
        """Wait for the next `wake`."""
        await self._grown.wait()

    def read(self, start_sample: int, count: int) -> bytes:
        """Return exactly `count` samples from `start_sample`; silence where the speech has none."""
        self._reader.seek(start_sample * BYTES_PER_SAMPLE)
        data = self._reader.read(count * BYTES_PER_SAMPLE)
        return data.ljust(count * BYTES_PER_SAMPLE, b"\0")

    def recent_events(self, start_sample: int, end_sample: int) -> list[SpeechEvent]:
        """Return the events in [start, end) and the phoneme that is sounding at `start`."""
        within = [event for event in self._recent if start_sample <= event.start_samples < end_sample]
        before = [e for e in self._recent if e.kind == "phoneme" and e.start_samples < start_sample]
        return before[-1:] + within

    def word_starts(self, start_sample: int, end_sample: int) -> list[int]:
        """Return where words begin in [start, end): the pauses at which talk may be broken."""
        starts = (e.start_samples for e in self._recent if e.kind == "word")
        return [start for start in starts if start_sample <= start < end_sample]

    def forget_words_before(self, sample: int) -> None:
        """Drop the words that were told."""
        self.words = [word for word in self.words if word[0] >= sample]

    def forget_events_before(self, sample: int) -> None:
        """Drop what no later window hears, so that memory does not grow with the speech."""
        kept = [event for event in self._recent if event.start_samples >= sample]
        sounding = [e for e in self._recent if e.kind == "phoneme" and e.start_samples < sample]
        self._dropped = self._dropped or len(kept) < len(self._recent)
        self._recent = sounding[-1:] + kept

    def recall_events(self) -> None:
        """Take back from disk what was dropped: windows are cut again from the beginning."""
        if self._dropped:
            self._recent, self._dropped = list(islice(self.events(), self._seen)), False

    def events(self, clause_starts: list[int] | None = None) -> Iterator[SpeechEvent]:
        """Read every event back from disk, and into `clause_starts` where clauses begin.

        Also notes whether the speech is whole.
        """
        path = self.folder / EVENTS_NAME
        if not path.exists():
            return
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    told = json.loads(line)
                    if told["kind"] == "end":
                        self.complete = True
                    elif told["kind"] == "clause":
                        if clause_starts is not None:
                            clause_starts.append(int(told["start_samples"]))
                    else:
                        yield SpeechEvent(**told)
                except (ValueError, TypeError, KeyError):
                    continue

    def close(self) -> None:
        """Close the files; what is on disk stays. What a full disk did not take is dropped: its turn has failed."""
        for file in (self._pcm, self._reader, self._events):
            with contextlib.suppress(OSError):
                file.close()
