"""Clause after clause from a voice to a turn's speech file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from custom_nodes.tts.speech import PcmChunk
from hls.ticks import BYTES_PER_SAMPLE, TICKS_HZ
from runner.live.breath import Breath
from runner.live.offload import Offload
from runner.live.speech_file import SpeechFile
from runner.speech.port import SpeechPort


async def synthesise(
    file: SpeechFile,
    clauses: Sequence[str],
    *,
    speech: SpeechPort,
    voice: str,
    speed: float,
    offload: Offload,
    breath: Breath | None = None,
    on_clause: Callable[[], object] = lambda: None,
    on_chunk: Callable[[], object] = lambda: None,
) -> None:
    """Speak `clauses` into `file`, which says what is there as it grows; `on_clause` is called when each one begins.

    `breath`: the silence between two of them; None: what the voice leaves.
    A file that holds sound already is only finished: nothing is synthesised twice.
    Raises: SpeechFailed, UnknownVoice, TextRefused; also noted in `file.error`, for those who wait for more sound.
    """
    try:
        if not file.samples:
            for index, text in enumerate(clauses):
                if index and breath is not None:
                    await offload(partial(_breathe, file, breath))
                    file.wake()
                offset = file.samples
                await offload(file.begin_clause)
                on_clause()
                chunks = await offload(partial(speech.stream, text, voice, speed))
                while await offload(partial(_write_next, file, chunks, offset, breath)):
                    on_chunk()
                    file.wake()
        await offload(file.finish)
    except Exception as exc:
        file.error = exc
        raise
    finally:
        file.wake()


def _write_next(file: SpeechFile, chunks: Iterator[PcmChunk], offset_samples: int, breath: Breath | None) -> bool:
    """Take one chunk to disk; False at the end."""
    chunk = next(chunks, None)
    if chunk is None:
        return False
    file.append(chunk, offset_samples=offset_samples)
    if breath is not None:
        breath.heard(chunk.pcm_s16le)
    return True


def _breathe(file: SpeechFile, breath: Breath) -> None:
    """Take the silence after a clause to disk."""
    silence = bytes(breath.ticks_after(file.samples) * BYTES_PER_SAMPLE)
    file.append(PcmChunk(start_samples=0, rate_hz=TICKS_HZ, pcm_s16le=silence), offset_samples=file.samples)
