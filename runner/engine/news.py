"""News: what crosses, frozen, from the client's thread into asyncio."""

from __future__ import annotations

from dataclasses import dataclass

from runner.errors import RunnerError
from runner.ports import PromptProgress, PromptResult


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptEnded:
    """The one end of a prompt: a result or an error."""

    prompt_id: str
    result: PromptResult | None = None
    error: RunnerError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAnswered:
    """The answer to a cancel: whether there was something to cancel."""

    ticket: int
    cancelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineGone:
    """The engine ended, or is `hung`; `ended` are the prompts it held. Others were never sent."""

    reason: str
    hung: bool = False
    ended: tuple[PromptEnded, ...] = ()


News = PromptEnded | CancelAnswered | EngineGone | PromptProgress
