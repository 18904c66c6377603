"""espeak-ng in this process: no network, no key, first sound after a millisecond."""

from __future__ import annotations

import difflib
import functools
import queue
import threading
from collections.abc import Iterator
from typing import Literal

from ..alphabet import has_kanji, runs
from ..errors import ProviderFailed, TextRefused, TtsError, VoiceUnknown
from ..speech import PcmChunk, SpeechEvent, Voice
from ..text import clean, pieces
from ..voices import find_voice
from .espeak_library import RATE_HZ, EspeakLibrary, RawEvent

DEFAULT_VOICE = "en-us"
_WORDS_PER_MINUTE = 175
_SLOWEST, _FASTEST = 80, 450
_GENDERS: dict[int, Literal["male", "female"]] = {1: "male", 2: "female"}
_STRESS = "',%="

_Heard = tuple[bytes, list[RawEvent]]
_load_lock = threading.Lock()
_instances: list[EspeakLibrary] = []


class EspeakProvider:
    """141 voices of 120 languages. `stream` yields what the library's callback gives, 60 ms at a time."""

    name = "espeak"

    def voices(self) -> tuple[Voice, ...]:
        """Return every voice, by language tag. Raises: ProviderFailed when the library is not there."""
        return tuple(_table().values())

    def stream(self, text: str, *, voice: str = "", speed: float = 1.0) -> Iterator[PcmChunk]:
        """Speak `text` at 22 050 Hz; `speed` 1 is 175 words a minute, held between 80 and 450.

        Text in an alphabet the voice cannot read is read by the commonest voice that can (Chinese by `cmn`).
        Voice and text are checked here, at the call, before the first chunk is asked for. Phoneme names are
        espeak's mnemonics without stress marks; pauses begin with `_`.
        Raises: VoiceUnknown, TextRefused, ProviderFailed.
        """
        if not 0.1 <= speed <= 10:
            raise ProviderFailed(f"speed {speed} is out of range; use 0.1 to 10, 1 is normal")
        identifier, language = _find(voice or DEFAULT_VOICE)
        jobs = [job for piece in pieces(clean(text)) for job in _jobs(piece, identifier, language)]
        return _speak(jobs, min(max(round(_WORDS_PER_MINUTE * speed), _SLOWEST), _FASTEST))


def _speak(jobs: list[tuple[str, str]], words_per_minute: int) -> Iterator[PcmChunk]:
    """Yield the pieces one after the other; an event on a chunk's end goes with the chunk that begins there."""
    start_samples = 0
    waiting: list[SpeechEvent] = []
    for text, identifier in jobs:
        piece_start = start_samples
        for pcm, raw in _piece(text, identifier, words_per_minute):
            waiting += [event for event in (_event(item, text, piece_start) for item in raw) if event]
            if not pcm:
                continue
            end_samples = start_samples + len(pcm) // 2
            ready = tuple(event for event in waiting if event.start_samples < end_samples)
            waiting = [event for event in waiting if event.start_samples >= end_samples]
            yield PcmChunk(start_samples=start_samples, rate_hz=RATE_HZ, pcm_s16le=pcm, events=ready)
            start_samples = end_samples


def _piece(text: str, identifier: str, words_per_minute: int) -> Iterator[_Heard]:
    """Yield one piece's sound while a thread synthesises it; closing the generator stops the thread.

    The queue holds one piece at most (300 characters, about 1 MB). It has no smaller bound on purpose: the thread
    holds the library's lock, so waiting for a slow listener would make every other speaker wait for him too.
    """
    heard: queue.SimpleQueue[_Heard | TtsError | None] = queue.SimpleQueue()
    stopped = threading.Event()

    def take(pcm: bytes, events: list[RawEvent]) -> bool:
        heard.put((pcm, events))
        return not stopped.is_set()

    def work() -> None:
        try:
            _library().synthesise(text, identifier=identifier, words_per_minute=words_per_minute, take=take)
            heard.put(None)
        except TtsError as exc:
            heard.put(exc)

    thread = threading.Thread(target=work, name="onair-espeak", daemon=True)
    thread.start()
    try:
        while (item := heard.get()) is not None:
            if isinstance(item, TtsError):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()


def _event(raw: RawEvent, text: str, piece_start: int) -> SpeechEvent | None:
    if raw.phoneme:
        name = raw.phoneme.lstrip(_STRESS)
        # "(en)" is a change of language, "_|" the border of two syllables: nothing that a mouth shows.
        if not name or name == "_|" or name.startswith("("):
            return None
        return SpeechEvent(kind="phoneme", name=name, start_samples=piece_start + raw.sample)
    name = text[raw.start_character : raw.start_character + raw.length_characters].strip()
    return SpeechEvent(kind="word", name=name, start_samples=piece_start + raw.sample) if name else None


def _jobs(piece: str, identifier: str, language: str) -> Iterator[tuple[str, str]]:
    """Yield (text, the library's voice) for each run of one alphabet. Raises: TextRefused when no voice reads it."""
    for run in runs(piece, language):
        if run.language is None:
            raise TextRefused(f"no voice can read {run.alphabet.title()} letters; write the text in another alphabet")
        if run.language == "ja" and has_kanji(run.text):
            # It would say "Chinese letter" for every one of them.
            raise TextRefused("the Japanese voice of espeak-ng reads kana only, not kanji; write the text in kana")
        yield run.text, identifier if run.language == language else _find(run.language)[0]


def _find(wanted: str) -> tuple[str, str]:
    """Return (the library's identifier, language) of `de`, `en-GB`, `zh` or `en-us+f3`. Raises: VoiceUnknown."""
    base, plus, variant = wanted.partition("+")
    table = _table()
    voice = find_voice(base, table.values(), tags=_tags())
    identifier = next(key for key, known in table.items() if known.id == voice.id)
    if not plus:
        return identifier, voice.language
    variants = sorted(path.name for path in (_library().data / "voices" / "!v").iterdir())
    if variant not in variants:
        near = difflib.get_close_matches(variant, variants, n=3, cutoff=0.3) or variants[:5]
        raise VoiceUnknown(f"voice {base!r} has no variant {variant!r}; use one like {', '.join(near)}")
    return f"{identifier}+{variant}", voice.language


def _library() -> EspeakLibrary:
    """Return the one instance: two would share the library's state but not the lock."""
    with _load_lock:
        if not _instances:
            _instances.append(EspeakLibrary())
        return _instances[0]


@functools.cache
def _table() -> dict[str, Voice]:
    """Return identifier -> voice; the id is the first language tag, or the identifier's end where that is taken."""
    table: dict[str, Voice] = {}
    taken: set[str] = set()
    for voice in _library().voices():
        tag = voice.tags[0][0]
        own_id = tag if tag not in taken else voice.identifier.rpartition("/")[2].lower()
        if own_id in taken or "test" in voice.name:
            continue
        taken.add(own_id)
        table[voice.identifier] = Voice(id=own_id, language=tag, name=voice.name, gender=_GENDERS.get(voice.gender, ""))
    return table


@functools.cache
def _tags() -> dict[str, str]:
    """Return further names -> voice id: identifiers, their ends, and each language tag's best voice."""
    table = _table()
    best: dict[str, tuple[int, str]] = {}
    for voice in _library().voices():
        if voice.identifier not in table:
            continue
        own_id = table[voice.identifier].id
        for name, priority in (
            *voice.tags,
            (voice.identifier.lower(), 0),
            (voice.identifier.rpartition("/")[2].lower(), 0),
        ):
            if name not in best or priority < best[name][0]:
                best[name] = (priority, own_id)
    return {name: own_id for name, (_, own_id) in best.items()}
