"""What setting up can fail with: always what failed, why, and what to do."""

from __future__ import annotations

from pathlib import Path


class InstallError(Exception):
    """A step that failed, in three sentences. `exit_code` is CONTRACTS section 6: 2 bad input, 3 engine, 4 outside."""

    exit_code = 4

    def __init__(self, what: str, *, why: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.remedy = what, why, remedy

    def __str__(self) -> str:
        lines = [f"What failed: {self.what}"]
        if self.why:
            lines.append(f"Why: {self.why}")
        if self.remedy:
            lines.append(f"What to do: {self.remedy}")
        return "\n".join(lines)


class BadUse(InstallError):
    """The command line or a setting names something that cannot be used."""

    exit_code = 2


class EngineFailed(InstallError):
    """The runner did not start, or did not end."""

    exit_code = 3


class RunnerEnded(InstallError):
    """The detached runner ended right after its start; its exit code says why, and becomes ours."""

    def __init__(self, returncode: int, *, what: str, why: str, log: Path) -> None:
        super().__init__(what or f"The runner ended with {returncode}.", why=why)
        self.log = log
        # Ended by a signal, or with a code that is none of CONTRACTS section 6: the engine did not start.
        self.exit_code = returncode if returncode in (1, 2, 3, 4) else EngineFailed.exit_code

    def __str__(self) -> str:
        # The runner's own sentence holds the advice; there is nothing to add but the place to read on.
        return f"{super().__str__()}\nThe whole log is in {self.log}"


class CommandFailed(InstallError):
    """A program ended badly; `tail` holds its last lines, `returncode` is None when it ran past its time."""

    def __init__(self, label: str, *, tail: str, returncode: int | None) -> None:
        ended = "ran past its time" if returncode is None else f"ended with {returncode}"
        super().__init__(f"{label} {ended}.", why=tail)
        self.tail, self.returncode = tail, returncode


class ArchiveRefused(InstallError):
    """An archive that is not the pinned one, is incomplete, or would write outside its folder."""


class HostBusy(InstallError):
    """A host of models did not answer, or not now; asking again may help."""
