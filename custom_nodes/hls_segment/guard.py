"""Keeps ComfyUI's worker thread alive: a BaseException in a node ends it for ever, while HTTP still answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from .errors import NodeEnded

T = TypeVar("T")
LOOK_EVERY_FRAMES = 4


@contextmanager
def guarded(interrupt: type[BaseException]) -> Iterator[None]:
    """Turn every BaseException but ComfyUI's own interrupt into NodeEnded, an ordinary exception."""
    try:
        yield
    except (Exception, interrupt):
        raise
    except BaseException as exc:
        raise NodeEnded(
            f"a node wanted to end ComfyUI with {type(exc).__name__} ({exc}); take that node out of the graph"
        ) from exc


def interruptible(frames: Iterable[T], look: Callable[[], None]) -> Iterator[T]:
    """Yield the frames and call `look`, which raises when the prompt was cancelled, before every fourth."""
    for index, frame in enumerate(frames):
        if index % LOOK_EVERY_FRAMES == 0:
            look()
        yield frame
