"""Beside: clips are encoded by a thread of their own while the next prompt already samples.

ComfyUI runs one prompt at a time, so a graphics card stands still while a processor encodes. A window's state is
written before its prompt ends; its clip, and last its sidecar, follow from here.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

WAITING = 2
"""Clips whose images (400 MB each at 832x480) may wait; the prompt after them waits itself."""
LOOK_S = 0.1


class Beside:
    """One thread: clips come out in the order of their prompts. It ends with its process; half a file is a temp."""

    def __init__(self) -> None:
        self._work: queue.Queue[Callable[[], None]] = queue.Queue(maxsize=WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def give(
        self, work: Callable[[], None], *, failed: Callable[[BaseException], None], look: Callable[[], None]
    ) -> None:
        """Queue work; whatever it raises goes to `failed`. Where there is no room, wait and `look`, which may raise."""

        def guarded() -> None:
            try:
                work()
            except BaseException as exc:  # nobody else would ever hear of it
                failed(exc)

        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._live, name="onair-clips", daemon=True)
                self._thread.start()
        while True:
            look()
            try:
                self._work.put(guarded, timeout=LOOK_S)
                return
            except queue.Full:
                continue

    def _live(self) -> None:
        while True:
            work = self._work.get()
            try:
                work()
            except BaseException:  # `failed` itself: the runner hears of it by the time that it waits
                continue
            finally:
                del work  # its images


THREAD = Beside()
"""One a process: two would compete for the processor that the sampler's thread needs."""
