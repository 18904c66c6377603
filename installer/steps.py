"""Steps and their stamps: a step is done when its stamp, written last, names the inputs it has now."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from installer.progress import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of setup.

    `inputs()` is all that its result depends on; when it changes the step runs again. `action(cut)` does the work;
    `cut` says that the last try was killed half-way and must be cleaned up after.
    """

    name: str
    label: str
    inputs: Callable[[], str]
    action: Callable[[bool], object]
    size_bytes: int = 0  # what stays on the disk, at most
    passing_bytes: int = 0  # what lies there besides while it runs: archives that are being unpacked
    large: bool = False  # takes minutes: what the user gave is checked before the first of these
    is_there: Callable[[], bool] | None = None  # asked instead of the stamp, where the result itself can tell


class Ledger:
    """The stamps in one folder: `<name>.done` holds the digest of the inputs, `<name>.begun` means under way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @staticmethod
    def digest(step: Step) -> str:
        """The inputs as one short word."""
        return hashlib.sha256(step.inputs().encode()).hexdigest()

    def is_done(self, step: Step) -> bool:
        """Whether the step finished with the inputs it has now. An unreadable stamp is none."""
        if step.is_there is not None:
            return step.is_there()
        try:
            stamp = json.loads((self._folder / f"{step.name}.done").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return isinstance(stamp, dict) and stamp.get("inputs") == self.digest(step)

    def was_cut(self, step: Step) -> bool:
        """Whether a try began and never ended."""
        return (self._folder / f"{step.name}.begun").exists()

    def begin(self, step: Step) -> None:
        """From here on the step counts as half-done."""
        self._write(f"{step.name}.begun", "")
        (self._folder / f"{step.name}.done").unlink(missing_ok=True)

    def finish(self, step: Step) -> None:
        """The step is whole."""
        self._write(f"{step.name}.done", json.dumps({"inputs": self.digest(step), "finished_unix_s": int(time.time())}))
        (self._folder / f"{step.name}.begun").unlink(missing_ok=True)

    def _write(self, name: str, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f"{name}.new"
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._folder / name)


def run_steps(pending: list[Step], ledger: Ledger, *, before_large: Callable[[], None] | None = None) -> None:
    """Run the steps in order. One that raises leaves no stamp, and the next start begins with it."""
    for number, step in enumerate(pending, 1):
        if step.large and before_large is not None:
            before_large()
            before_large = None
        say(f"[{number}/{len(pending)}] {step.label}")
        cut = ledger.was_cut(step)
        ledger.begin(step)
        step.action(cut)
        ledger.finish(step)
