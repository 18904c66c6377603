"""Leftovers: what a ComfyUI without a shared folder still holds of windows that are rendered and brought here.

Nobody else ever removes it there, and a state has 8 to 20 MB. The next window's request names it, and OnAir Segment,
which runs there, removes it.
"""

from __future__ import annotations

from custom_nodes.hls_segment.request import WindowRequest
from custom_nodes.hls_segment.sidecar import sidecar_name

A_REQUEST = 64
"""Names in one request; a window leaves six."""
MOST_NAMES = 4096
OPEN_TURNS = 16
"""Turns (and, counted apart, jobs) whose last state is kept: another window may start from it."""


def files_of(request: WindowRequest, request_path: str) -> tuple[str, ...]:
    """Return the names of a window's own files, its states left out; "" for one that it lacks."""
    return (request.clip_out, sidecar_name(request.clip_out), request_path, request.audio, request.audio_2)


class Leftovers:
    """One a server. Names are those below `onair/`."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, int]] = {}
        self._last_states: dict[str, dict[str, str]] = {}
        self._shared = False

    def take(self, request: WindowRequest, request_path: str) -> tuple[str, ...]:
        """Return what `request` shall name, the oldest first, without what it reads and writes itself.

        A window that is rendered once more, for a later entry, writes what it left the first time; those after it,
        too, and their requests lie there before its prompt ends.
        """
        turn = request.clip_out.rpartition("/")[0]
        for name, (of, index) in list(self._names.items()):
            if of == turn and index >= request.index:
                del self._names[name]
        for name in (*files_of(request, request_path), request.state_in, request.state_out):
            self._names.pop(name, None)
        return tuple(list(self._names)[:A_REQUEST])

    def done(self, request: WindowRequest, request_path: str, *, was_here: bool = False) -> None:
        """A window was rendered and is here, and what its request named is gone.

        `was_here`: without being fetched. The folder is one and the same, so nothing in it is left over.
        """
        self._shared |= was_here
        if self._shared:
            self._names.clear()
            return
        for name in request.forget:
            self._names.pop(name, None)
        kind, _, _ = request.clip_out.partition("/")
        turn = request.clip_out.rpartition("/")[0]
        left = list(files_of(request, request_path))
        states = self._last_states.setdefault(kind, {})
        left.append(states.pop(turn, ""))
        states[turn] = request.state_out
        while len(states) > OPEN_TURNS:
            left.append(states.pop(next(iter(states))))
        self._names |= dict.fromkeys(
            (name for name in left if name and name != request.state_out), (turn, request.index)
        )
        while len(self._names) > MOST_NAMES:
            del self._names[next(iter(self._names))]
