"""The eSpeak NG library as ctypes sees it: one instance a process, one synthesis at a time.

A little long, because the C structures and the only code that may touch them belong together.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ProviderFailed

RATE_HZ = 22_050
DATA_PATH_LIMIT_BYTES = 155
"""The library copies the path into 160 bytes and looks elsewhere when it is longer."""

_WORD, _PHONEME = 1, 7
_OUTPUT_SYNCHRONOUS = 2
_PHONEME_EVENTS, _DO_NOT_EXIT = 1, 0x8000
_UTF8 = 1
_POSITION_CHARACTER = 1
_PARAMETER_RATE = 1
_BUFFER_MS = 60


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_void_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


class _Voice(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True, kw_only=True)
class EspeakVoice:
    """A voice of the library; `tags` are (language tag, priority), the lowest number is the best match.

    `gender`: 1 male, 2 female, else unknown.
    """

    name: str
    identifier: str
    tags: tuple[tuple[str, int], ...]
    gender: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """An event of one synthesis: a word's characters `[start, start + length)`, or a phoneme's mnemonic."""

    sample: int
    phoneme: str = ""
    start_character: int = 0
    length_characters: int = 0


class EspeakLibrary:
    """The loaded library. Every call holds the one lock: two threads inside end the process with a double free."""

    def __init__(self) -> None:
        try:
            import espeakng_loader

            self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
            self.data = Path(espeakng_loader.get_data_path())
        except (ImportError, OSError) as exc:
            raise ProviderFailed(f"the espeak voice needs a package; run pip install espeakng-loader ({exc})") from exc
        self._lock = threading.Lock()
        self._declare()
        path = short_path(self.data)
        rate_hz = self._library.espeak_Initialize(
            _OUTPUT_SYNCHRONOUS, _BUFFER_MS, os.fsencode(path), _PHONEME_EVENTS | _DO_NOT_EXIT
        )
        if rate_hz != RATE_HZ:
            raise ProviderFailed(
                f"espeak-ng did not start with its data in {path} (answer {rate_hz}); install espeakng-loader again"
            )

    def _declare(self) -> None:
        library = self._library
        library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        library.espeak_ListVoices.argtypes = [ctypes.c_void_p]
        library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        library.espeak_SetParameter.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int]
        library.espeak_SetSynthCallback.argtypes = [_Callback]
        library.espeak_SetSynthCallback.restype = None
        library.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
            *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        ]

    def voices(self) -> tuple[EspeakVoice, ...]:
        """Return the voices in the library's order."""
        with self._lock:
            table = self._library.espeak_ListVoices(None)
            found: list[EspeakVoice] = []
            while table[len(found)]:
                voice = table[len(found)].contents
                found.append(
                    EspeakVoice(
                        name=voice.name.decode().strip(),
                        identifier=voice.identifier.decode(),
                        tags=_tags(voice.languages),
                        gender=voice.gender,
                    )
                )
            return tuple(found)

    def synthesise(
        self, text: str, *, identifier: str, words_per_minute: int, take: Callable[[bytes, list[RawEvent]], bool]
    ) -> None:
        """Speak `text`; `take(pcm, events)` is called for each 60 ms on this thread and returns False to stop.

        Samples and characters count from 0 at every call. Raises: ProviderFailed.
        """

        def on_pcm(wav: int | None, count: int, events: Any) -> int:
            pcm = ctypes.string_at(wav, count * 2) if wav and count > 0 else b""
            return 0 if take(pcm, _events(events)) else 1

        # `callback` must live until the synthesis has ended: the library keeps only its address.
        callback = _Callback(on_pcm)
        data = text.encode("utf-8")
        with self._lock:
            if self._library.espeak_SetVoiceByName(identifier.encode()) != 0:
                raise ProviderFailed(
                    f"espeak-ng could not load its voice {identifier}; choose another, or install espeakng-loader again"
                )
            self._library.espeak_SetParameter(_PARAMETER_RATE, words_per_minute, 0)
            self._library.espeak_SetSynthCallback(callback)
            status = self._library.espeak_Synth(data, len(data) + 1, 0, _POSITION_CHARACTER, 0, _UTF8, None, None)
        if status != 0:
            raise ProviderFailed(f"espeak-ng ended with status {status}; say it again, or choose another voice")


def short_path(data: Path) -> Path:
    """Return a path of at most 155 bytes to the folder `data`: itself, or a link (a copy) in a temporary folder."""
    if len(os.fsencode(data)) <= DATA_PATH_LIMIT_BYTES:
        return data
    folder = Path(tempfile.mkdtemp(prefix="onair-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    link = folder / data.name
    if len(os.fsencode(link)) > DATA_PATH_LIMIT_BYTES:
        raise ProviderFailed(
            f"espeak-ng takes a data path of {DATA_PATH_LIMIT_BYTES} bytes at most; "
            f"set TMPDIR to a folder whose path is shorter than {link}"
        )
    try:
        link.symlink_to(data, target_is_directory=True)
    except OSError:  # Windows without the right to make links
        shutil.copytree(data, link)
    return link


def _tags(address: int) -> tuple[tuple[str, int], ...]:
    """Parse a voice's languages: (priority byte, tag, NUL) repeated, ended by a NUL."""
    tags: list[tuple[str, int]] = []
    while priority := ctypes.string_at(address, 1)[0]:
        tag = ctypes.string_at(address + 1)
        tags.append((tag.decode().lower(), priority))
        address += len(tag) + 2
    return tuple(tags)


def _events(table: Any) -> list[RawEvent]:
    found: list[RawEvent] = []
    index = 0
    while table[index].type:
        event = table[index]
        if event.type == _WORD:
            found.append(
                RawEvent(sample=event.sample, start_character=event.text_position - 1, length_characters=event.length)
            )
        elif event.type == _PHONEME:
            # ctypes ends a char array at its NUL, and takes all 8 bytes where there is none.
            found.append(RawEvent(sample=event.sample, phoneme=event.id.string.decode("utf-8", "replace")))
        index += 1
    return found
