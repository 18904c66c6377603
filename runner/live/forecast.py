"""Forecast: when talk may start, and whether its next window comes late, by what is rendered, under way, to come."""

from __future__ import annotations

from hls.ticks import PART_FRAMES
from runner.live.closing import Cut
from runner.live.course import Course
from runner.live.courses import Courses
from runner.live.lane import Lane
from runner.live.planner import Piece, Stretch, comes_late, plan_start, split_stretch
from runner.live.shelf import Shelf
from runner.live.studio import Studio
from runner.live.windows import FIRST_NEW_FRAMES


class Forecast:
    """Asks the planner about one turn. `least_frames`: of a passage; None: the turn is one."""

    def __init__(
        self, *, studio: Studio, courses: Courses, shelf: Shelf, lanes: list[Lane], least_frames: int | None
    ) -> None:
        self._studio = studio
        self._courses = courses
        self._shelf = shelf
        self._lanes = lanes
        self._least_frames = least_frames

    @property
    def living(self) -> list[Lane]:
        """The lanes whose engine is there."""
        return [lane for lane in self._lanes if lane.alive]

    @property
    def keeps_up(self) -> bool:
        """Whether rendering keeps up with playing, what is rendered beyond the passages' ends included."""
        pace, step = self._studio.paces.step, self._studio.step_frames
        if self._courses.by_passage:
            return False
        if self._least_frames is None or not self._studio.anchored:
            return pace.keeps_up
        unseen = (step - PART_FRAMES) / max(self._least_frames, step)
        return pace.rtf * (1.0 + pace.spread) * (1.0 + unseen) <= 1.0

    def may_start(self) -> bool:
        """Whether, from now, no window will be due before it is ready."""
        return bool(self._shelf.ready_windows) and self.start_in_ns() == 0

    def start_in_ns(self) -> int | None:
        """Return how long from now until talk may start; None while the speech's length is not known."""
        left = self._left()
        if left is None:
            return None
        return plan_start(
            left,
            pace=self._studio.paces.step,
            lanes_running_ns=[lane.running_ns for lane in self.living],
            margin_ns=self._studio.margin_ns,
            ready_frames=self._shelf.ready_frames,
        )

    def will_be_late(self) -> bool:
        """Whether the next window will not be there when what is rendered has been published."""
        index = self._shelf.next_index
        if index in self._shelf or index == self._courses.end_index:
            return False
        lane = next((one for one in self._lanes if one.jobs and one.jobs[0].window.index == index), None)
        return comes_late(
            lane.jobs[0].window.new_frames if lane is not None else self._studio.step_frames,
            pace=self._studio.paces.step,
            running_ns=lane.running_ns if lane is not None else 0,
            ready_frames=self._shelf.ready_frames,
        )

    def _left(self) -> list[Stretch] | None:
        """What is not rendered yet and decides the start; None while the length is not known."""
        if self._courses.end_index is None and self.keeps_up:
            step = self._studio.step_frames
            return [Stretch(pieces=(Piece(new_frames=step, shown_frames=step),))]
        stretches: list[Stretch] = []
        limit = self._shelf.feed.end_frame if self._shelf.feed is not None else None
        for start, course in self._courses.ahead(self._shelf.next_index):
            if limit is not None and start.frame >= limit:
                break
            end = self._courses.end_of(start)
            if end is None:
                return None
            stretches.append(self._stretch(start, end, course))
            if self._courses.by_passage:
                break
        return stretches

    def _stretch(self, start: Cut, end: int, course: Course | None) -> Stretch:
        """Return what is left of a passage, its windows that are there with nothing to render."""
        studio, shelf = self._studio, self._shelf
        any_length = studio.renderer.graph.any_length
        done = shelf.rendered_frame - start.frame if shelf.next_index > start.index else 0
        whole = split_stretch(
            max(0, end - start.frame - done),
            step=studio.step_frames,
            first_frames=FIRST_NEW_FRAMES if any_length and not done else None,
            any_length=any_length and not self._courses.cut_short,
        )
        index = max(shelf.next_index, start.index)
        pieces = tuple(
            Piece(new_frames=0, shown_frames=one.shown_frames) if index + n in shelf else one
            for n, one in enumerate(whole.pieces)
        )
        numbers = [lane.number for lane in self.living]
        lane = numbers.index(course.lane) if course is not None and course.lane in numbers else None
        return Stretch(pieces=pieces, lane=lane)
