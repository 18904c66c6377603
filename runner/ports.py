"""Every seam of the runner, as Protocols and the frozen messages that cross them.

Each port has a real adapter and a shipped fake; one contract-test suite runs on both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from custom_nodes.hls_segment.request import WindowRequest

ApiGraph = dict[str, dict[str, Any]]
"""A prompt in ComfyUI's API format: node id -> {class_type, inputs}."""


class Clock(Protocol):
    """The only source of time. `monotonic_ns` serves deadlines; `unix_ns` is read once, for the anchor."""

    def monotonic_ns(self) -> int:
        """Nanoseconds of a clock that never steps."""

    def unix_ns(self) -> int:
        """Wall time in nanoseconds since 1970."""

    async def sleep_until_ns(self, deadline_ns: int) -> None:
        """Return when `monotonic_ns()` has reached the deadline (at once when it has passed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptJob:
    """One prompt: `prompt_id` is new for every attempt (uuid5 of channel, turn, index, attempt).

    `silence_timeout_ns`: how long an engine that holds it may give no sign of life. `unseen_timeout_ns`: the same for a
    server whose work cannot be seen, which is silent in a long step; None: several times as long. `lasting`: the nodes
    whose results serve later prompts too, and shall be kept while other graphs render (engine/passengers.py).
    `previews`: let samplers show pictures on their way.
    """

    prompt_id: str
    graph: ApiGraph
    silence_timeout_ns: int
    unseen_timeout_ns: int | None = None
    lasting: frozenset[str] = frozenset()
    previews: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptProgress:
    """How far a prompt is: `value` of `maximum` in node `node`; a node that begins is 0 of 0.

    With a `preview`, a JPEG or PNG of what the node has so far, it says nothing else.
    """

    prompt_id: str
    node: str
    value: int
    maximum: int
    preview: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptResult:
    """A prompt that ended well: per node id the `ui` outputs, and what ran how long.

    `began_ms` and `ended_ms`: since 1970, by the engine's own clock; 0 where it does not tell.
    """

    prompt_id: str
    outputs: Mapping[str, Mapping[str, list[Any]]] = field(default_factory=dict)
    executed_nodes: tuple[str, ...] = ()
    render_ns: int = 0
    began_ms: int = 0
    ended_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """A file as ComfyUI names it: its folder `kind` (output, temp), the subfolder in it ("" for none), the name."""

    kind: str
    subfolder: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """What `/health/ready` and `stats` tell of an engine."""

    up: bool
    reason: str = ""
    restarts: int = 0
    pid: int | None = None
    rss_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineMemory:
    """What an engine holds: resident memory of its process (0 for a server by URL), and of all its GPUs."""

    rss_bytes: int = 0
    vram_bytes: int = 0


class Engine(Protocol):
    """Runs API graphs, one at a time, in the order given. Adapters: `engine/comfy_engine.py`, `engine/simulated.py`."""

    async def start(self) -> None:
        """Return when the engine takes prompts. Raises: ComfyUnreachable, PackMissing."""

    async def object_info(self) -> dict[str, Any]:
        """The node definitions, as `/object_info` gives them."""

    async def free_vram_bytes(self) -> int:
        """What is free of the GPU's memory, 0 where there is none. Raises: ComfyUnreachable."""

    async def run(self, job: PromptJob, on_progress: Callable[[PromptProgress], None] | None = None) -> PromptResult:
        """Queue the prompt and wait for its end; several may be under way, they run in the order of the calls.

        Raises: PromptRejected, PromptFailed, PromptCancelled, ComfyLost, ComfySilent, ComfyUnreachable.
        Cancelling the coroutine cancels the prompt.
        """

    async def cancel(self, prompt_id: str) -> bool:
        """Cancel by id, pending or running. False when it is unknown or has ended."""

    async def put(self, name: str, source: Path) -> None:
        """Make a file readable to the graph under the name `onair/<name>` (nothing to do where folders are shared)."""

    async def fetch(self, name: str, target: Path) -> None:
        """Bring an output `onair/<name>` to `target` (nothing to do where they are one file). Raises: EngineError."""

    def leftovers(self, request: WindowRequest, request_path: str) -> tuple[str, ...]:
        """Names that this request shall let the engine remove, none it needs; none where folders are shared."""

    def done_with(self, request: WindowRequest, request_path: str, *, was_here: bool) -> None:
        """A window was rendered and brought here: its files are leftovers, and what it named to be removed is gone.

        `was_here`: its clip was here before it was fetched, so the folder is shared after all.
        """

    async def put_input(self, source: Path) -> str:
        """Put a file into the engine's own input folder; return its name there, a new one where other bytes have it.

        Raises: EngineError.
        """

    async def fetch_output(self, file: OutputFile, target: Path) -> int:
        """Bring a file that a node made to `target`, whole or not at all; return its bytes. Raises: EngineError."""

    def status(self) -> EngineStatus:
        """The engine's health, from memory; never blocks."""

    async def memory(self) -> EngineMemory:
        """Measure what the engine holds. Raises: ComfyUnreachable."""

    async def recycle(self) -> bool:
        """Start the engine anew and return when it takes prompts; those given meanwhile wait.

        False, and nothing happens, while a prompt is under way, or where the engine is not ours to restart.
        """

    async def close(self) -> None:
        """End the engine; a supervised child's whole process group ends."""


class SegmentStore(Protocol):
    """Where published bytes go. Adapters: `hls.store.FolderStore`, `hls.store.MemoryStore`."""

    def put(self, name: str, data: bytes) -> None:
        """Publish whole or not at all; a reader never sees half a file. Raises: StoreFull (retryable)."""

    def get(self, name: str) -> bytes | None:
        """The bytes of a name, or None."""

    def delete(self, name: str) -> None:
        """Forget a name; unknown names are no error."""

    def names(self) -> list[str]:
        """All names, sorted."""
