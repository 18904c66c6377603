"""The error tree of the editor's pack."""

from __future__ import annotations


class EditorError(Exception):
    """Root of the pack's errors; they are answers to the panel, which shows the sentence."""

    code = "editor.failed"
    retryable = False


class RunnerMissing(EditorError):
    """Neither OnAir's own environment nor ComfyUI's can run the runner."""

    code = "editor.no_runner"


class RunnerEnded(EditorError):
    """The runner ended by itself; its last words are in the sentence."""

    code = "editor.runner_ended"
    retryable = True
