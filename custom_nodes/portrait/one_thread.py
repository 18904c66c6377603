"""one_thread: OpenCV on one core while talkers work, and as it was found afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

_lock = threading.Lock()
_before: list[int] = []  # a number of threads for each talker at work: the first one's is what was found


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold OpenCV to one thread: ComfyUI and the runner live beside it, and the pixels are the same on every machine.

    The setting is the whole process's, which is a guest's to borrow and not to keep: the last talker that ends, in
    whatever order they do, puts back what the first one found.
    """
    with _lock:
        _before.append(cv2.getNumThreads() if not _before else _before[0])
        cv2.setNumThreads(1)
    try:
        yield
    finally:
        with _lock:
            found = _before.pop()
            if not _before:
                cv2.setNumThreads(found)
