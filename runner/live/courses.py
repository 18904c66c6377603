"""Courses: a turn's passages in the order of play, which of them are given out, and where each one ends."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator

from runner.live.closing import Cut, frames_to_close
from runner.live.course import Course
from runner.live.material import Material
from runner.live.passages import TAIL_FRAMES
from runner.live.studio import Studio


class Courses:
    """Passages from `begin` on. `by_passage`: each talk span says one of them."""

    def __init__(self, *, studio: Studio, material: Material, begin: Cut, by_passage: bool) -> None:
        self.by_passage = by_passage
        self.entry_frame = studio.idle.neutral_frame
        """Where the first one leaves the loop."""
        self.end_index: int | None = None
        """The window after the turn's last one, once that is queued."""
        self._studio = studio
        self._material = material
        self.first = self._last = self._new(begin)
        self._waiting: deque[Course] = deque([self.first])
        self._given: deque[Course] = deque([self.first])
        """Not wholly on air yet."""

    @property
    def cut_short(self) -> bool:
        """Whether the turn ends before all is said; its windows are cut as if it did not."""
        return self._material.passages.limit_ticks != sys.maxsize

    @property
    def given(self) -> tuple[Course, ...]:
        """The passages that are not wholly on air yet, as far as they are given out."""
        return tuple(self._given)

    def enter_at(self, loop_frame: int) -> None:
        """Let the first one begin at this frame of the loop."""
        self.entry_frame = loop_frame
        self.first.entry_state = self.first.next_state = self._studio.idle.state_name(loop_frame)

    def take(self, lane: int) -> Course | None:
        """Return the next passage nobody renders, as `lane`'s; None: it is not known where it begins, or all are."""
        course = self._waiting.popleft() if self._waiting else self._follow()
        if course is not None:
            course.lane = lane
        return course

    def give_back(self, courses: list[Course]) -> None:
        """Let others begin these again, the first ones first."""
        for course in courses:
            course.restart()
        self._waiting.extendleft(reversed(courses))

    def exhausted(self, course: Course) -> None:
        """All windows of `course` are queued."""
        if course is self._last and self._after(course.start) is None:
            self.end_index = course.next_index

    def begins_at(self, cut: Cut) -> bool:
        """Whether a passage begins there that is given out, or comes next."""
        return any(course.start == cut for course in self._given) or cut == self._after(self._last.start)

    def ahead(self, next_index: int) -> Iterator[tuple[Cut, Course | None]]:
        """Yield the passages from window `next_index` on, as far as they are known, with who renders them."""
        given = {course.start: course for course in self._given}
        start: Cut | None = self._given[0].start
        while start is not None:
            after = self._after(start)
            if after is None or after.index > next_index:
                yield start, given.get(start)
            start = after

    def end_of(self, start: Cut) -> int | None:
        """Return the frame where the passage from `start` ends, as soon as it is known.

        A graph that follows the loop ends on an entry point, one that does not is led back to it.
        """
        passages, idle = self._material.passages, self._studio.idle
        end = passages.end_of(start)
        if self._studio.anchored:
            return passages.closing_of(start)
        if end is None and not passages.complete:
            return None
        return frames_to_close(
            passages.frames_to_say if end is None else end,
            start_frame=start.frame,
            entry_frame=self.entry_frame,
            loop_frames=idle.frames,
            entry_points=idle.entry_points,
            tail_frames=TAIL_FRAMES if end is None else 0,
        )

    def end_from(self, next_index: int) -> int | None:
        """Return the frame where a span ends that says what there is from window `next_index` on."""
        if not (self.by_passage or self._material.passages.complete):
            return None
        for start, _ in self.ahead(next_index):
            last = start
            if self.by_passage:
                break
        return self.end_of(last)

    def forget_before(self, index: int) -> None:
        """Drop the passages that end before window `index`."""
        while len(self._given) > 1 and self._given[1].start.index <= index:
            self._given.popleft()

    def _follow(self) -> Course | None:
        start = self._after(self._last.start)
        if start is None:
            return None
        self._last = self._new(start)
        self._given.append(self._last)
        return self._last

    def _after(self, start: Cut) -> Cut | None:
        # A passage that follows the loop cannot begin before it is known where the one before left it.
        return (
            self._material.passages.after(start, step_frames=self._studio.step_frames)
            if self._studio.anchored
            else None
        )

    def _new(self, start: Cut) -> Course:
        passages, idle = self._material.passages, self._studio.idle
        windows = self._material.new_windows(self._material.speech, start=start, end=lambda: passages.end_of(start))
        state = idle.state_name(idle.neutral_frame)
        return Course(
            start=start,
            windows=windows,
            entry_state=state,
            next_index=start.index,
            next_state=state,
            next_frame=start.frame,
        )
