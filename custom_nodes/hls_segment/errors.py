"""The error tree of the segment pack. A node's message is `[code] sentence`."""

from __future__ import annotations

from pathlib import Path


class SegmentError(Exception):
    """Root of the pack's errors; `str()` carries the code in brackets, because ComfyUI hands on only the message."""

    code = "segment.failed"
    retryable = False

    def __str__(self) -> str:
        return f"[{self.code}] {super().__str__()}"


class RequestUnreadable(SegmentError):
    """The request file is missing, not JSON, or of another version."""

    code = "request.unreadable"


class PathRefused(SegmentError):
    """A path leaves the `onair/` folder."""

    code = "path.refused"


class StateMissing(SegmentError):
    """The state file of the window before does not exist (yet)."""

    code = "state.missing"
    retryable = True


class StateForeign(SegmentError):
    """The state file is of another workflow, size or index."""

    code = "state.foreign"


class FrameCount(SegmentError):
    """The graph returned another number of images than overlap + new frames."""

    code = "segment.frames"


class ClipParameters(SegmentError):
    """The graph returned images of another size than the stream's."""

    code = "media.parameters"


class DiskFull(SegmentError):
    """A file could not be written: the disk is full or not writable. The same window may succeed later."""

    code = "store.full"
    retryable = True

    @classmethod
    def of(cls, path: Path, exc: Exception) -> DiskFull:
        """Name the file, its folder and the system's own reason, which safetensors puts behind words of its own."""
        reason = (exc.strerror if isinstance(exc, OSError) else None) or str(exc).rpartition("error: ")[2]
        return cls(
            f"{path.name} cannot be written into {path.parent}: {reason}; free some space there, or change its rights"
        )


class NodeEnded(SegmentError):
    """Code in a node asked the process to end (`sys.exit`); ComfyUI's worker would die of it."""

    code = "node.exit"
