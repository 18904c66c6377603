"""What a node's exception means to the runner: its code from `[code] sentence`, and who may retry."""

from __future__ import annotations

import re
from typing import Any

from runner.errors import PromptFailed

CODE = re.compile(r"^\s*\[([a-z_]+(?:\.[a-z_]+)+)\]\s*(.*)$", re.DOTALL)
RETRYABLE = frozenset({"state.missing"})
RETRYABLE_ROOTS = ("comfy.",)
# torch's names for "out of memory": the same prompt may fit when the cache was dropped.
OUT_OF_MEMORY = ("OutOfMemoryError", "AllocationError")


def is_retryable(code: str) -> bool:
    """Tell whether a new attempt of the same window may succeed."""
    return code in RETRYABLE or code.startswith(RETRYABLE_ROOTS)


def prompt_failed(*, message: str, node: str = "", kind: str = "") -> PromptFailed:
    """Turn the message of a node's exception into PromptFailed.

    `[code] sentence` gives the code; anything else is `prompt.failed`, with the node's class and the exception's type
    in the sentence.
    """
    found = CODE.match(message)
    if found:
        code, sentence = found.group(1), found.group(2).strip()
        return PromptFailed(sentence, code=code, retryable=is_retryable(code))
    if kind.endswith(OUT_OF_MEMORY):
        return PromptFailed(
            f"{node} ran out of memory; take a smaller picture or model: {message.strip()}",
            code="comfy.out_of_memory",
            retryable=True,
        )
    return PromptFailed(f"{node or 'a node'} failed with {kind or 'an error'}; see ComfyUI's log: {message.strip()}")


def prompt_failed_of_job(error: dict[str, Any]) -> PromptFailed:
    """Read the `execution_error` of `/api/jobs/{id}`."""
    kind, node_id = str(error.get("node_type", "")), str(error.get("node_id", ""))
    return prompt_failed(
        message=str(error.get("exception_message", "")),
        node=f"{kind} ({node_id})" if kind and node_id else kind,
        kind=str(error.get("exception_type", "")),
    )
