"""Manifest: what a batch has made, as `manifest.json` beside the files; whole after every run, so a stop loses none."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hls.whole_file import write_whole
from runner.errors import BadInput

NAME = "manifest.json"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One output: of which run (from 0), node and key; its `file` below the folder, or a plain `value`."""

    run: int
    node: str
    class_type: str
    key: str
    file: str = ""
    bytes: int = 0
    value: Any = None

    def told(self) -> dict[str, Any]:
        """Return it as JSON: a file or a value, not both."""
        unused = ("value",) if self.file else ("file", "bytes")
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in unused}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One prompt that ended well, or the `windows` of a job, whose id stands in the prompt's place.

    `seed`: what was set, None where the workflow's own were taken.
    """

    run: int
    prompt_id: str
    seed: int | None
    render_ns: int
    windows: int = 0

    def told(self) -> dict[str, Any]:
        """Return it as JSON; `windows` only of a job."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value or name != "windows"}


@dataclass(slots=True, kw_only=True)
class Manifest:
    """Grows with every run."""

    workflow: str
    runs: list[Run] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    @property
    def files(self) -> list[Entry]:
        """What lies in the folder."""
        return [entry for entry in self.entries if entry.file]

    def write(self, folder: Path) -> None:
        """Write it whole. Raises: BadInput `output.folder`."""
        told = {
            "version": VERSION,
            "workflow": self.workflow,
            "runs": [run.told() for run in self.runs],
            "outputs": [entry.told() for entry in self.entries],
        }
        try:
            write_whole(folder / NAME, json.dumps(told, indent=2, ensure_ascii=False).encode(errors="backslashreplace"))
        except OSError as exc:
            raise BadInput(
                f"{folder / NAME} cannot be written: {exc.strerror}; name another folder", code="output.folder"
            ) from exc
