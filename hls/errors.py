"""The error tree of the media library: every raise in `hls/` is one of these."""

from __future__ import annotations


class HlsError(Exception):
    """Root of the ring's errors: a stable `code`, a sentence that says what to do, and who may retry."""

    code = "hls.failed"
    retryable = False


class MediaUnreadable(HlsError):
    """A clip or segment could not be read as media."""

    code = "media.unreadable"


class MediaParameters(HlsError):
    """A clip's size, frame rate, SPS or PPS differ from the stream's (CONTRACTS section 3)."""

    code = "media.parameters"


class SoundUnreadable(HlsError):
    """A file is no sound, or cannot be decoded."""

    code = "sound.unreadable"


class SoundEmpty(HlsError):
    """A file holds no sound, or not one sample of it."""

    code = "sound.empty"


class SoundCut(HlsError):
    """A file holds less sound than its header says."""

    code = "sound.cut"


class TimelineGap(HlsError):
    """Media was offered at another tick than the one where the timeline ends."""

    code = "timeline.gap"


class SpanClosed(HlsError):
    """Media of one kind was offered while a span of the other kind is open."""

    code = "timeline.span"


class StoreFull(HlsError):
    """The folder could not take a file: the disk is full or not writable. The same put may succeed later."""

    code = "store.full"
    retryable = True


class JournalBroken(HlsError):
    """A journal exists but cannot be understood."""

    code = "journal.broken"
