"""Shelf: windows as they come from the lanes, handed to the talk span in the order of play."""

from __future__ import annotations

from runner.live.talk import ReadyWindow, TalkFeed


class Shelf:
    """Serves one feed after another; `next_index` is the window that the feed gets next."""

    def __init__(self, next_index: int) -> None:
        self.next_index = next_index
        self.feed: TalkFeed | None = None
        self._windows: dict[int, ReadyWindow] = {}

    def __len__(self) -> int:
        return len(self._windows)

    def __contains__(self, index: int) -> bool:
        return index in self._windows

    @property
    def on_air_index(self) -> int:
        """The window that is on air or comes first; what is before it is said."""
        return min(self.feed.next_index, self.next_index) if self.feed is not None else self.next_index

    @property
    def rendered_frame(self) -> int:
        """The frame of the turn up to which the feed has everything."""
        return self.feed.cursor_frame + self.feed.ready_frames if self.feed is not None else 0

    @property
    def ready_frames(self) -> int:
        """Frames that the feed has and that are not on air."""
        return self.feed.ready_frames if self.feed is not None else 0

    @property
    def ready_windows(self) -> int:
        """Windows that the feed has, the one on air included."""
        return self.feed.ready_windows if self.feed is not None else 0

    def knows(self, index: int) -> bool:
        """Whether this window is there, or was."""
        return index < self.next_index or index in self._windows

    def put(self, window: ReadyWindow) -> None:
        """Keep a window until it is due."""
        self._windows[window.index] = window

    def serve(self) -> None:
        """Give the feed what is there, in order, up to its end."""
        feed = self.feed
        while feed is not None and (window := self._windows.get(self.next_index)) is not None:
            if feed.end_frame is not None and window.start_frame >= feed.end_frame:
                break
            feed.add(self._windows.pop(self.next_index))
            self.next_index += 1

    def take_back(self, windows: tuple[ReadyWindow, ...], *, from_index: int) -> None:
        """Keep what a feed has not said; the next one begins with window `from_index`."""
        for window in windows:
            self._windows[window.index] = window
        self.next_index = from_index
