"""The one thread that talks to a ComfyUI: progress from the socket, truth from `/api/jobs/{id}`.

The socket may fall silent for ever while ComfyUI works, and HTTP answers for ever when its worker is dead. So the
socket only *wakes* the thread; what became of a prompt is asked whenever something points to its end, and whenever
nothing came for a moment. One file, because the rules about one prompt's end belong together.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from runner.errors import ComfyLost, ComfySilent, ComfyUnreachable, EngineError, PromptCancelled, RunnerError
from runner.ports import ApiGraph, PromptJob, PromptResult

from .comfy_address import ComfyAddress
from .comfy_http import ComfyHttp
from .comfy_socket import ComfySocket
from .held_prompt import ENDED, HeldPrompt
from .news import CancelAnswered, EngineGone, News, PromptEnded
from .vital_signs import VitalSigns, Work

QUIET_S = 0.25  # nothing heard for so long: ask
RECHECK_NS = 1_000_000_000  # even while events come: one of them may have been lost
RECONNECT_NS = 500_000_000
RECONNECT_MAX_NS = 8_000_000_000
DEAF_PROMPTS = 2  # so many in a row ran from start to end unheard: this socket is deaf for good
UNKNOWN_LIMIT = 2  # 404s in a row that mean "gone", not "just moving"
POST_PAUSE_MAX_S = 1.0

log = logging.getLogger(__name__)


class ComfyClient:
    """Commands come in from any thread; news goes out through `sink`, called on the client's thread."""

    def __init__(
        self,
        address: ComfyAddress,
        sink: Callable[[News], None],
        *,
        alive: Callable[[], bool] | None = None,
        work: Callable[[], Work | None] | None = None,
        name: str = "comfy",
    ) -> None:
        self._http = ComfyHttp(address)
        self._socket = ComfySocket(address)
        self._sink = sink
        self._alive = alive
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._held: dict[str, HeldPrompt] = {}
        self._ending = threading.Event()
        self._gone = False
        # Times of our last event or question, and of the last full question.
        self._heard_ns = self._asked_ns = time.monotonic_ns()
        self._signs = VitalSigns(self._heard_ns, work)
        self._connect_ns = 0
        self._connect_pause_ns = 0
        self._deaf = 0
        self._running = ""
        self._thread = threading.Thread(target=self._live, name=f"onair-{name}", daemon=True)

    def start(self) -> None:
        """Start the thread; the first connection is made by it."""
        self._thread.start()

    def submit(self, job: PromptJob, riding: ApiGraph) -> None:
        """Queue a prompt with its passengers; posted in the order of the calls. Its end comes as PromptEnded."""
        self._command(lambda: self._post(job, riding))

    def cancel(self, prompt_id: str, ticket: int) -> None:
        """Cancel by id; the answer comes as CancelAnswered."""
        self._command(lambda: self._cancel(prompt_id, ticket))

    def close(self) -> None:
        """End the thread. Prompts still held get no message."""
        self._ending.set()
        self._socket.wake()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout=15)
        self._http.close()

    def _command(self, command: Callable[[], None]) -> None:
        self._commands.put(command)
        self._socket.wake()

    def _live(self) -> None:
        while not self._ending.is_set() and not self._gone:
            try:
                self._turn()
            except EngineError:
                continue
            except Exception as exc:
                self._give_up(ComfyLost(f"the engine client failed: {type(exc).__name__}: {exc}"))
        self._socket.close()

    def _turn(self) -> None:
        """One round: commands, the socket, then, when it was quiet, the truth by HTTP."""
        with contextlib.suppress(queue.Empty):
            while not self._gone:
                self._commands.get_nowait()()
        self._keep_connected()
        if self._gone:
            return
        try:
            messages = self._socket.read(QUIET_S if self._commands.empty() else 0)
        except ComfyUnreachable:
            self._connect_pause_ns = 0
            messages = []
            self._ending.wait(0.02)
        for message in messages:
            self._hear(message)
        now = time.monotonic_ns()
        # Measured from our own events: on a shared server the status messages of others never pause.
        if self._held and (now - self._heard_ns >= QUIET_S * 1e9 or now - self._asked_ns >= RECHECK_NS):
            self._heard_ns = self._asked_ns = now
            self._reconcile()

    def _keep_connected(self) -> None:
        if self._socket.connected:
            return
        if self._alive is not None and not self._alive():
            self._give_up(ComfyLost("ComfyUI ended while it held the prompt"))
            return
        now = time.monotonic_ns()
        if now - self._connect_ns < self._connect_pause_ns:
            return
        self._connect_ns = now
        try:
            self._socket.connect()
            self._connect_pause_ns = self._deaf = 0
        except ComfyUnreachable:
            self._connect_pause_ns = min(RECONNECT_MAX_NS, max(RECONNECT_NS, 2 * self._connect_pause_ns))

    def _post(self, job: PromptJob, riding: ApiGraph) -> None:
        if not self._held:  # nobody asked it anything meanwhile, which is no silence
            self._signs.begin(time.monotonic_ns())
        held = self._held[job.prompt_id] = HeldPrompt(job=job)
        self._keep_connected()  # may give up, which ends this prompt as well
        attempt = 0
        while not (self._gone or self._ending.is_set()):
            try:
                # An answer that was lost says nothing: look before sending again, a repeated id runs twice.
                if not (attempt and self._http.knows(job.prompt_id)):
                    held.client_id = self._socket.client_id
                    self._http.post_prompt(job, held.client_id, riding)
                self._heard_ns = time.monotonic_ns()
                self._signs.answered(self._heard_ns)
                return
            except ComfyUnreachable:
                # Whoever gave the prompt would only send it again: it ends when the engine is given up, with all.
                self._judge_unreachable()
                self._ending.wait(min(POST_PAUSE_MAX_S, 0.1 * 2**attempt))
                attempt += 1
            except RunnerError as exc:
                self._end(held, exc)
                return

    def _cancel(self, prompt_id: str, ticket: int) -> None:
        held, cancelled = self._held.get(prompt_id), False
        if held is not None and not held.told:
            try:
                cancelled = self._http.cancel(prompt_id)
                self._signs.answered(time.monotonic_ns())
            except ComfyUnreachable:
                self._judge_unreachable()
            except EngineError:
                cancelled = False
        self._sink(CancelAnswered(ticket=ticket, cancelled=cancelled))
        if held is not None and cancelled:
            # The caller need not wait for a node that never looks for the interrupt; its prompt is still watched.
            held.cancelled = True
            self._tell(held, PromptCancelled("the prompt was cancelled"))

    def _hear(self, message: dict[str, Any]) -> None:
        """Note a sign of life; ask for the truth where the event says that a prompt has ended."""
        data = message.get("data") or {}
        held = self._held.get(str(data.get("prompt_id", "")))
        if held is None:
            return
        kind = str(message.get("type"))
        self._heard_ns = time.monotonic_ns()
        self._signs.progressed(self._heard_ns)
        self._deaf = 0
        progress = held.hear(kind, data)
        if progress is not None and not held.told:
            self._sink(progress)
        if kind in ("execution_error", "execution_interrupted") or (kind == "executing" and data.get("node") is None):
            # Only after `executing {node: null}` is the history entry surely there.
            self._ask(held)

    def _reconcile(self) -> None:
        """Ask for every prompt, since nothing came; decide about silence."""
        try:
            running = self._http.running()
            for held in list(self._held.values()):
                self._ask_again(held)
            self._signs.answered(time.monotonic_ns())
        except ComfyUnreachable:
            self._judge_unreachable()
            return
        now = time.monotonic_ns()
        if running != self._running:
            self._running = running
            self._signs.progressed(now)
        for held in list(self._held.values()):
            job = held.job
            if self._signs.silent(now, limit_ns=job.silence_timeout_ns, unseen_ns=job.unseen_timeout_ns):
                self._judge_silent(held)
                return

    def _ask_again(self, held: HeldPrompt) -> None:
        """Ask, and leave an answer that says nothing to the rule of silence. Raises: ComfyUnreachable."""
        try:
            self._ask(held)
        except ComfyUnreachable:
            raise
        except EngineError as exc:
            log.debug("ComfyUI says nothing of a prompt", extra={"prompt_id": held.job.prompt_id, "reason": str(exc)})

    def _ask(self, held: HeldPrompt) -> None:
        """Read the truth about one prompt and end it when it has ended. Raises: ComfyUnreachable, EngineError."""
        job = self._http.job(held.job.prompt_id)
        if job is None:
            held.unknown += 1
            if held.cancelled:
                self._end(held, PromptCancelled("the prompt was cancelled"))
            elif held.succeeded:
                self._end(held, held.end_as_heard())
            elif held.unknown >= UNKNOWN_LIMIT:
                self._end(held, ComfyLost("ComfyUI does not know the prompt any more; it was restarted"))
            return
        held.unknown = 0
        status = str(job.get("status"))
        if status != held.status:
            held.status = status
            self._signs.progressed(time.monotonic_ns())
        if status in ENDED:
            self._end(held, held.end_of(job))
            with contextlib.suppress(EngineError):
                self._http.forget(held.job.prompt_id)
            self._deaf += int(not held.seen and held.client_id == self._socket.client_id)
            if self._deaf >= DEAF_PROMPTS:
                self._socket.disconnect()

    def _judge_unreachable(self) -> None:
        if self._alive is not None and not self._alive():
            self._give_up(ComfyLost("ComfyUI ended while it held the prompt"))
            return
        now, limits_ns = time.monotonic_ns(), [held.job.silence_timeout_ns for held in self._held.values()]
        # No answer at all is silence, too: the same patience.
        if limits_ns and self._signs.unreachable(now, limit_ns=min(limits_ns)):
            quiet_s = self._signs.unanswered_ns(now) // 10**9
            self._give_up(
                ComfyUnreachable(f"ComfyUI at {self._http.url} has not answered for {quiet_s} s; see its log"),
                hung=True,
            )

    def _judge_silent(self, held: HeldPrompt) -> None:
        """Restart a child of ours; a foreign server is only asked to stop the prompt."""
        limit_ns = held.job.silence_timeout_ns
        seconds = (limit_ns if self._alive is not None else held.job.unseen_timeout_ns or limit_ns) / 1e9
        error = ComfySilent(f"ComfyUI gave no sign of life for {seconds:g} s while it held the prompt")
        if self._alive is None:
            with contextlib.suppress(EngineError):
                self._http.cancel(held.job.prompt_id)
            self._end(held, error)
            return
        self._give_up(ComfyLost("ComfyUI is restarted because it fell silent"), {held.job.prompt_id: error}, hung=True)

    def _give_up(
        self, error: RunnerError, special: Mapping[str, RunnerError] | None = None, *, hung: bool = False
    ) -> None:
        """Tell all at once, so that nobody sends a next prompt here between the first end and the last."""
        if self._gone:
            return
        self._gone = True
        ended = [held.job.prompt_id for held in self._held.values() if not held.told]
        self._held.clear()
        self._sink(
            EngineGone(
                reason=str(error),
                hung=hung,
                ended=tuple(PromptEnded(prompt_id=one, error=(special or {}).get(one, error)) for one in ended),
            )
        )

    def _end(self, held: HeldPrompt, end: PromptResult | RunnerError) -> None:
        self._held.pop(held.job.prompt_id, None)
        self._tell(held, end)

    def _tell(self, held: HeldPrompt, end: PromptResult | RunnerError) -> None:
        if held.told:
            return
        held.told = True
        result, error = (None, end) if isinstance(end, RunnerError) else (end, None)
        self._sink(PromptEnded(prompt_id=held.job.prompt_id, result=result, error=error))
