"""The error tree of the runner: what a user, an application or the live loop is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class RunnerError(Exception):
    """Root of the ring's errors.

    `code` is API, `retryable` says whether the same call may succeed later, `exit_code` is CONTRACTS section 6:
    2 bad input, 3 engine, 4 provider, 5 a check found faults.
    """

    code = "runner.failed"
    retryable = False
    exit_code = 1

    def __init__(self, message: str, *, code: str | None = None, retryable: bool | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        if retryable is not None:
            self.retryable = retryable


class BadInput(RunnerError):
    """What the user gave cannot be used; the sentence says what would be."""

    code = "input.bad"
    exit_code = 2


class TextRefused(BadInput):
    """A text with nothing to say in it, or one that is too long."""

    code = "text.refused"


class PictureRefused(BadInput):
    """An avatar picture that cannot be read or used."""

    code = "picture.refused"


class WorkflowRefused(BadInput):
    """A workflow that cannot go on air; the code says why (`workflow.no_window`, `workflow.no_segment` …).

    `findings`: all that was found, as rows {node, code, severity, message}, where somebody looked for more than one.
    """

    code = "workflow.refused"

    def __init__(
        self, message: str, *, code: str | None = None, findings: Sequence[Mapping[str, str | None]] = ()
    ) -> None:
        super().__init__(message, code=code)
        self.findings = tuple(findings)


class PortTaken(BadInput):
    """Another program listens on the port."""

    code = "port.taken"


class GenerationDisabled(BadInput):
    """ALLOW_GENERATION is false: nothing is rendered, the stream idles."""

    code = "generation.disabled"


class Busy(RunnerError):
    """One more session than this machine can render in time."""

    code = "capacity.full"
    retryable = True
    exit_code = 3


class Stopped(RunnerError):
    """A signal ended the command; `exit_code` is 128 and its number."""

    code = "run.stopped"

    def __init__(self, message: str, *, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class EngineError(RunnerError):
    """Something between the runner and ComfyUI failed."""

    code = "engine.failed"
    exit_code = 3


class ComfyUnreachable(EngineError):
    """ComfyUI did not answer. Sending the job again is safe once /queue and /history lack its prompt_id."""

    code = "comfy.unreachable"
    retryable = True


class ComfyLost(EngineError):
    """ComfyUI ended, or was restarted, while it held the prompt. A new attempt is safe: nothing of it remains."""

    code = "comfy.lost"
    retryable = True


class ComfySilent(EngineError):
    """The engine gave no sign of life for the silence timeout; it is restarted."""

    code = "comfy.silent"
    retryable = True


class PromptRejected(EngineError):
    """ComfyUI refused the prompt at validation; `node_errors` are in the sentence."""

    code = "prompt.rejected"


class PromptFailed(EngineError):
    """A node raised. Where its message begins with `[code]`, that code is this error's."""

    code = "prompt.failed"


class PromptCancelled(EngineError):
    """The prompt was cancelled by its id."""

    code = "prompt.cancelled"


class PackMissing(EngineError):
    """The ComfyUI at this address does not have the OnAir nodes."""

    code = "engine.no_pack"


class SpeechFailed(RunnerError):
    """A speech provider failed."""

    code = "speech.failed"
    exit_code = 4


class UnknownVoice(BadInput):
    """No provider has this voice; the sentence names its neighbours."""

    code = "voice.unknown"


class StreamFaulty(RunnerError):
    """`check-stream` found violations."""

    code = "stream.faulty"
    exit_code = 5


class WorkflowFaulty(RunnerError):
    """`check` found what ComfyUI would refuse."""

    code = "workflow.faulty"
    exit_code = 5
