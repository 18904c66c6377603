"""The error tree of the InfiniteTalk pack. A node's message is `[code] sentence`."""

from __future__ import annotations


class InfiniteTalkError(Exception):
    """Root of the pack's errors; `str()` carries the code in brackets, because ComfyUI hands on only the message."""

    code = "infinitetalk.failed"
    retryable = False

    def __str__(self) -> str:
        return f"[{self.code}] {super().__str__()}"


class WindowLength(InfiniteTalkError):
    """The window has a number of frames that the model's temporal latents cannot hold."""

    code = "window.length"


class OverlapLength(InfiniteTalkError):
    """The overlap has a number of frames that the temporal VAE would cut, or that the model does not take."""

    code = "window.overlap"


class SpeakerIncomplete(InfiniteTalkError):
    """A second voice without the two masks that say who is where, or without sound."""

    code = "speaker.incomplete"


class HeardTooShort(InfiniteTalkError):
    """There are fewer features of speech than the window has frames; the last ones would be held."""

    code = "window.heard"


class VideoUnreadable(InfiniteTalkError):
    """The video that is to give the references cannot be decoded, or has no frame where one is wanted."""

    code = "video.unreadable"
