"""The error tree of the window pack. A node's message is `[code] sentence`."""

from __future__ import annotations


class WindowError(Exception):
    """Root of the pack's errors; `str()` carries the code in brackets, because ComfyUI hands on only the message."""

    code = "window.failed"
    retryable = False

    def __str__(self) -> str:
        return f"[{self.code}] {super().__str__()}"


class WindowShape(WindowError):
    """Lengths that do not fit: a step that is no whole part, a frame rate that does not divide 16 000 Hz."""

    code = "window.shape"


class WindowIndex(WindowError):
    """The sound has fewer windows than the index asks for."""

    code = "window.index"


class SoundUnreadable(WindowError):
    """A WAV is missing, or is not 16 kHz mono 16-bit PCM."""

    code = "sound.unreadable"
