"""Promises: what callers of an engine wait for. Prompts that were given, their progress, and answers to cancels."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

from runner.errors import ComfyLost, EngineError, PromptCancelled, RunnerError
from runner.ports import PromptJob, PromptProgress, PromptResult

OnProgress = Callable[[PromptProgress], None]


class Promises:
    """All of it in one event loop. A prompt that nobody has taken yet stands in the line."""

    def __init__(self) -> None:
        self._futures: dict[str, asyncio.Future[PromptResult]] = {}
        self._jobs: dict[str, PromptJob] = {}
        self._listeners: dict[str, OnProgress] = {}
        self._line: list[PromptJob] = []
        self._tickets: dict[int, asyncio.Future[bool]] = {}
        self._next_ticket = itertools.count()

    def __contains__(self, prompt_id: str) -> bool:
        return prompt_id in self._futures

    def __len__(self) -> int:
        return len(self._futures)

    def give(self, job: PromptJob, listener: OnProgress | None) -> asyncio.Future[PromptResult]:
        """Promise a prompt's end. Raises: EngineError when its id is under way."""
        if job.prompt_id in self._futures:
            raise EngineError(f"the prompt {job.prompt_id} is already under way; give each attempt an id of its own")
        future: asyncio.Future[PromptResult] = asyncio.get_running_loop().create_future()
        self._futures[job.prompt_id], self._jobs[job.prompt_id] = future, job
        if listener is not None:
            self._listeners[job.prompt_id] = listener
        return future

    def forget(self, prompt_id: str) -> None:
        """The caller has its answer, or went away."""
        self._line = [job for job in self._line if job.prompt_id != prompt_id]
        for table in (self._futures, self._jobs, self._listeners):
            table.pop(prompt_id, None)

    def wait_in_line(self, job: PromptJob) -> None:
        """Keep a prompt until somebody can take it."""
        self._line.append(job)

    def take_line(self) -> list[PromptJob]:
        """Return what stands in the line, in order, and empty it."""
        line, self._line = self._line, []
        return line

    def line_up_unsettled(self) -> None:
        """Put every prompt without an end into the line, in the order they were given."""
        self._line = [job for job in self._jobs.values() if not self._futures[job.prompt_id].done()]

    def leave_line(self, prompt_id: str) -> bool:
        """Cancel a prompt that stands in the line. False when it does not."""
        if all(job.prompt_id != prompt_id for job in self._line):
            return False
        self._line = [job for job in self._line if job.prompt_id != prompt_id]
        self.settle(prompt_id, error=PromptCancelled("the prompt was cancelled"))
        return True

    def progressed(self, progress: PromptProgress) -> None:
        """Tell who listens."""
        listener = self._listeners.get(progress.prompt_id)
        if listener is not None:
            listener(progress)

    def settle(self, prompt_id: str, *, result: PromptResult | None = None, error: RunnerError | None = None) -> None:
        """Keep a promise; the first end counts."""
        future = self._futures.get(prompt_id)
        if future is None or future.done():
            return
        if result is not None:
            future.set_result(result)
        else:
            future.set_exception(error or ComfyLost("the prompt ended without a result"))

    def fail_all(self, error: RunnerError) -> None:
        """End every prompt, and answer every cancel with no."""
        self._line.clear()
        for prompt_id in list(self._futures):
            self.settle(prompt_id, error=type(error)(str(error)))
        self.fail_tickets()

    def ticket(self) -> tuple[int, asyncio.Future[bool]]:
        """Promise the answer to one cancel."""
        number, answer = next(self._next_ticket), asyncio.get_running_loop().create_future()
        self._tickets[number] = answer
        return number, answer

    def answered(self, number: int, *, cancelled: bool) -> None:
        """Answer a cancel."""
        answer = self._tickets.pop(number, None)
        if answer is not None and not answer.done():
            answer.set_result(cancelled)

    def fail_tickets(self) -> None:
        """Answer every cancel with no: there is nobody left to ask."""
        for number in list(self._tickets):
            self.answered(number, cancelled=False)
