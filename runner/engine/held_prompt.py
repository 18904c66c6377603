"""HeldPrompt: a prompt that ComfyUI holds, as far as its socket and its answers have told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.errors import PromptCancelled, RunnerError
from runner.ports import PromptJob, PromptProgress, PromptResult

from .failure import prompt_failed_of_job
from .passengers import without_passengers

ENDED = ("completed", "failed", "cancelled")
"""What `/api/jobs/{id}` says of a prompt that has ended."""


@dataclass(slots=True)
class HeldPrompt:
    """`client_id`: who it was posted by. `told`: its end has been told, though it is watched on."""

    job: PromptJob
    client_id: str = ""
    status: str = ""
    seen: str = ""  # the last that the socket told of it
    ran: list[str] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)  # as the socket told of them
    succeeded: bool = False
    unknown: int = 0
    cancelled: bool = False
    told: bool = False

    def hear(self, kind: str, data: Mapping[str, Any]) -> PromptProgress | None:
        """Note an event of the socket; return what is to be told of it."""
        self.seen = kind
        node = data.get("node")
        if kind == "executed" and isinstance(data.get("output"), dict):
            self.outputs |= without_passengers({str(node): data["output"]})
        elif kind == "execution_success":
            self.succeeded = True
        elif kind == "executing" and node is not None:
            self.ran.append(str(node))
            return PromptProgress(prompt_id=self.job.prompt_id, node=str(node), value=0, maximum=0)
        elif kind == "preview":
            preview = data["preview"]
            return PromptProgress(prompt_id=self.job.prompt_id, node=str(node), value=0, maximum=0, preview=preview)
        elif kind == "progress":
            value, maximum = int(data.get("value", 0)), int(data.get("max", 0))
            return PromptProgress(prompt_id=self.job.prompt_id, node=str(node), value=value, maximum=maximum)
        return None

    def end_of(self, entry: Mapping[str, Any]) -> PromptResult | RunnerError:
        """Return the end that a job's entry of `/api/jobs` tells of."""
        if entry["status"] == "cancelled":
            return PromptCancelled("the prompt was cancelled")
        if entry["status"] == "failed":
            return prompt_failed_of_job(entry.get("execution_error") or {})
        began, ended = entry.get("execution_start_time") or 0, entry.get("execution_end_time") or 0
        outputs = without_passengers(entry.get("outputs") or {})
        return PromptResult(
            prompt_id=self.job.prompt_id,
            outputs=outputs,
            executed_nodes=tuple(self.ran) or tuple(outputs),
            render_ns=max(0, int((ended - began) * 1_000_000)),
            began_ms=int(began),
            ended_ms=int(ended),
        )

    def end_as_heard(self) -> PromptResult:
        """Return the end as the socket told of it: somebody deleted its entry, or it is too old by now."""
        return PromptResult(prompt_id=self.job.prompt_id, outputs=self.outputs, executed_nodes=tuple(self.ran))
